"""Booking a walk, and what officers do with it.

Invariant: the slot's (or the walk's) row is locked before anything is decided, and the facts join the
transaction that makes them true.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from booking import domain, store
from booking.service import answers, holds
from booking.service.desk import Desk
from booking.service.lapses import release_expired
from booking.service.references import new_reference
from shared import idempotency, outbox
from shared.auth import Principal
from shared.clock import new_id
from shared.errors import NotFound
from shared.events.walks import Initiator
from shared.idempotency import Once
from shared.postgres import Connection

Decide = Callable[[domain.Walk, domain.Telling], tuple[domain.Walk, domain.Facts]]


@dataclass(frozen=True, slots=True)
class Booking:
    """A booking as a participant asks for it; ``email`` is checked and in ASCII, or else there is a
    ``mobile`` in E.164.

    ``hold`` is what she holds the slot by, where she does; ``by`` who of the staff books it for her; so many
    ``companions`` come with her. ``young`` is of somebody who is not ``adult``. ``needs`` and
    ``language`` are codes that her officer must bring.
    """

    slot_id: UUID
    name: str
    email: str | None
    adult: bool
    note: str | None
    hold: str | None = None
    by: str | None = None
    companions: int = 0
    young: domain.Young | None = None
    needs: tuple[str, ...] = ()
    language: str | None = None
    safe_contact: domain.SafeContact | None = None
    mobile: str | None = None

    @property
    def to_be_met(self) -> domain.Needs:
        """What a slot and its officer must bring."""
        return domain.Needs(language=self.language, skills=self.needs, companions=self.companions)

    @property
    def person(self) -> domain.Person:
        """Who takes part: of an adult neither age nor guardian is kept."""
        young = None if self.adult else self.young
        return domain.Person(
            self.name,
            self.email,
            self.note,
            age=young.age if young else None,
            guardian=young.guardian if young else None,
            needs=self.needs,
            language=self.language,
            safe_contact=self.safe_contact,
            mobile=self.mobile,
        )


async def book_walk(desk: Desk, booking: Booking, request: Once) -> dict[str, Any]:
    """Give a slot to whoever asks first.

    Raises Invalid, AdultsOnly, TooYoung, GuardianNeeded, NotFound, TooManyWalks, or with up to three
    alternatives SlotTaken (TooFewPlaces where there is room for fewer), DoesNotFit.
    """
    if not desk.burst.take(desk.clock()):
        raise domain.TooManyWalks(desk.limits.phone)
    desk.require_reachable(booking.mobile)
    try:
        try:
            return await _book_again(desk, booking, request)
        except domain.SlotTaken:
            if not await release_expired(desk, booking.slot_id):
                raise
            return await _book_again(desk, booking, request)
    except (domain.SlotTaken, domain.DoesNotFit) as refusal:
        raise await _instead(desk, booking, refusal) from refusal


async def _book_again(desk: Desk, booking: Booking, request: Once) -> dict[str, Any]:
    """Book; once more after a deadlock between colliding inserts, or a reference drawn before."""
    try:
        return await _book(desk, booking, request)
    except (asyncpg.DeadlockDetectedError, asyncpg.UniqueViolationError):
        return await _book(desk, booking, request)


async def _instead(
    desk: Desk, booking: Booking, refusal: domain.SlotTaken | domain.DoesNotFit
) -> domain.SlotTaken | domain.DoesNotFit:
    """Why a slot cannot be hers, with up to three others that suit her.

    The try is counted against the contact.
    """
    at, wanted, companions = desk.clock(), booking.slot_id, booking.companions
    async with desk.database.transaction() as connection:
        await store.people.note_refused_try(
            connection, desk.contact(booking.email, booking.mobile), at
        )
        found = await store.slots.alternatives(
            connection, wanted, at=at, few=desk.slots_shown, needs=booking.to_be_met
        )
        left = companions and (
            await store.slots.find_bookable(connection, wanted, at=at)
            or (booking.hold and await holds.keeps(desk, connection, booking.hold, wanted))
        )
    others = [answers.public_slot(slot) for slot in found]
    if isinstance(refusal, domain.DoesNotFit):
        return domain.DoesNotFit(lacks=refusal.members["lacks"], alternatives=others)
    return (domain.TooFewPlaces if left else domain.SlotTaken)(alternatives=others)


async def _book(desk: Desk, booking: Booking, request: Once) -> dict[str, Any]:
    ids = domain.NewWalk(new_id(), new_id(), new_reference())
    joining = _joining(desk, booking)
    async with desk.database.transaction() as connection:
        if kept := await idempotency.replay(connection, request):
            return kept
        if booking.hold is not None:
            await holds.give_way(desk, connection, booking.hold, booking.slot_id)
        found = await store.slots.lock_slot(connection, booking.slot_id, joining.contact)
        if found is None:
            raise NotFound("There is no such slot.")
        slot, policy = found
        domain.require_may_walk(policy, booking.young, adult=booking.adult)
        await require_meets(connection, slot.id, booking.person)
        telling, source = desk.telling(desk.clock()), "assisted" if booking.by else "online"
        walk, facts = domain.book(
            slot, policy, ids, telling, source=source, companions=booking.companions
        )
        kept_free = domain.kept_free(walk.times, policy)
        tried = await store.walks.book(connection, walk, joining, kept_free)
        domain.require_within(desk.limits, tried)
        if booking.by:
            await _note_assisted(connection, booking.by, joining.id)
        await outbox.append(connection, *facts)
        answer = dict(answers.booked_walk(walk, desk.hers(walk)))
        await idempotency.keep(connection, request, answer)
    desk.log.info("walk.confirmed", walk=str(walk.id), ward=walk.ward.code)
    return answer


def _joining(desk: Desk, booking: Booking) -> store.walks.Joining:
    participant_id = new_id()
    sealed = desk.sealing.close(participant_id, booking.person)
    return store.walks.Joining(participant_id, desk.contact(booking.email, booking.mobile), sealed)


async def _note_assisted(connection: Connection, by: str, participant_id: UUID) -> None:
    """Staff have learnt who she is, from her: that they did is written down."""
    await store.people.audit(
        connection,
        actor=by,
        action="walk.booked_for_her",
        subjects=[f"participant {participant_id}"],
        reason="she asked in person or by telephone",
    )


async def require_meets(connection: Connection, slot_id: UUID, person: domain.Person) -> None:
    """Raise DoesNotFit where the officer of a locked slot does not bring what somebody needs."""
    needs = domain.Needs(language=person.language, skills=person.needs)
    if needs == domain.Needs():
        return
    if lack := domain.lacks(await store.slots.traits(connection, slot_id), needs):
        raise domain.DoesNotFit(lacks=list(lack))


async def start_walk(
    desk: Desk, walk_id: UUID, who: Principal, request: Once, done_at: datetime | None = None
) -> dict[str, Any]:
    """They have set off, now or at ``done_at``. Raises WrongState, TooEarly, TooLate."""

    def decide(walk: domain.Walk, telling: domain.Telling) -> tuple[domain.Walk, domain.Facts]:
        return domain.start(walk, domain.tap(who.subject, done_at, telling.at), telling)

    return await act(desk, walk_id, who, request, decide)


async def end_walk(
    desk: Desk, walk_id: UUID, who: Principal, request: Once, done_at: datetime | None = None
) -> dict[str, Any]:
    """Both are accounted for, now or since ``done_at``. Raises WrongState."""

    def decide(walk: domain.Walk, telling: domain.Telling) -> tuple[domain.Walk, domain.Facts]:
        return domain.end(walk, domain.tap(who.subject, done_at, telling.at), telling)

    return await act(desk, walk_id, who, request, decide)


async def cancel_walk(
    desk: Desk, walk_id: UUID, who: Principal, initiator: Initiator, request: Once
) -> dict[str, Any]:
    """The force calls it off. Raises WrongState."""

    def decide(walk: domain.Walk, telling: domain.Telling) -> tuple[domain.Walk, domain.Facts]:
        return domain.cancel(walk, who.subject, initiator, telling)

    return await act(desk, walk_id, who, request, decide)


async def act(
    desk: Desk, walk_id: UUID, who: Principal, request: Once, decide: Decide
) -> dict[str, Any]:
    """One thing that staff do to a walk, as ``decide`` has it."""
    async with desk.database.transaction() as connection:
        if kept := await idempotency.replay(connection, request):
            return kept
        walk = await store.walks.lock_walk(connection, walk_id)
        if walk is None:
            raise NotFound("There is no such walk.")
        await require_may_act(connection, walk, who, desk.clock())
        after, facts = decide(walk, desk.telling(desk.clock()))
        await save(connection, after)
        await outbox.append(connection, *facts)
        answer = answers.staff_walk(after, desk.safe_word(after), desk.clock())
        await idempotency.keep(connection, request, answer)
    desk.log.info("walk.changed", walk=str(walk_id), state=after.state.value)
    return answer


async def save(connection: Connection, walk: domain.Walk) -> None:
    """Write a changed walk; one that was cancelled lets go of its slot."""
    await store.walks.save_walk(connection, walk)
    if walk.initiator is not None:
        freed = domain.slot_after_cancel(walk.initiator)
        await store.slots.leave(connection, walk.slot_id, freed)


async def require_may_act(
    connection: Connection, walk: domain.Walk, who: Principal, at: datetime
) -> None:
    """A coordinator of the ward may, and any officer who is with the walk's team at the time."""
    who.must_cover(walk.ward.code)
    if "coordinator" in who.roles:
        return
    if await store.teams.team_of(connection, who.subject, at) != walk.officer.team_id:
        raise domain.NotInTeam
