"""One command for an officer who is away: every walk of hers planned, looked at, carried out, reported.

Invariant: a plan changes nothing, and what is carried out is what it said: where the world has changed
meanwhile the walk is left as it is, and the report says so. Each group, and each walk that is called off, is
a transaction of its own; the plan's row, locked first in it, gives every step one outcome, so that a plan
may be carried out by two, or again after a crash.
Locked in this order: the plan, a wish, walks, their slot, officers, a contact.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from booking import domain, store
from booking.domain.colleagues import Colleague
from booking.domain.plans import CALLED_OFF, Booked, Came, Choice, Plan, Planned
from booking.service import lapses, replan_answers
from booking.service.absences import affected, find_led
from booking.service.changes import hand_over
from booking.service.desk import Desk
from booking.service.references import new_reference
from booking.service.walks import save
from shared import idempotency, outbox
from shared.auth import Principal
from shared.clock import new_id
from shared.errors import Conflict, Forbidden, NotFound
from shared.idempotency import Once
from shared.postgres import Connection

NO_WISH = "Called off without a wish: online, this contact is given no walk."


async def make_plan(desk: Desk, absence_id: UUID, who: Principal, request: Once) -> dict[str, Any]:
    """Work out what could become of every walk of an absence, and write it down. Raises NotFound."""
    at, plan_id = desk.clock(), new_id()
    async with desk.database.transaction() as connection:
        if kept := await idempotency.replay(connection, request):
            return kept
        absence = await find_led(connection, absence_id, who)
        steps = await _steps(connection, absence, who, desk)
        await store.replans.add(connection, plan_id, absence_id, steps, by=who.subject, at=at)
        made = await _find(connection, absence_id, plan_id)
        answer = replan_answers.plan(made)
        await idempotency.keep(connection, request, answer)
    desk.log.info("replan.made", plan=str(plan_id), walks=len(steps))
    return answer


async def _steps(
    connection: Connection, absence: domain.Absence, who: Principal, desk: Desk
) -> list[domain.plans.Step]:
    at = desk.clock()
    walks = await affected(connection, absence, at)
    if not walks:
        return []
    booked = await _booked(desk, connection, walks, who)
    during = (walks[0].times.starts_at, max(walk.times.ends_at for walk in walks))
    colleagues = await store.colleagues.colleagues(connection, at, during)
    absent = next(each for each in colleagues if each.officer.id == absence.officer.id)
    wards = {code for each in booked for code in (each.wish.wards if each.wish else ())}
    wards |= {walk.ward.code for walk in walks}
    candidates = await store.matching.candidates(connection, at, wards=sorted(wards))
    return domain.replans.plan(booked, absent, colleagues, candidates, who.covers, at)


async def plan(desk: Desk, absence_id: UUID, plan_id: UUID, who: Principal) -> Plan:
    """A plan, and what has come of it so far. Raises NotFound, Forbidden."""
    async with desk.database.transaction() as connection:
        await find_led(connection, absence_id, who)
        return await _find(connection, absence_id, plan_id)


async def carry_out(
    desk: Desk, absence_id: UUID, plan_id: UUID, who: Principal, request: Once
) -> dict[str, Any]:
    """Do what a plan says, as far as nothing has changed, and report. Raises NotFound, Forbidden."""
    async with desk.database.transaction() as connection:
        if kept := await idempotency.replay(connection, request):
            return kept
        await find_led(connection, absence_id, who)
        made = await _find(connection, absence_id, plan_id)
    while await _carry_out_next(desk, made, who):
        pass
    async with desk.database.transaction() as connection:
        if kept := await idempotency.replay(connection, request):
            return kept
        answer = replan_answers.plan(await _find(connection, absence_id, plan_id))
        await idempotency.keep(connection, request, answer)
    desk.log.info("replan.carried_out", plan=str(plan_id), **answer["outcomes"])
    return answer


async def _carry_out_next(desk: Desk, made: Plan, who: Principal) -> bool:
    """One step, or those of one group; once more after a deadlock, or a reference drawn before."""
    try:
        return await _carry_out_one(desk, made, who)
    except (asyncpg.DeadlockDetectedError, asyncpg.UniqueViolationError):
        return await _carry_out_one(desk, made, who)


async def _carry_out_one(desk: Desk, made: Plan, who: Principal) -> bool:
    async with desk.database.transaction() as connection:
        steps = await store.replans.lock_next(connection, made)
        if not steps:
            return False
        try:
            # A savepoint: what is refused halfway leaves nothing behind, and is written down all the same.
            async with connection.transaction():
                came = await _do(desk, connection, made, steps, who)
        except (Conflict, Forbidden) as refusal:
            came = Came("changed", [each.walk_id for each in steps], refusal.detail)
        left_behind = [each.walk_id for each in steps if each.walk_id not in came.walks]
        for each in (came, Came("changed", left_behind, domain.plans.MEANWHILE)):
            await store.replans.note(connection, made, each, by=who.subject, at=desk.clock())
    return True


async def _do(
    desk: Desk, connection: Connection, made: Plan, steps: Sequence[Planned], who: Principal
) -> Came:
    """The step, or those of a group. Raises Conflict or Forbidden where it can no longer be done."""
    step = steps[0]
    if step.choice is Choice.LAPSE:
        return await _lapse(desk, connection, made, step, who)
    if step.choice is Choice.REASSIGN:
        return await _reassign(desk, connection, made, steps, who)
    if step.choice in CALLED_OFF:
        return await _call_off(desk, connection, made, step, who)
    return Came("left", [step.walk_id])


async def _lapse(
    desk: Desk, connection: Connection, made: Plan, step: Planned, who: Principal
) -> Came:
    request_id = await store.offers.held_for(connection, step.walk_id)
    wish = await store.requests.lock(connection, request_id) if request_id else None
    so_far = await store.offers.of_request(connection, wish.id) if wish else []
    offer = domain.offers.live(so_far)
    if wish is None or offer is None or offer.walk_id != step.walk_id:
        raise domain.OfferOver("The offer was answered or has expired meanwhile.")
    walks, _ = await _lock(connection, made, step, who)
    await lapses.lapse_locked(connection, wish, offer, desk.clock())
    return Came("done", [each.id for each in walks], request_id=wish.id)


async def _reassign(
    desk: Desk, connection: Connection, made: Plan, steps: Sequence[Planned], who: Principal
) -> Came:
    at, officer_id = desk.clock(), steps[0].officer_id
    assert officer_id is not None  # the schema says so
    await store.walks.lock_walks_of_slot(connection, steps[0].walk_id)
    await store.slots.lock_slots(connection, [steps[0].slot_id])
    walks = await store.walks.lock_walks_of_slot(connection, steps[0].walk_id)
    absence = await _still_away(connection, made, walks, [officer_id])
    walks = domain.plans.as_planned(steps, walks, absence.officer, at)
    who.must_cover(walks[0].ward.code)
    booked = await _booked(desk, connection, walks, who)
    absent, other = await _now(connection, at, walks[0], [absence.officer.id, officer_id])
    domain.replans.require_may(other, booked, absent)
    await hand_over(connection, walks, other.officer, other.policy, desk.telling(at))
    return Came("done", [each.id for each in walks])


async def _call_off(
    desk: Desk, connection: Connection, made: Plan, step: Planned, who: Principal
) -> Came:
    at = desk.clock()
    walks, absence = await _lock(connection, made, step, who)
    [walk] = domain.plans.as_planned([step], walks, absence.officer, at)
    [booked] = await _booked(desk, connection, [walk], who)
    if booked.person is not None and not domain.may_wish(booked.person):
        raise domain.WrongState(domain.replans.SPEAK)
    [absent] = await _now(connection, at, walk, [absence.officer.id])
    after, facts = domain.cancel(walk, who.subject, "force", desk.telling(at))
    await save(connection, after)
    await outbox.append(connection, *facts)
    return await _wish_for(desk, connection, booked, absent, who)


async def _wish_for(
    desk: Desk, connection: Connection, booked: Booked, absent: Colleague, who: Principal
) -> Came:
    """A wish in the name of somebody whose walk has just been called off; who she is goes with it, sealed."""
    at, request_id, walk_id = desk.clock(), new_id(), booked.walk.id
    known = await store.people.participants(connection, desk.sealing, [walk_id])
    contact = await store.people.contact_of(connection, walk_id)
    if contact is None or (await store.requests.tried(connection, contact, at)).barred:
        return Came("done", [walk_id], NO_WISH)
    await store.people.audit(
        connection,
        actor=who.subject,
        action="contact.read",
        subjects=[f"walk {walk_id}"],
        reason="to keep a place in the line for her",
    )
    wish = domain.replans.again(booked, absent, request_id, new_reference(), at)
    sealed = desk.sealing.close(request_id, known[walk_id])
    await store.requests.add(connection, wish, store.requests.Asking(contact, sealed))
    await outbox.append(connection, *domain.requests.ask(wish, "assisted"))
    return Came("done", [walk_id], request_id=request_id)


async def _booked(
    desk: Desk, connection: Connection, walks: Sequence[domain.Walk], who: Principal
) -> list[Booked]:
    """Walks with who walks: what she needs is read for the match, and that is written down."""
    known = await store.people.participants(connection, desk.sealing, [each.id for each in walks])
    await store.people.audit(
        connection,
        actor=who.subject,
        action="participant.read",
        subjects=[f"walk {walk_id}" for walk_id in known],
        reason="who can take her walk",
    )
    found = await store.replans.booked(connection, walks)
    return [replace(each, person=known.get(each.walk.id)) for each in found]


async def _lock(
    connection: Connection, made: Plan, step: Planned, who: Principal
) -> tuple[list[domain.Walk], domain.Absence]:
    """A step's walk, if it is there, and the absence; its slot is locked between them."""
    found = await store.walks.lock_walk(connection, step.walk_id)
    walks = [found] if found else []
    await store.slots.lock_slots(connection, [step.slot_id])
    absence = await _still_away(connection, made, walks)
    for walk in walks:
        who.must_cover(walk.ward.code)
    return walks, absence


async def _still_away(
    connection: Connection,
    made: Plan,
    walks: Sequence[domain.Walk],
    others: Sequence[UUID] = (),
) -> domain.Absence:
    """The absence, with its officer and others locked. Raises WrongState where she is back by then."""
    absence = await store.absences.find_absence(connection, made.absence_id)
    if absence is not None:
        await store.handovers.lock_officers(connection, [absence.officer.id, *others])
        absence = await store.absences.find_absence(connection, made.absence_id)
    if absence is None or not all(absence.touches(each.times) for each in walks):
        raise domain.WrongState("Her officer is not away then any more.")
    return absence


async def _now(
    connection: Connection, at: datetime, walk: domain.Walk, officers: Sequence[UUID]
) -> list[Colleague]:
    """Officers as they are now, in the order in which they are named."""
    during = (walk.times.starts_at, walk.times.ends_at)
    found = await store.colleagues.colleagues(connection, at, during, officers)
    return sorted(found, key=lambda each: officers.index(each.officer.id))


async def _find(connection: Connection, absence_id: UUID, plan_id: UUID) -> Plan:
    found = await store.replans.find(connection, absence_id, plan_id)
    if found is None:
        raise NotFound("There is no such plan for this absence.")
    return found
