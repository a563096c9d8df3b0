"""Calendar feeds of officers, and the walks that are in one.

Invariant: a token's digest is kept and never the token; an officer has one feed at most, and none while she
is suspended.
"""

from datetime import datetime
from uuid import UUID

from booking import domain
from booking.store import rows
from shared.postgres import Connection

KEEP = """
insert into feed (officer_id, digest, made_by, made_at) values ($1, $2, $3, $4)
on conflict (officer_id) do update
   set digest = excluded.digest, made_by = excluded.made_by, made_at = excluded.made_at
"""

FORGET = "delete from feed where officer_id = $1"

MADE_AT = "select made_at from feed where officer_id = $1"

FIND = """
select feed.officer_id from feed join officer on officer.id = feed.officer_id
 where feed.digest = $1
   and not exists (
       select from absence
        where absence.officer_no = officer.officer_no and kind = 'suspended'
          and during @> $2::timestamptz)
"""

WALKS_OF = """
select walk.*, officer.officer_no, officer.display_name, officer.force_phone, officer.role,
       officer.team_id
  from walk join officer on officer.id = walk.officer_id
 where walk.starts_at > $2 and walk.state <> 'held'
   and (walk.officer_id = $1
        or exists (select from slot_officer
                    where slot_officer.slot_id = walk.slot_id and slot_officer.officer_id = $1))
 order by walk.starts_at, walk.id
"""


async def keep(
    connection: Connection, officer_id: UUID, digest: bytes, *, by: str, at: datetime
) -> None:
    """Give an officer this feed, in the place of any that she had."""
    await connection.execute(KEEP, officer_id, digest, by, at)


async def forget(connection: Connection, officer_id: UUID) -> None:
    """Take an officer's feed away, if she has one."""
    await connection.execute(FORGET, officer_id)


async def made_at(connection: Connection, officer_id: UUID) -> datetime | None:
    """When an officer's feed was made; None when she has none."""
    return await connection.fetchval(MADE_AT, officer_id)


async def find(connection: Connection, digest: bytes, at: datetime) -> UUID | None:
    """Whose feed has a token of this digest, unless she is suspended."""
    return await connection.fetchval(FIND, digest, at)


async def walks_of(connection: Connection, officer_id: UUID, since: datetime) -> list[domain.Walk]:
    """The walks that an officer is on and that start after a time, by start."""
    return [rows.walk(row) for row in await connection.fetch(WALKS_OF, officer_id, since)]
