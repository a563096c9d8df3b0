"""Wishes: asked for, looked at by her link and by coordinators, given up.

Invariant: the wish's row is locked before anything is decided; an offer that is open when a wish ends lets
go of its place in the same transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal
from uuid import UUID

import asyncpg

from booking import domain, store
from booking.service import request_answers
from booking.service.claims import claim_of, require_hers
from booking.service.desk import Desk
from booking.service.references import new_reference
from shared import idempotency, outbox
from shared.auth import Principal
from shared.clock import new_id
from shared.errors import Fault, Forbidden, Invalid, NotFound
from shared.idempotency import Once
from shared.postgres import Connection


@dataclass(frozen=True, slots=True)
class Wish:
    """A walk as somebody would like it; ``email`` is checked and in ASCII, ``wards`` are codes.

    ``by``: who of the staff asks for her.
    """

    wards: tuple[str, ...]
    hours: tuple[domain.WishedHours, ...]
    light: Literal["dark", "day", "any"]
    officer_sex: Literal["female"] | None
    language: str | None
    needs: tuple[str, ...]
    name: str
    email: str | None
    adult: bool
    note: str | None
    by: str | None = None
    companions: int = 0
    safe_contact: domain.SafeContact | None = None
    mobile: str | None = None

    @property
    def person(self) -> domain.Person:
        """Who asks."""
        return domain.Person(
            self.name,
            self.email,
            self.note,
            needs=self.needs,
            language=self.language,
            safe_contact=self.safe_contact,
            mobile=self.mobile,
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """How a wish stands: the offer that is open, and the slot that it keeps."""

    request: domain.Request
    offer: domain.Offer | None
    slot: domain.Slot | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A wish as coordinators see it: its offers, and why none is made while it waits."""

    request: domain.Request
    offers: Sequence[domain.Offer]
    why: domain.requests.Reason | None


async def ask(desk: Desk, wish: Wish, request: Once) -> dict[str, Any]:
    """Take a wish into the line. Raises AdultsOnly, Invalid (a ward that there is not), TooManyWalks."""
    if not desk.burst.take(desk.clock()):
        raise domain.TooManyWalks(desk.limits.phone)
    desk.require_reachable(wish.mobile)
    if not wish.adult:
        raise domain.AdultsOnly
    unknown = [nth for nth, code in enumerate(wish.wards) if code not in desk.areas.by_code]
    if unknown:
        said = "is not a ward of the boundary set in force"
        raise Invalid(faults=[Fault(f"#/wards/{nth}", said) for nth in unknown])
    try:
        return await _ask(desk, wish, request)
    except asyncpg.UniqueViolationError:  # a reference that was drawn before
        return await _ask(desk, wish, request)


async def _ask(desk: Desk, wish: Wish, request: Once) -> dict[str, Any]:
    at, contact, request_id = desk.clock(), desk.contact(wish.email, wish.mobile), new_id()
    asked = domain.Request(
        id=request_id,
        reference=new_reference(),
        wards=wish.wards,
        ward_set=desk.areas.by_code[wish.wards[0]].set,
        hours=wish.hours,
        asked_at=at,
        light=wish.light,
        officer_sex=wish.officer_sex,
        language=wish.language,
        needs=wish.needs,
        companions=wish.companions,
    )
    asking = store.requests.Asking(contact, desk.sealing.close(request_id, wish.person))
    async with desk.database.transaction() as connection:
        if kept := await idempotency.replay(connection, request):
            return kept
        domain.require_within(desk.limits, await store.requests.tried(connection, contact, at))
        fallen = await store.people.fallen(connection, contact)
        asked = replace(asked, priority=domain.amends.due(fallen, at))
        await store.requests.add(connection, asked, asking)
        if wish.by:
            await store.people.audit(
                connection,
                actor=wish.by,
                action="request.asked_for_her",
                subjects=[f"request {request_id}"],
                reason="she asked in person or by telephone",
            )
        source = "assisted" if wish.by else "online"
        await outbox.append(connection, *domain.requests.ask(asked, source))
        answer = request_answers.hers(desk, asked, None, None)
        await idempotency.keep(connection, request, answer)
    desk.log.info("request.asked", request=str(request_id))
    return answer


async def wish_of_link(desk: Desk, token: str) -> Standing:
    """The wish that a link leads to. Raises NotFound (forged), LinkOver (28 days after its end)."""
    claim = claim_of(token)
    async with desk.database.reading() as connection:
        found = await store.requests.find(connection, claim.walk_id)
        request = require_hers(desk, claim, found)
        offer = domain.offers.live(await store.offers.of_request(connection, request.id))
        slot = await store.offers.find_slot(connection, offer.slot_id) if offer else None
    return Standing(request, offer, slot)


async def contact_of_request(desk: Desk, request_id: UUID, reader: str) -> dict[str, Any]:
    """What a service needs to write to whoever asks, audited. Raises NotFound, also once it knows her not."""
    async with desk.database.transaction() as connection:
        request = await store.requests.find(connection, request_id)
        known = await store.requests.person(connection, desk.sealing, request_id)
        if request is None or known is None:
            raise NotFound("There is no contact for such a wish.")
        offer = domain.offers.live(await store.offers.of_request(connection, request_id))
        slot = await store.offers.find_slot(connection, offer.slot_id) if offer else None
        await store.people.audit(
            connection,
            actor=reader,
            action="contact.read",
            subjects=[f"request {request_id}"],
            reason="to write to the participant",
        )
    return request_answers.contact(desk, request, known[1], offer, slot)


async def standing_of_request(desk: Desk, request_id: UUID) -> dict[str, Any]:
    """How a wish stands, without who made it. Raises NotFound."""
    async with desk.database.reading() as connection:
        request = await store.requests.find(connection, request_id)
    if request is None:
        raise NotFound("There is no such wish.")
    return request_answers.standing(request)


async def withdraw_by_link(desk: Desk, token: str, request: Once) -> dict[str, Any]:
    """She no longer wishes it. Raises RequestOver, and as the link."""
    claim = claim_of(token)
    async with desk.database.transaction() as connection:
        if kept := await idempotency.replay(connection, request):
            return kept
        found = await store.requests.lock(connection, claim.walk_id)
        before = require_hers(desk, claim, found)
        after = await _end(desk, connection, before, "participant")
        answer = request_answers.hers(desk, after, None, None)
        await idempotency.keep(connection, request, answer)
    desk.log.info("request.ended", request=str(after.id), state=after.state.value)
    return answer


async def close_next_late(desk: Desk) -> bool:
    """Close one wish that nobody could meet in eight weeks; whether there was one."""
    before = desk.clock() - domain.requests.WAITS_AT_MOST
    async with desk.database.transaction() as connection:
        request_id = await store.requests.next_late(connection, before)
        found = await store.requests.lock(connection, request_id) if request_id else None
        if found is None:
            return False
        if found.state in domain.requests.OPEN:
            await _end(desk, connection, found, "too_late")
            desk.log.info("request.ended", request=str(found.id), state="closed")
    return True


async def _end(
    desk: Desk,
    connection: Connection,
    request: domain.Request,
    reason: Literal["participant", "too_late"],
) -> domain.Request:
    at = desk.clock()
    after, facts = domain.requests.withdraw(request, reason, at)
    offer = domain.offers.live(await store.offers.of_request(connection, request.id))
    if offer is not None:
        await store.offers.save(connection, domain.offers.lapse(offer, at))
        await store.offers.let_go(connection, offer)
    await store.requests.save(connection, after)
    await outbox.append(connection, *facts)
    return after


async def list_requests(desk: Desk, wanted: store.requests.Wanted) -> list[Waiting]:
    """Wishes by the hour of asking, each with its offers and why it waits."""
    async with desk.database.reading() as connection:
        found = await store.requests.list_requests(connection, wanted)
        offers = await store.offers.of_requests(connection, [each.id for each in found])
        wards = sorted({code for each in found for code in each.wards})
        candidates = await store.matching.candidates(connection, desk.clock(), wards=wards)
    return [_waiting(each, offers, candidates) for each in found]


def _waiting(
    request: domain.Request,
    offers: Mapping[UUID, Sequence[domain.Offer]],
    candidates: Sequence[domain.Candidate],
) -> Waiting:
    made = offers[request.id]
    if request.state not in domain.requests.WAITING:
        return Waiting(request, made, None)
    why = domain.requests.why_none(request, candidates, domain.offers.before(made))
    return Waiting(request, made, why)


def require_covers(who: Principal, request: domain.Request) -> None:
    """Raise Forbidden unless one of the wish's wards is the coordinator's."""
    if not any(who.covers(code) for code in request.wards):
        raise Forbidden("This wish is for none of your wards.")
