"""Held walks in the database: places kept for offers, and while forms are filled.

Invariant: a place is taken out of ``bookable_slot``, as a booking takes it; a held walk that goes takes
nobody's participant with it, for it has none. The walk's row is locked before its slot's.
"""

from datetime import datetime
from uuid import UUID

import asyncpg
from asyncpg import Record

from booking import domain
from booking.store import slots
from shared.postgres import Connection

KEEP = """
with kept as (
    insert into walk (id, shared_id, reference, slot_id, officer_id, state, held_until, ward_code,
                      ward_name, ward_set, near, meeting_name, meeting_lon, meeting_lat, starts_at,
                      ends_at, local_date, local_from, local_to, tz_version, after_dark,
                      start_due_at, end_due_at, holder, companions)
    select $2, $3, $4, id, officer_id, 'held', $5, ward_code, ward_name, ward_set, near,
           meeting_name, meeting_lon, meeting_lat, starts_at, ends_at, local_date, local_from,
           local_to, tz_version, after_dark, $6, $7, $11, $12
      from bookable_slot where id = $1 and places_left > $12
    returning id
), assigned as (
    insert into assignment (slot_id, officer_no, during)
    select $1::uuid, $8::int, tstzrange($9, $10) from kept
    union all
    select free_beside.slot_id, free_beside.officer_no, tstzrange($9, $10)
      from kept join free_beside on free_beside.slot_id = $1
    on conflict (slot_id, officer_no) do nothing
)
select exists (select from kept)
"""
LET_GO = "delete from walk where id = $1 and state = 'held'"

LOCK = "select id, slot_id, held_until from walk where holder = $1 for update"
FIND = "select id, slot_id, held_until from walk where holder = $1"
LOCK_WALK = "select id, slot_id, held_until from walk where id = $1 and state = 'held' for update"

# Of a slot's officer, when a slot is named: any place that is kept of her time may stand in its way.
NEXT_DUE = """
select id from walk
 where state = 'held' and holder is not null and held_until <= $1
   and ($2::uuid is null or officer_id = (select officer_id from slot where id = $2))
 order by held_until, id
 limit 1
"""

# As many slots of the ward as other forms keep must be left to whoever has no form open.
LEAVES_ENOUGH = """
with kept as (
    select count(*) as others from walk
     where state = 'held' and holder <> $1 and ward_code = $2
)
select kept.others = 0 or exists (
           select from bookable_slot
            where ward_code = $2 and starts_at > $3 and starts_at >= $3 + min_notice
              and starts_at <= $3 + horizon
           offset greatest(kept.others - 1, 0))
  from kept
"""


async def keep(
    connection: Connection,
    walk: domain.Walk,
    kept_free: tuple[datetime, datetime],
    holder: bytes | None = None,
) -> None:
    """Write a held walk; its slot is locked by the caller. Raises SlotTaken."""
    try:
        kept = await connection.fetchval(
            KEEP,
            walk.slot_id,
            walk.id,
            walk.shared_id,
            walk.reference,
            walk.held_until,
            walk.start_due_at,
            walk.end_due_at,
            walk.officer.number,
            *kept_free,
            holder,
            walk.companions,
        )
    except asyncpg.ExclusionViolationError as error:
        raise domain.SlotTaken from error
    if not kept:
        raise domain.SlotTaken


async def let_go(connection: Connection, walk_id: UUID, slot_id: UUID) -> None:
    """Let go of a place, if it is still held: its officers are free when nobody is left."""
    await connection.execute(LET_GO, walk_id)
    await slots.leave(connection, slot_id)


async def lock(connection: Connection, holder: bytes) -> domain.Hold | None:
    """What somebody holds, over or not, locked until the commit."""
    return _hold(await connection.fetchrow(LOCK, holder))


async def find(connection: Connection, holder: bytes) -> domain.Hold | None:
    """What somebody holds, over or not."""
    return _hold(await connection.fetchrow(FIND, holder))


async def next_due(
    connection: Connection, at: datetime, slot_id: UUID | None = None
) -> UUID | None:
    """A walk held for a form whose time is over; of a slot's officer, where a slot is named."""
    return await connection.fetchval(NEXT_DUE, at, slot_id)


async def lock_walk(connection: Connection, walk_id: UUID) -> domain.Hold | None:
    """A held walk, locked until the commit; None when it has gone."""
    return _hold(await connection.fetchrow(LOCK_WALK, walk_id))


async def leaves_enough(
    connection: Connection, walk: domain.Walk, holder: bytes, at: datetime
) -> bool:
    """Whether forms leave enough of a ward's slots to others, now that a walk is held in it."""
    return await connection.fetchval(LEAVES_ENOUGH, holder, walk.ward.code, at)


def _hold(row: Record | None) -> domain.Hold | None:
    return domain.Hold(row["id"], row["slot_id"], row["held_until"]) if row else None
