"""How walks come to their end in the database: sooner than promised, and for good.

Invariant: as in ``walks``: a walk is written only by who holds its row's lock.
"""

from datetime import datetime

from booking import domain
from shared.postgres import Connection

SHORTEN = "update walk set ends_at = $2, local_to = $3, end_due_at = $4 where id = $1"

CLOSE_OLD = """
update walk set state = 'closed', version = version + 1
 where state = 'debriefed' and ends_at < $1
"""


async def shorten(connection: Connection, walk: domain.Walk) -> None:
    """Give a locked walk its sooner end."""
    times = walk.times
    await connection.execute(SHORTEN, walk.id, times.ends_at, times.local_to, walk.end_due_at)


async def close_old(connection: Connection, ended_before: datetime) -> None:
    """Close the debriefed walks that were to end before then: nobody is known of them any more."""
    await connection.execute(CLOSE_OLD, ended_before)
