"""Officers who walk along on a slot beside the one who offers it, and how many people have a place there.

Invariant: whoever changes them holds the slot's row; who counts is there then, as ``free_beside`` has it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from booking import domain
from booking.store import rows
from shared.postgres import Connection

BESIDE = """
select slot_officer.slot_id, officer.id as officer_id, officer.officer_no, officer.display_name,
       officer.force_phone, officer.role, officer.team_id
  from slot_officer join officer on officer.id = slot_officer.officer_id
 where slot_officer.slot_id = any ($1::uuid[])
 order by officer.display_name, officer.id
"""
PEOPLE = """
select coalesce(sum(1 + companions), 0)::int from walk where slot_id = $1 and state <> 'cancelled'
"""
COUNT_FREE = "select count(*) from free_beside where slot_id = $1"
IS_FREE = "select exists (select from free_beside where slot_id = $1 and officer_id = $2)"

ADD = """
with added as (
    insert into slot_officer (slot_id, officer_id) values ($1, $2)
    on conflict (slot_id, officer_id) do nothing
    returning slot_id
)
update slot set officers = officers + 1 from added where slot.id = added.slot_id returning slot.id
"""
# Her time is taken while somebody walks there, as the first officer's is.
ASSIGN = """
insert into assignment (slot_id, officer_no, during)
select $1::uuid, $2::int, tstzrange($3, $4) where exists (select from assignment where slot_id = $1)
"""
REMOVE = """
with removed as (
    delete from slot_officer where slot_id = $1 and officer_id = $2 returning slot_id
), freed as (
    delete from assignment
     using removed
     where assignment.slot_id = removed.slot_id
       and assignment.officer_no = (select officer_no from officer where id = $2)
)
update slot set officers = officers - 1 from removed where slot.id = removed.slot_id returning slot.id
"""
SET_CAPACITY = "update slot set capacity = $2 where id = $1"


async def beside(
    connection: Connection, slot_ids: Sequence[UUID]
) -> Mapping[UUID, list[domain.Officer]]:
    """Who walks along on some slots, by name."""
    found: dict[UUID, list[domain.Officer]] = {slot_id: [] for slot_id in slot_ids}
    for row in await connection.fetch(BESIDE, slot_ids):
        found[row["slot_id"]].append(rows.officer(row))
    return found


async def people(connection: Connection, slot_id: UUID) -> int:
    """How many have a place on a slot, companions counted."""
    return await connection.fetchval(PEOPLE, slot_id)


async def add(
    connection: Connection,
    slot_id: UUID,
    officer: domain.Officer,
    kept_free: tuple[datetime, datetime],
) -> None:
    """Put a locked officer on a locked slot; one who is on it stays. Raises OfficerBusy."""
    if await connection.fetchval(ADD, slot_id, officer.id) is None:
        return
    if not await connection.fetchval(IS_FREE, slot_id, officer.id):
        raise domain.OfficerBusy
    try:
        await connection.execute(ASSIGN, slot_id, officer.number, *kept_free)
    except asyncpg.ExclusionViolationError as error:
        raise domain.OfficerBusy from error


async def remove(connection: Connection, slot_id: UUID, officer_id: UUID) -> bool:
    """Take an officer off a locked slot; False when she is none who walks along."""
    return await connection.fetchval(REMOVE, slot_id, officer_id) is not None


async def officers_there(connection: Connection, slot_id: UUID) -> int:
    """How many officers a locked slot has who are there then, the first one counted."""
    return 1 + await connection.fetchval(COUNT_FREE, slot_id)


async def set_capacity(connection: Connection, slot_id: UUID, capacity: int) -> None:
    """Say for how many people a locked slot is."""
    await connection.execute(SET_CAPACITY, slot_id, capacity)
