"""Barred contacts in the database, by the keyed digest under which contacts are counted.

Invariant: no address is kept here; a bar that was lifted, or has ended, goes with its digest 28 days after.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from booking import domain
from booking.store import rows
from shared.postgres import Connection

# The contact is read from her walk: whoever bars need not know it.
BAR = """
insert into barred_contact (id, contact_hmac, reference, ward_code, reason, barred_by, barred_at, until)
select $1, participant.contact_hmac, walk.reference, walk.ward_code, $3, $4, $5, $6
  from walk join participant on participant.walk_id = walk.id
 where walk.id = $2
returning *
"""

LOCK_BAR = "select * from barred_contact where id = $1 for update"

LIFT = "update barred_contact set lifted_by = $2, lifted_at = $3 where id = $1"

LIST_BARS = """
select * from barred_contact
 where lifted_at is null and (until is null or until > $1)
   and ($2::text[] is null or ward_code = any ($2))
   and ($3::timestamptz is null or (barred_at, id) < ($3, $4::uuid))
 order by barred_at desc, id desc
 limit $5
"""

FORGET_OLD = "delete from barred_contact where lifted_at < $1 or until < $1"


async def bar(connection: Connection, walk_id: UUID, wanted: domain.Bar) -> domain.Bar | None:
    """Keep a bar of whoever a walk is with; None when she has been erased."""
    row = await connection.fetchrow(
        BAR, wanted.id, walk_id, wanted.reason, wanted.by, wanted.since, wanted.until
    )
    return rows.bar(row) if row else None


async def lock_bar(connection: Connection, bar_id: UUID) -> domain.Bar | None:
    """A bar, lifted or not, locked until the commit."""
    row = await connection.fetchrow(LOCK_BAR, bar_id)
    return rows.bar(row) if row else None


async def lift(connection: Connection, bar_id: UUID, *, by: str, at: datetime) -> None:
    """Note that a locked bar holds no longer."""
    await connection.execute(LIFT, bar_id, by, at)


async def list_bars(
    connection: Connection,
    at: datetime,
    wards: Sequence[str] | None,
    *,
    after: tuple[datetime, UUID] | None = None,
    limit: int = 100,
) -> list[domain.Bar]:
    """The bars that hold now, in these wards (None: in all), the newest first; ``after``: older ones."""
    since, last = after or (None, None)
    found = await connection.fetch(LIST_BARS, at, wards, since, last, limit)
    return [rows.bar(row) for row in found]


async def forget_old(connection: Connection, before: datetime) -> None:
    """Drop bars that were lifted, or had ended, before an instant."""
    await connection.execute(FORGET_OLD, before)
