"""Shifts in the database, and the slots that they have made.

Invariant: a shift's slots are changed only by who holds its row's lock; a slot on which somebody walks is
never withdrawn here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from asyncpg import Record

from booking import domain
from booking.store import rows
from shared.postgres import Connection

LIST_SHIFTS = """
select shift.*,
       array(select (day, wall_from, wall_to) from shift_exception
              where shift_id = shift.id order by day) as exceptions
  from shift
 where officer_id = any ($1::uuid[])
 order by officer_id, weekday, wall_from, from_date, id
"""

FIND_SHIFT = """
select shift.*,
       array(select (day, wall_from, wall_to) from shift_exception
              where shift_id = shift.id order by day) as exceptions
  from shift
 where id = $1
"""
LOCK_SHIFT = "select id from shift where id = $1 for update"

# Two coordinators who give one officer shifts see each other's. Not her row: who books locks that last.
LOCK_ROSTER = "select pg_advisory_xact_lock(hashtextextended('roster ' || $1::text, 0))"

SAVE_SHIFT = """
insert into shift (id, officer_id, weekday, wall_from, wall_to, from_date, until_date, ward_code,
                   near, meeting_name, meeting_lon, meeting_lat, capacity, version, made_by, made_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
on conflict (id) do update
   set weekday = excluded.weekday, wall_from = excluded.wall_from, wall_to = excluded.wall_to,
       from_date = excluded.from_date, until_date = excluded.until_date,
       ward_code = excluded.ward_code, near = excluded.near, meeting_name = excluded.meeting_name,
       meeting_lon = excluded.meeting_lon, meeting_lat = excluded.meeting_lat,
       capacity = excluded.capacity, version = excluded.version, made_by = excluded.made_by,
       made_at = excluded.made_at
"""
FORGET_EXCEPTIONS = "delete from shift_exception where shift_id = $1"
ADD_EXCEPTION = """
insert into shift_exception (shift_id, day, wall_from, wall_to) values ($1, $2, $3, $4)
"""
DELETE_SHIFT = "delete from shift where id = $1"

# Further on, or under another policy, other time zone rules or other wards than its slots were opened.
LOCK_NEXT_TO_OPEN = """
select shift.id
  from shift
  join officer on officer.id = shift.officer_id
  join team on team.id = officer.team_id
  join policy on policy.team_id = team.id and policy.version = team.policy_version
 where (shift.until_date is null
        or shift.until_date + 1 >= ($1::timestamptz at time zone 'Europe/London')::date)
   and (shift.opened_to is null
        or shift.opened_to < (($1 + policy.horizon) at time zone 'Europe/London')::date
        or shift.opened_under is distinct from policy.version || ' ' || $2::text)
 order by shift.id
 limit 1
   for update of shift skip locked
"""
NOTE_OPENED = "update shift set opened_to = $2, opened_under = $3 where id = $1"

SLOTS_AHEAD = """
select slot.*, officer.officer_no, officer.display_name, officer.force_phone, officer.role,
       officer.team_id
  from slot join officer on officer.id = slot.officer_id
 where slot.shift_id = $1 and slot.starts_at > $2 and not slot.off_roster
 order by slot.id
"""

SLOTS_OF_WEEK = """
select slot.*, officer.officer_no, officer.display_name, officer.force_phone, officer.role,
       officer.team_id,
       (select count(*) from walk where walk.slot_id = slot.id and walk.state <> 'cancelled') as taken
  from slot join officer on officer.id = slot.officer_id
 where slot.officer_id = any ($1::uuid[]) and slot.local_date >= $2 and slot.local_date < $3
   and (slot.state = 'open'
        or exists (select from walk where walk.slot_id = slot.id and walk.state <> 'cancelled'))
 order by slot.starts_at, slot.id
"""

LOCK_SLOTS = "select id from slot where id = any ($1::uuid[]) order by id for no key update"
WITHDRAW = """
update slot set state = 'withdrawn', off_roster = true
 where id = any ($1::uuid[]) and state = 'open'
   and not exists (select from walk where walk.slot_id = slot.id and walk.state <> 'cancelled')
returning id
"""
TOUCHED = """
select walk.*, officer.officer_no, officer.display_name, officer.force_phone, officer.role,
       officer.team_id
  from walk join officer on officer.id = walk.officer_id
 where walk.slot_id = any ($1::uuid[]) and walk.state in ('held', 'confirmed', 'started')
 order by walk.starts_at, walk.id
"""


@dataclass(frozen=True, slots=True)
class Opened:
    """How far a shift's slots are open, and under which policy, time zone rules and wards."""

    to: date
    under: str


@dataclass(frozen=True, slots=True)
class SlotOfWeek:
    """A slot as a roster shows it: how many have booked it, and whether a shift or a person opened it."""

    slot: domain.Slot
    taken: int
    by_hand: bool


async def list_shifts(connection: Connection, officers: Sequence[UUID]) -> list[domain.Shift]:
    """The shifts of some officers, by officer, weekday and time."""
    return [_shift(row) for row in await connection.fetch(LIST_SHIFTS, officers)]


async def find_shift(connection: Connection, shift_id: UUID) -> domain.Shift | None:
    """A shift."""
    row = await connection.fetchrow(FIND_SHIFT, shift_id)
    return _shift(row) if row else None


async def lock_shift(connection: Connection, shift_id: UUID) -> domain.Shift | None:
    """A shift, locked until the commit."""
    await connection.execute(LOCK_SHIFT, shift_id)
    return await find_shift(connection, shift_id)


async def lock_rosters(connection: Connection, officers: Sequence[UUID]) -> None:
    """Lock the rosters of some officers until the commit, in the order of their ids."""
    for officer_id in sorted(officers):
        await connection.execute(LOCK_ROSTER, str(officer_id))


async def lock_next_to_open(
    connection: Connection, at: datetime, rules: str
) -> domain.Shift | None:
    """A shift whose slots are not open as far as they should be, unless somebody else has it."""
    shift_id = await connection.fetchval(LOCK_NEXT_TO_OPEN, at, rules)
    return await find_shift(connection, shift_id) if shift_id else None


async def save_shift(connection: Connection, shift: domain.Shift, *, by: str, at: datetime) -> None:
    """Write a shift, new or locked, with its exceptions."""
    place = shift.meeting_point
    await connection.execute(
        SAVE_SHIFT,
        shift.id,
        shift.officer_id,
        shift.weekday,
        *shift.hours,
        shift.from_date,
        shift.until_date,
        shift.ward,
        shift.near,
        place.name,
        place.lon,
        place.lat,
        shift.capacity,
        shift.version,
        by,
        at,
    )
    await connection.execute(FORGET_EXCEPTIONS, shift.id)
    differing = [(shift.id, day, *(hours or (None, None))) for day, hours in shift.exceptions]
    await connection.executemany(ADD_EXCEPTION, differing)


async def delete_shift(connection: Connection, shift_id: UUID) -> None:
    """Drop a locked shift; slots that it made stay as they are."""
    await connection.execute(DELETE_SHIFT, shift_id)


async def note_opened(connection: Connection, shift_id: UUID, opened: Opened) -> None:
    """Write down how far a locked shift's slots are open."""
    await connection.execute(NOTE_OPENED, shift_id, opened.to, opened.under)


async def slots_ahead(connection: Connection, shift_id: UUID, at: datetime) -> list[domain.Slot]:
    """The slots that a shift has made, save those that it withdrew itself."""
    return [rows.slot(row) for row in await connection.fetch(SLOTS_AHEAD, shift_id, at)]


async def slots_of_week(
    connection: Connection, officers: Sequence[UUID], first: date, beyond: date
) -> list[SlotOfWeek]:
    """The slots of some officers that are open or booked, from a London day to before another."""
    found = await connection.fetch(SLOTS_OF_WEEK, officers, first, beyond)
    return [SlotOfWeek(rows.slot(row), row["taken"], row["shift_id"] is None) for row in found]


async def withdraw(connection: Connection, slot_ids: Sequence[UUID]) -> int:
    """Withdraw those slots on which nobody walks; answers how many."""
    await connection.execute(LOCK_SLOTS, slot_ids)
    return len(await connection.fetch(WITHDRAW, slot_ids))


async def walks_on(connection: Connection, slot_ids: Sequence[UUID]) -> list[domain.Walk]:
    """The walks on some slots that are still to be or under way, by start."""
    return [rows.walk(row) for row in await connection.fetch(TOUCHED, slot_ids)]


def _shift(row: Record) -> domain.Shift:
    return domain.Shift(
        id=row["id"],
        officer_id=row["officer_id"],
        weekday=row["weekday"],
        hours=(row["wall_from"], row["wall_to"]),
        from_date=row["from_date"],
        until_date=row["until_date"],
        ward=row["ward_code"],
        near=row["near"],
        meeting_point=domain.MeetingPoint(
            row["meeting_name"], row["meeting_lon"], row["meeting_lat"]
        ),
        capacity=row["capacity"],
        exceptions=tuple(
            (day, (wall_from, wall_to) if wall_from is not None else None)
            for day, wall_from, wall_to in row["exceptions"]
        ),
        version=row["version"],
    )
