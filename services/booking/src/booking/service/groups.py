"""Further officers of a slot: looked at, put on it, taken off it.

Invariant: a slot is for no more people than its team's policy has to the officers on it, and nobody is taken
off who is needed for those who are booked. Locked in this order: the slot, its officers, the other one.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from booking import domain, store
from booking.service import answers
from booking.service.desk import Desk
from shared import idempotency
from shared.auth import Principal
from shared.errors import Fault, Invalid, NotFound
from shared.idempotency import Once
from shared.postgres import Connection


@dataclass(frozen=True, slots=True)
class Group:
    """A slot, who walks along beside its officer, how many people have a place, and who else could come."""

    slot: domain.Slot
    beside: list[domain.Officer]
    people: int
    takers: list[domain.Officer]


async def group(desk: Desk, slot_id: UUID, who: Principal) -> Group:
    """A slot of one's wards with its officers. Raises NotFound, Forbidden."""
    async with desk.database.reading() as connection:
        slot = await store.offers.find_slot(connection, slot_id)
        if slot is None:
            raise NotFound("There is no such slot.")
        who.must_cover(slot.ward.code)
        beside = (await store.groups.beside(connection, [slot_id]))[slot_id]
        takers = await store.histories.takers(connection, slot_id)
        people = await store.groups.people(connection, slot_id)
    known = {each.id for each in beside}
    return Group(slot, beside, people, [each for each in takers if each.id not in known])


async def add_officer(
    desk: Desk,
    slot_id: UUID,
    officer_id: UUID,
    capacity: int | None,
    who: Principal,
    request: Once,
) -> dict[str, Any]:
    """An officer of the team walks along, and the slot is for ``capacity`` people (None: as before).

    Raises NotFound, Forbidden, Invalid, NotInTeam, OfficerBusy, DoesNotFit, TooLate.
    """
    async with desk.database.transaction() as connection:
        if kept := await idempotency.replay(connection, request):
            return kept
        slot, policy = await _lock(desk, connection, slot_id, who)
        officer = await _further(connection, slot, officer_id)
        await store.groups.add(connection, slot_id, officer, domain.kept_free(slot.times, policy))
        officers = 1 + len((await store.groups.beside(connection, [slot_id]))[slot_id])
        if capacity is not None:
            if faults := domain.faults_of_capacity(capacity, policy, officers):
                raise Invalid(faults=faults)
            await _set_capacity(connection, slot_id, capacity)
        answer = await _answer(connection, slot_id)
        await idempotency.keep(connection, request, answer)
    desk.log.info("slot.officer_added", slot=str(slot_id), officers=officers)
    return answer


async def remove_officer(
    desk: Desk, slot_id: UUID, officer_id: UUID, who: Principal
) -> dict[str, Any]:
    """An officer walks along no longer; the slot is for no more people than those who are left may take.

    Raises NotFound, Forbidden, TooLate, TooFewOfficers.
    """
    async with desk.database.transaction() as connection:
        slot, policy = await _lock(desk, connection, slot_id, who)
        if not await store.groups.remove(connection, slot_id, officer_id):
            raise NotFound("This officer does not walk along on this slot.")
        people = await store.groups.people(connection, slot_id)
        there = await store.groups.officers_there(connection, slot_id)
        domain.require_enough(people, policy, there)
        most = domain.most_places(policy, slot.officers - 1)
        await store.groups.set_capacity(connection, slot_id, min(slot.capacity, most))
        answer = await _answer(connection, slot_id)
    desk.log.info("slot.officer_removed", slot=str(slot_id))
    return answer


async def _lock(
    desk: Desk, connection: Connection, slot_id: UUID, who: Principal
) -> tuple[domain.Slot, domain.Policy]:
    found = await store.slots.lock_slot(connection, slot_id)
    if found is None:
        raise NotFound("There is no such slot.")
    slot, policy = found
    who.must_cover(slot.ward.code)
    if slot.times.ends_at <= desk.clock():
        raise domain.TooLate
    return slot, policy


async def _further(connection: Connection, slot: domain.Slot, officer_id: UUID) -> domain.Officer:
    """Another officer of the slot's team, locked. Raises Invalid, NotInTeam."""
    await store.handovers.lock_officers(connection, [officer_id])
    found = await store.teams.find_officer(connection, officer_id)
    if found is None:
        raise Invalid(faults=[Fault("#/officer_id", "is no officer's")])
    officer, _ = found
    if officer.id == slot.officer.id:
        raise Invalid(faults=[Fault("#/officer_id", "is the officer who offers the slot")])
    if officer.team_id != slot.officer.team_id:
        raise domain.NotInTeam("Only an officer of the slot's team can walk along.")
    return officer


async def _set_capacity(connection: Connection, slot_id: UUID, capacity: int) -> None:
    """Say for how many a slot is; raises Invalid where more are booked."""
    if capacity < await store.groups.people(connection, slot_id):
        raise Invalid(faults=[Fault("#/capacity", "is fewer than have a place already")])
    await store.groups.set_capacity(connection, slot_id, capacity)


async def _answer(connection: Connection, slot_id: UUID) -> dict[str, Any]:
    slot = await store.offers.find_slot(connection, slot_id)
    assert slot is not None  # locked
    beside = (await store.groups.beside(connection, [slot_id]))[slot_id]
    people = await store.groups.people(connection, slot_id)
    return answers.slot_officers(slot, beside, people)
