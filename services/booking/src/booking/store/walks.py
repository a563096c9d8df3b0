"""Walks in the database: booked, locked, changed, listed.

Invariant: a walk is written only by who holds its row's lock (or its slot's, before it exists). Who needs
both locks the walk first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import asyncpg

from booking import domain
from booking.store import rows
from booking.store.sealing import Sealed
from shared.postgres import Connection

# One statement, because round trips are what a booking costs. The walk takes its plan from the slot.
# What is counted is what was there before: a statement does not see its own rows.
BOOK = """
with booked as (
    select count(*) filter (where walk.state = 'started'
                               or walk.state in ('held', 'confirmed') and walk.ends_at > $6) as open,
           count(*) filter (where participant.created_at > $6 - interval '1 hour') as tries
      from participant
      join walk on walk.id = participant.walk_id
     where participant.contact_hmac = $12
), refused as (
    select count(*) as tries from refused_try
     where contact_hmac = $12 and tried_at > $6 - interval '1 hour'
), kept as (
    insert into walk (id, shared_id, reference, slot_id, officer_id, state, ward_code, ward_name,
                      ward_set, near, meeting_name, meeting_lon, meeting_lat, starts_at, ends_at,
                      local_date, local_from, local_to, tz_version, after_dark, start_due_at,
                      end_due_at, confirmed_at, companions)
    select $2, $3, $4, id, officer_id, $5, ward_code, ward_name, ward_set, near, meeting_name,
           meeting_lon, meeting_lat, starts_at, ends_at, local_date, local_from, local_to,
           tz_version, after_dark, $7, $8, $6, $17
      from bookable_slot where id = $1 and places_left > $17
    returning id
), assigned as (
    insert into assignment (slot_id, officer_no, during)
    select $1::uuid, $9::int, tstzrange($10, $11) from kept
    union all
    select free_beside.slot_id, free_beside.officer_no, tstzrange($10, $11)
      from kept join free_beside on free_beside.slot_id = $1
    on conflict (slot_id, officer_no) do nothing
), taking_part as (
    insert into participant (id, walk_id, contact_hmac, key_name, wrapped_key, sealed, created_at)
    select $13, id, $12, $14, $15, $16, $6 from kept
)
select booked.open as open_walks, booked.tries + refused.tries as tries,
       exists (select from barred_contact
                where contact_hmac = $12 and lifted_at is null
                  and (until is null or until > $6)) as barred,
       exists (select from kept) as kept
  from booked, refused
"""

LOCK_WALK = """
select walk.*, officer.officer_no, officer.display_name, officer.force_phone, officer.role,
       officer.team_id
  from walk join officer on officer.id = walk.officer_id
 where walk.id = $1
   for update of walk
"""

FIND_WALK = """
select walk.*, officer.officer_no, officer.display_name, officer.force_phone, officer.role,
       officer.team_id
  from walk join officer on officer.id = walk.officer_id
 where walk.id = $1
"""

FIND_BY_REFERENCE = "select id from walk where reference = $1"

SAVE_WALK = """
with saved as (
    update walk
       set state = $2, version = $3, sequence = $4, link_generation = $5,
           started_at = $6, started_by = $7, started_late = $8,
           ended_at = $9, ended_by = $10, ended_late = $11,
           cancelled_at = $12, cancelled_by = $13, initiator = $14,
           overdue_due_at = $15, overdue_missing = $16, abort_reason = $17,
           missed_at = $18, missed_by = $19, missing_party = $20,
           debriefed_at = $21, debriefed_by = $22, officer_id = $23,
           overdue_acknowledged_at = $24
     where id = $1
)
delete from overdue_report
 where walk_id = $1 and reported_at is null and due_at is distinct from $15::timestamptz
"""

MOVE_WALK = """
update walk
   set slot_id = slot.id, officer_id = slot.officer_id, ward_code = slot.ward_code,
       ward_name = slot.ward_name, ward_set = slot.ward_set, near = slot.near,
       meeting_name = slot.meeting_name, meeting_lon = slot.meeting_lon,
       meeting_lat = slot.meeting_lat, starts_at = slot.starts_at, ends_at = slot.ends_at,
       local_date = slot.local_date, local_from = slot.local_from, local_to = slot.local_to,
       tz_version = slot.tz_version, after_dark = slot.after_dark, start_due_at = $3, end_due_at = $4
  from slot
 where walk.id = $1 and slot.id = $2
"""

LOCK_WALKS_OF_SLOT = """
select walk.*, officer.officer_no, officer.display_name, officer.force_phone, officer.role,
       officer.team_id
  from walk join officer on officer.id = walk.officer_id
 where walk.slot_id = (select slot_id from walk where id = $1)
   and (walk.id = $1 or walk.state in ('confirmed', 'started'))
 order by walk.id
   for update of walk
"""

# A place that a form keeps is nobody's walk yet; in ten minutes it is one, or nothing.
LIST_WALKS = """
select walk.*, officer.officer_no, officer.display_name, officer.force_phone, officer.role,
       officer.team_id
  from walk join officer on officer.id = walk.officer_id
 where ($1::date is null or walk.local_date = $1)
   and ($2::text is null or walk.state = $2)
   and ($3::text is null or walk.ward_code = $3)
   and ($4::text[] is null or walk.ward_code = any ($4))
   and (not $5 or walk.overdue_due_at is not null)
   and walk.holder is null
   and ($6::timestamptz is null or (walk.starts_at, walk.id) > ($6, $7::uuid))
 order by walk.starts_at, walk.id
 limit $8
"""

COUNT_CONCERNS = """
update walk set concern_count = concern_count + said.concerns
  from (select id, count(*) as concerns from unnest($1::uuid[]) as id group by id) as said
 where walk.id = said.id
"""


@dataclass(frozen=True, slots=True)
class Joining:
    """Who takes part: kept in ``participant`` and nowhere else. ``contact`` is the address's digest."""

    id: UUID
    contact: bytes
    sealed: Sealed


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which walks a list asks for; None asks for all. ``wards`` are those the reader may see."""

    day: date | None = None
    state: str | None = None
    ward: str | None = None
    wards: Sequence[str] | None = None
    overdue: bool = False
    after: tuple[datetime, UUID] | None = None
    limit: int = 100


async def book(
    connection: Connection,
    walk: domain.Walk,
    joining: Joining,
    kept_free: tuple[datetime, datetime],
) -> domain.Tried:
    """Write a confirmed walk; its slot is locked by the caller. Answers what the contact had before.

    Raises SlotTaken when there are too few places left, or an officer of its has another assignment that
    overlaps ``kept_free``.
    """
    try:
        row = await connection.fetchrow(
            BOOK,
            walk.slot_id,
            walk.id,
            walk.shared_id,
            walk.reference,
            walk.state.value,
            walk.confirmed_at,
            walk.start_due_at,
            walk.end_due_at,
            walk.officer.number,
            *kept_free,
            joining.contact,
            joining.id,
            joining.sealed.key_name,
            joining.sealed.wrapped_key,
            joining.sealed.content,
            walk.companions,
        )
    except asyncpg.ExclusionViolationError as error:
        raise domain.SlotTaken from error
    assert row is not None  # counts, always
    if not row["kept"]:
        raise domain.SlotTaken
    return domain.Tried(row["open_walks"], row["tries"], row["barred"])


async def lock_walk(connection: Connection, walk_id: UUID) -> domain.Walk | None:
    """A walk, locked until the commit.

    Whoever waited for it while it was given to another officer finds no row: its join was made before.
    """
    row = await connection.fetchrow(LOCK_WALK, walk_id)
    row = row or await connection.fetchrow(LOCK_WALK, walk_id)
    return rows.walk(row) if row else None


async def find_walk(connection: Connection, walk_id: UUID) -> domain.Walk | None:
    """A walk as it is now."""
    row = await connection.fetchrow(FIND_WALK, walk_id)
    return rows.walk(row) if row else None


async def find_by_reference(connection: Connection, reference: str) -> UUID | None:
    """The id of the walk that people know by a reference."""
    return await connection.fetchval(FIND_BY_REFERENCE, reference)


async def save_walk(connection: Connection, walk: domain.Walk) -> None:
    """Write what has become of a locked walk, and drop reports that no longer hold."""
    started, ended, cancelled, missed, debriefed = (
        (deed.at, deed.by) if deed else (None, None)
        for deed in (walk.started, walk.ended, walk.cancelled, walk.missed, walk.debriefed)
    )
    await connection.execute(
        SAVE_WALK,
        walk.id,
        walk.state.value,
        walk.version,
        walk.sequence,
        walk.link_generation,
        *started,
        walk.started is not None and walk.started.late,
        *ended,
        walk.ended is not None and walk.ended.late,
        *cancelled,
        walk.initiator,
        walk.overdue.due_at if walk.overdue else None,
        walk.overdue.missing if walk.overdue else None,
        walk.abort_reason,
        *missed,
        walk.missing_party,
        *debriefed,
        walk.officer.id,
        walk.overdue.acknowledged_at if walk.overdue else None,
    )


async def move_walk(connection: Connection, walk: domain.Walk) -> None:
    """Give a locked walk the plan of the slot that it has moved to."""
    await connection.execute(MOVE_WALK, walk.id, walk.slot_id, walk.start_due_at, walk.end_due_at)


async def lock_walks_of_slot(connection: Connection, walk_id: UUID) -> list[domain.Walk]:
    """A walk and those that share its slot and are not over, locked in the order of their ids.

    None when it is not there. Asked again as ``lock_walk`` does: it may also have moved meanwhile.
    """
    found = await connection.fetch(LOCK_WALKS_OF_SLOT, walk_id)
    if walk_id not in [row["id"] for row in found]:
        found = await connection.fetch(LOCK_WALKS_OF_SLOT, walk_id)
    return [rows.walk(row) for row in found]


async def list_walks(connection: Connection, wanted: Wanted) -> list[domain.Walk]:
    """Walks by start."""
    start, last = wanted.after or (None, None)
    found = await connection.fetch(
        LIST_WALKS,
        wanted.day,
        wanted.state,
        wanted.ward,
        wanted.wards,
        wanted.overdue,
        start,
        last,
        wanted.limit,
    )
    return [rows.walk(row) for row in found]


async def count_concerns(connection: Connection, walk_ids: Sequence[UUID]) -> None:
    """Count a concern for each id given, an id as often as it is named."""
    await connection.execute(COUNT_CONCERNS, walk_ids)
