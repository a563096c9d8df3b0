"""Slots in the database: opened, listed, locked for booking.

Invariant: the public list and the alternatives read the view ``bookable_slot``, which asks the same
question as the exclusion constraint: is the officer free, buffers included.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from booking import domain
from booking.store import rows
from booking.store.bookable import ALTERNATIVES, FIND_BOOKABLE, LIST_BOOKABLE
from shared.postgres import Connection

NO_NEEDS = domain.Needs()

OPEN_SLOT = """
insert into slot (id, officer_id, ward_code, ward_name, ward_set, near, meeting_name, meeting_lon,
                  meeting_lat, starts_at, ends_at, local_date, local_from, local_to, tz_version,
                  after_dark, capacity, shift_id, opened_by, opened_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
on conflict (officer_id, starts_at) where state <> 'withdrawn' do nothing
returning id
"""

OFFICER_IS_BUSY = """
select exists (
    select from assignment
     where int4range(officer_no, officer_no, '[]') && int4range($1, $1, '[]')
       and during && tstzrange($2, $3))
"""

# The officer's lock goes with the slot's: two bookings of one officer count each other's walks. So does
# the contact's, for the same reason. Of one that has further officers theirs are taken as well.
LOCK_SLOT = """
select slot.*, officer.officer_no, officer.display_name, officer.force_phone, officer.role,
       officer.team_id, policy.*, policy.version as policy_version,
       pg_advisory_xact_lock(hashtextextended(encode($2, 'hex'), 0))
  from slot
  join officer on officer.id = slot.officer_id
  join team on team.id = officer.team_id
  join policy on policy.team_id = team.id and policy.version = team.policy_version
 where slot.id = $1
   for no key update of slot, officer
"""

TRAITS = """
select officer.sex, officer.languages, officer.skills
  from slot join officer on officer.id = slot.officer_id
 where slot.id = $1
"""
LOCK_BESIDE = """
select id from officer
 where id in (select officer_id from slot_officer where slot_id = $1) order by id for no key update
"""

# The update locks the slot before the other statement looks at who is left on it.
SET_SLOT_STATE = """
update slot set state = $2 where id = $1
   and ($2 = 'open' or not exists (
       select from walk where walk.slot_id = slot.id and walk.state in ('held', 'confirmed', 'started')))
"""
LOCK_ALONE = "select id from slot where id = $1 for no key update"
FREE_OFFICERS = """
delete from assignment
 where slot_id = $1
   and not exists (
       select from walk
        where walk.slot_id = $1 and walk.state <> 'cancelled' and walk.id is distinct from $2)
"""

TAKE = """
with place as (
    select id, officer_no from bookable_slot where id = $1 and places_left > $4
), assigned as (
    insert into assignment (slot_id, officer_no, during)
    select id, officer_no, tstzrange($2, $3) from place
    union all
    select free_beside.slot_id, free_beside.officer_no, tstzrange($2, $3)
      from place join free_beside on free_beside.slot_id = place.id
    on conflict (slot_id, officer_no) do nothing
)
select exists (select from place)
"""
LOCK_IN_ORDER = "select id from slot where id = any ($1::uuid[]) order by id for no key update"


async def open_slot(
    connection: Connection,
    slot: domain.Slot,
    *,
    by: str,
    at: datetime,
    shift_id: UUID | None = None,
) -> bool:
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
        slot.capacity,
        shift_id,
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
    needs: domain.Needs = NO_NEEDS,
) -> list[domain.Slot]:
    """Slots that can be booked now, by start; at most ``few`` a ward and day (None: all).

    Of ``needs`` it asks what an officer brings, and for room.
    """
    start, last = after or (None, None)
    found = await connection.fetch(
        LIST_BOOKABLE,
        at,
        few,
        wards,
        since,
        until,
        start,
        last,
        limit,
        needs.officer_sex,
        needs.language,
        needs.skills,
        needs.companions,
    )
    return [rows.slot(row) for row in found]


async def alternatives(
    connection: Connection, wanted: UUID, *, at: datetime, few: int, needs: domain.Needs = NO_NEEDS
) -> list[domain.Slot]:
    """Up to three slots instead of one, that suit her: of its ward first, nearest in time first."""
    brought = needs.companions, needs.language, needs.skills
    found = await connection.fetch(ALTERNATIVES, at, few, wanted, *brought)
    return [rows.slot(row) for row in found]


async def find_bookable(
    connection: Connection, slot_id: UUID, *, at: datetime
) -> domain.Slot | None:
    """A slot, if it can be booked now."""
    row = await connection.fetchrow(FIND_BOOKABLE, at, slot_id)
    return rows.slot(row) if row else None


async def lock_slot(
    connection: Connection, slot_id: UUID, contact: bytes | None = None
) -> tuple[domain.Slot, domain.Policy] | None:
    """Lock a slot, its officers, and a contact's digest if given; None when there is no such slot.

    Whoever waited for it while it was given to another officer finds no row: its join was made before.
    """
    row = await connection.fetchrow(LOCK_SLOT, slot_id, contact)
    row = row or await connection.fetchrow(LOCK_SLOT, slot_id, contact)
    if row and row["officers"] > 1:
        await connection.execute(LOCK_BESIDE, slot_id)
    return (rows.slot(row), rows.policy(row)) if row else None


async def traits(connection: Connection, slot_id: UUID) -> domain.Traits:
    """What the officer of a slot brings."""
    row = await connection.fetchrow(TRAITS, slot_id)
    assert row is not None  # the slot is locked
    return domain.Traits(row["sex"], tuple(row["languages"]), tuple(row["skills"]))


async def leave(
    connection: Connection, slot_id: UUID, state: domain.SlotState | None = None
) -> None:
    """A walk has left a slot: its officers are free when nobody is left on it.

    The slot is then what ``state`` says (None: what it was); while somebody is left it is not withdrawn.
    """
    await connection.execute(LOCK_ALONE, slot_id)
    if state is not None:
        await connection.execute(SET_SLOT_STATE, slot_id, state.value)
    await connection.execute(FREE_OFFICERS, slot_id, None)


async def lock_slots(connection: Connection, slot_ids: Sequence[UUID]) -> None:
    """Lock some slots, in the order that everybody keeps."""
    await connection.execute(LOCK_IN_ORDER, slot_ids)


async def change_places(
    connection: Connection,
    walk: domain.Walk,
    slot: domain.Slot,
    kept_free: tuple[datetime, datetime],
) -> None:
    """Let a walk's officers go and take a place on another slot, or on its own again.

    Both are locked by the caller. Raises SlotTaken, and the caller's rollback gives the old place back.
    """
    await connection.execute(FREE_OFFICERS, walk.slot_id, walk.id)
    try:
        taken = await connection.fetchval(TAKE, slot.id, *kept_free, walk.companions)
    except asyncpg.ExclusionViolationError as error:
        raise domain.SlotTaken from error
    if not taken:
        raise domain.SlotTaken
