"""What may still change of a walk that has been booked: its time, its officer, how it came to its end.

Invariant: a walk keeps its old place until the new one is hers; another officer is never told as a
cancellation. The walk's row is locked first, then slots in the order of their ids.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from booking import domain, store
from booking.service import answers
from booking.service.claims import claim_of, require_holds
from booking.service.desk import Desk
from booking.service.walks import act, require_may_act, require_meets
from shared import idempotency, outbox
from shared.auth import Principal
from shared.errors import Fault, Invalid, NotFound
from shared.events.walks import Aborted, Party, Shortened
from shared.idempotency import Once
from shared.postgres import Connection


async def move_by_link(desk: Desk, token: str, slot_id: UUID, request: Once) -> dict[str, Any]:
    """She would rather walk at another time. Raises SlotTaken, WrongState, TooLate, and as the link."""
    claim = claim_of(token)
    async with desk.database.transaction() as connection:
        if kept := await idempotency.replay(connection, request):
            return kept
        walk = await store.walks.lock_walk(connection, claim.walk_id)
        walk = require_holds(desk, claim, walk)
        after = await _move(desk, connection, walk, slot_id, "participant", "participant")
        answer = dict(answers.booked_walk(after, desk.hers(after)))
        await idempotency.keep(connection, request, answer)
    desk.log.info("walk.moved", walk=str(after.id), by="participant")
    return answer


async def move_walk(
    desk: Desk, walk_id: UUID, who: Principal, slot_id: UUID, request: Once
) -> dict[str, Any]:
    """The force gives a walk another slot. Raises SlotTaken, WrongState."""
    async with desk.database.transaction() as connection:
        if kept := await idempotency.replay(connection, request):
            return kept
        walk = await _lock(connection, walk_id, who, desk.clock())
        after = await _move(desk, connection, walk, slot_id, "force", who.subject)
        who.must_cover(after.ward.code)
        answer = answers.staff_walk(after, desk.safe_word(after), desk.clock())
        await idempotency.keep(connection, request, answer)
    desk.log.info("walk.moved", walk=str(walk_id), by="force")
    return answer


async def _move(
    desk: Desk,
    connection: Connection,
    walk: domain.Walk,
    slot_id: UUID,
    initiator: Literal["participant", "force"],
    by: str,
) -> domain.Walk:
    await store.slots.lock_slots(connection, [walk.slot_id, slot_id])
    found = await store.slots.lock_slot(connection, slot_id)
    if found is None:
        raise NotFound("There is no such slot.")
    slot, policy = found
    await _require_takes_her(desk, connection, walk, slot_id, policy, by)
    after, facts = domain.move(walk, slot, policy, initiator, desk.telling(desk.clock()))
    await store.slots.change_places(connection, walk, slot, domain.kept_free(slot.times, policy))
    await store.walks.move_walk(connection, after)
    await store.walks.save_walk(connection, after)
    await outbox.append(connection, *facts)
    return after


async def _require_takes_her(
    desk: Desk,
    connection: Connection,
    walk: domain.Walk,
    slot_id: UUID,
    policy: domain.Policy,
    by: str,
) -> None:
    """Raise DoesNotFit where another slot's team or officer may not take whoever a walk is with."""
    known = await store.people.participants(connection, desk.sealing, [walk.id])
    await store.people.audit(
        connection,
        actor=by,
        action="participant.read",
        subjects=[f"walk {walk_id}" for walk_id in known],
        reason="whether the officer of another slot can take her",
    )
    for person in known.values():
        if not domain.may_take(policy, person):
            raise domain.DoesNotFit(lacks=["age"])
        await require_meets(connection, slot_id, person)


async def undo_cancel_by_link(desk: Desk, token: str, request: Once) -> dict[str, Any]:
    """She can come after all. Raises WrongState, TooLate, SlotTaken, and as the link."""
    claim = claim_of(token)
    async with desk.database.transaction() as connection:
        if kept := await idempotency.replay(connection, request):
            return kept
        walk = await store.walks.lock_walk(connection, claim.walk_id)
        walk = require_holds(desk, claim, walk)
        found = await store.slots.lock_slot(connection, walk.slot_id)
        assert found is not None  # a walk's slot is never deleted
        slot, policy = found
        after, facts = domain.undo_cancel(walk, slot, policy, desk.telling(desk.clock()))
        kept_free = domain.kept_free(slot.times, policy)
        await store.slots.change_places(connection, walk, slot, kept_free)
        await store.walks.save_walk(connection, after)
        await outbox.append(connection, *facts)
        answer = dict(answers.booked_walk(after, desk.hers(after)))
        await idempotency.keep(connection, request, answer)
    desk.log.info("walk.changed", walk=str(after.id), state=after.state.value)
    return answer


async def reassign_walk(
    desk: Desk, walk_id: UUID, who: Principal, officer_id: UUID, request: Once
) -> dict[str, Any]:
    """Another officer of the team takes a walk, and those that share its slot: all of them or none.

    Raises Invalid, NotInTeam, DoesNotFit, OfficerBusy, WrongState.
    """
    async with desk.database.transaction() as connection:
        if kept := await idempotency.replay(connection, request):
            return kept
        walk, _ = await _lock_together(connection, walk_id)
        await store.slots.lock_slots(connection, [walk.slot_id])
        # Whoever has booked a place meanwhile comes along; from here on nobody can.
        walks = await store.walks.lock_walks_of_slot(connection, walk_id)
        at = desk.clock()
        await require_may_act(connection, walk, who, at)
        officer, policy = await _officer_for(connection, walk, officer_id)
        changed = await hand_over(connection, walks, officer, policy, desk.telling(at))
        mine = next(after for after in changed if after.id == walk_id)
        answer = answers.staff_walk(mine, desk.safe_word(mine), desk.clock())
        await idempotency.keep(connection, request, answer)
    desk.log.info("walk.reassigned", walk=str(walk_id), walks=len(changed))
    return answer


async def _lock_together(
    connection: Connection, walk_id: UUID
) -> tuple[domain.Walk, Sequence[domain.Walk]]:
    """A walk, and all that share its slot with it, locked. Raises NotFound."""
    walks = await store.walks.lock_walks_of_slot(connection, walk_id)
    walk = next((each for each in walks if each.id == walk_id), None)
    if walk is None:
        raise NotFound("There is no such walk.")
    return walk, walks


async def hand_over(
    connection: Connection,
    walks: Sequence[domain.Walk],
    officer: domain.Officer,
    policy: domain.Policy,
    telling: domain.Telling,
) -> list[domain.Walk]:
    """Give all who walk on a slot to another officer; they and it are locked by the caller.

    Raises WrongState, DoesNotFit, OfficerBusy.
    """
    changed = [domain.reassign(each, officer, "unavailable", telling) for each in walks]
    kept_free = domain.kept_free(walks[0].times, policy)
    await store.handovers.give(connection, walks[0], officer, kept_free)
    for after, facts in changed:
        await store.walks.save_walk(connection, after)
        await outbox.append(connection, *facts)
    return [after for after, _ in changed]


async def _officer_for(
    connection: Connection, walk: domain.Walk, officer_id: UUID
) -> tuple[domain.Officer, domain.Policy]:
    found = await store.teams.find_officer(connection, officer_id)
    if found is None:
        raise Invalid(faults=[Fault("#/officer_id", "is no officer's")])
    officer, policy = found
    if officer.team_id != walk.officer.team_id:
        raise domain.NotInTeam("Only an officer of the walk's team can take it.")
    return officer, policy


async def shorten_walk(
    desk: Desk, walk_id: UUID, who: Principal, minutes: int, reason: Shortened, request: Once
) -> dict[str, Any]:
    """A walk and those that share its slot are to end sooner: all of them or none.

    Raises WrongState, Invalid.
    """
    async with desk.database.transaction() as connection:
        if kept := await idempotency.replay(connection, request):
            return kept
        walk, walks = await _lock_together(connection, walk_id)
        at = desk.clock()
        await require_may_act(connection, walk, who, at)
        changed = [domain.shorten(each, minutes, reason, desk.telling(at)) for each in walks]
        for after, facts in changed:
            await store.endings.shorten(connection, after)
            await store.walks.save_walk(connection, after)
            await outbox.append(connection, *facts)
        mine = next(after for after, _ in changed if after.id == walk_id)
        answer = answers.staff_walk(mine, desk.safe_word(mine), at)
        await idempotency.keep(connection, request, answer)
    desk.log.info("walk.shortened", walk=str(walk_id), walks=len(changed))
    return answer


async def abort_walk(
    desk: Desk,
    walk_id: UUID,
    who: Principal,
    reason: Aborted,
    request: Once,
    done_at: datetime | None = None,
) -> dict[str, Any]:
    """They have broken off, and both are accounted for. Raises WrongState."""

    def decide(walk: domain.Walk, telling: domain.Telling) -> tuple[domain.Walk, domain.Facts]:
        deed = domain.tap(who.subject, done_at, telling.at)
        return domain.abort(walk, deed, reason, telling)

    return await act(desk, walk_id, who, request, decide)


async def miss_walk(
    desk: Desk, walk_id: UUID, who: Principal, party: Party, request: Once
) -> dict[str, Any]:
    """One side did not come. Raises WrongState, TooEarly."""

    def decide(walk: domain.Walk, telling: domain.Telling) -> tuple[domain.Walk, domain.Facts]:
        return domain.miss(walk, who.subject, party, telling)

    return await act(desk, walk_id, who, request, decide)


async def debrief_walk(desk: Desk, walk_id: UUID, who: Principal, request: Once) -> dict[str, Any]:
    """What was said has been written down. Raises WrongState."""

    def decide(walk: domain.Walk, telling: domain.Telling) -> tuple[domain.Walk, domain.Facts]:
        return domain.debrief(walk, who.subject, telling)

    return await act(desk, walk_id, who, request, decide)


async def _lock(connection: Connection, walk_id: UUID, who: Principal, at: datetime) -> domain.Walk:
    walk = await store.walks.lock_walk(connection, walk_id)
    if walk is None:
        raise NotFound("There is no such walk.")
    await require_may_act(connection, walk, who, at)
    return walk
