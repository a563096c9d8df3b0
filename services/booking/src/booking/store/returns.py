"""Walks and wishes by the references that people say, and the wrong codes that were said with them.

Invariant: what is kept of a wrong code is a digest of the reference said, beside other refused tries.
"""

from datetime import datetime

from booking import domain
from shared.postgres import Connection

LOCK_SAID = "select pg_advisory_xact_lock(hashtextextended(encode($1, 'hex'), 0))"

COUNT_WRONG = """
select count(*) from refused_try
 where contact_hmac = $1 and tried_at > $2::timestamptz - interval '1 hour'
"""

# A held walk has been given to nobody. A wish's link is not revoked.
FIND_DOOR = """
select id, link_generation as generation, ends_at + $2::interval as closes_at, false as is_wish
  from walk where reference = $1 and state <> 'held'
 union all
select id, $3::int, closed_at + $2::interval, true from request where reference = $1
 limit 1
"""


async def wrong_codes(connection: Connection, said: bytes, at: datetime) -> int:
    """How many wrong codes came with a reference within the hour; nobody else counts until the commit."""
    await connection.execute(LOCK_SAID, said)
    return await connection.fetchval(COUNT_WRONG, said, at)


async def find_door(connection: Connection, reference: str) -> domain.returns.Door | None:
    """What a reference names."""
    row = await connection.fetchrow(
        FIND_DOOR, reference, domain.KEPT_AFTER_END, domain.requests.LINK_GENERATION
    )
    return domain.returns.Door(**row) if row else None
