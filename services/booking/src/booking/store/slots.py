"""Slots in the database: opened, listed, locked for booking.

Invariant: the public list and the alternatives read the view ``bookable_slot``, which asks the same
question as the exclusion constraint: is the officer free, buffers included.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from booking import domain
from booking.store import rows
from shared.postgres import Connection

OPEN_SLOT = """
insert into slot (id, officer_id, ward_code, ward_name, ward_set, near, meeting_name, meeting_lon,
                  meeting_lat, starts_at, ends_at, local_date, local_from, local_to, tz_version,
                  after_dark, opened_by, opened_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
on conflict (officer_id, starts_at) where state <> 'withdrawn' do nothing
returning id
"""

OFFICER_IS_BUSY = """
select exists (
    select from assignment
     where int4range(officer_no, officer_no, '[]') && int4range($1, $1, '[]')
       and during && tstzrange($2, $3)
       and state <> 'released')
"""

# Numbered over everything that is bookable, before dates are asked for, so that narrow questions do
# not bring to light what the list leaves out.
LIST_BOOKABLE = """
with bookable as (
    select *, row_number() over (partition by ward_code, local_date order by starts_at, id) as nth
      from bookable_slot
     where starts_at > $1 and starts_at >= $1 + min_notice and starts_at <= $1 + horizon
)
select * from bookable
 where ($2::int is null or nth <= $2)
   and ($3::text[] is null or ward_code = any($3))
   and ($4::timestamptz is null or starts_at >= $4)
   and ($5::timestamptz is null or starts_at < $5)
   and ($6::timestamptz is null or (starts_at, id) > ($6, $7::uuid))
 order by starts_at, id
 limit $8
"""

ALTERNATIVES = """
with bookable as (
    select *, row_number() over (partition by ward_code, local_date order by starts_at, id) as nth
      from bookable_slot
     where starts_at > $1 and starts_at >= $1 + min_notice and starts_at <= $1 + horizon
)
select bookable.*
  from bookable, slot as wanted
 where nth <= $2 and wanted.id = $3
 order by bookable.ward_code <> wanted.ward_code,
          abs(extract(epoch from bookable.starts_at - wanted.starts_at)), bookable.id
 limit 3
"""

FIND_BOOKABLE = """
select * from bookable_slot
 where id = $2 and starts_at > $1 and starts_at >= $1 + min_notice and starts_at <= $1 + horizon
"""

# The contact's lock goes with the slot's: two bookings of one contact count each other's walks.
LOCK_SLOT = """
select slot.*, officer.officer_no, officer.display_name, officer.force_phone, officer.role,
       officer.team_id, team.min_notice, team.horizon, team.buffer, team.grace,
       pg_advisory_xact_lock(hashtextextended(encode($2, 'hex'), 0))
  from slot
  join officer on officer.id = slot.officer_id
  join team on team.id = officer.team_id
 where slot.id = $1
   for update of slot
"""

SET_SLOT_STATE = "update slot set state = $2 where id = $1"


async def open_slot(connection: Connection, slot: domain.Slot, *, by: str, at: datetime) -> bool:
    """Add a slot; False when its officer has one that starts then."""
    added = await connection.fetchval(
        OPEN_SLOT,
        slot.id,
        slot.officer.id,
        slot.ward.code,
        slot.ward.name,
        slot.ward.set,
        slot.near,
        slot.meeting_point.name,
        slot.meeting_point.lon,
        slot.meeting_point.lat,
        slot.times.starts_at,
        slot.times.ends_at,
        slot.times.local_date,
        slot.times.local_from,
        slot.times.local_to,
        slot.times.tz_version,
        slot.after_dark,
        by,
        at,
    )
    return added is not None


async def is_busy(connection: Connection, number: int, during: tuple[datetime, datetime]) -> bool:
    """Whether an officer has an assignment that overlaps a time."""
    return await connection.fetchval(OFFICER_IS_BUSY, number, *during)


async def list_bookable(
    connection: Connection,
    *,
    at: datetime,
    few: int | None,
    wards: Sequence[str] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    after: tuple[datetime, UUID] | None = None,
    limit: int = 100,
) -> list[domain.Slot]:
    """Slots that can be booked now, by start; at most ``few`` a ward and day (None: all)."""
    start, last = after or (None, None)
    found = await connection.fetch(LIST_BOOKABLE, at, few, wards, since, until, start, last, limit)
    return [rows.slot(row) for row in found]


async def alternatives(
    connection: Connection, wanted: UUID, *, at: datetime, few: int
) -> list[domain.Slot]:
    """Up to three slots instead of one that is gone: of its ward first, nearest in time first."""
    return [rows.slot(row) for row in await connection.fetch(ALTERNATIVES, at, few, wanted)]


async def find_bookable(
    connection: Connection, slot_id: UUID, *, at: datetime
) -> domain.Slot | None:
    """A slot, if it can be booked now."""
    row = await connection.fetchrow(FIND_BOOKABLE, at, slot_id)
    return rows.slot(row) if row else None


async def lock_slot(
    connection: Connection, slot_id: UUID, contact: bytes
) -> tuple[domain.Slot, domain.Policy] | None:
    """Lock a slot and a contact's digest until the commit; None when there is no such slot."""
    row = await connection.fetchrow(LOCK_SLOT, slot_id, contact)
    return (rows.slot(row), rows.policy(row)) if row else None


async def set_slot_state(connection: Connection, slot_id: UUID, state: domain.SlotState) -> None:
    """Put a slot into a state."""
    await connection.execute(SET_SLOT_STATE, slot_id, state.value)
