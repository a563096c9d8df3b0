"""Offers: made to whoever waited longest, accepted, declined, and the next one made. ``lapses`` ends them.

Invariant: locked in this order: the wish, the held walk, the slot with its officer. An offer is answered or
expires, once: both hold the wish's row. A place that is let go is free in the same transaction.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from booking import domain, store
from booking.service import answers, request_answers
from booking.service.claims import claim_of, require_hers
from booking.service.desk import Desk
from booking.service.lapses import lapse, let_go, release_expired
from booking.service.references import new_reference
from booking.service.requests import require_covers
from shared import idempotency, outbox
from shared.auth import Principal
from shared.clock import new_id
from shared.errors import Fault, Invalid, NotFound
from shared.idempotency import Once
from shared.phrases import Phrase
from shared.postgres import Connection

MATCHING = "booking"
A_MOMENT = timedelta(microseconds=1)


async def match_next(desk: Desk) -> bool:
    """Offer one slot to the first in the line that it fits, or put one new wish into the line.

    False when there is nothing to do.
    """
    gone = set[UUID]()
    while True:
        try:
            return await _match(desk, gone)
        except domain.SlotTaken:
            continue  # somebody was quicker: the slot is in ``gone`` and others may fit


async def _match(desk: Desk, gone: set[UUID]) -> bool:
    at = desk.clock()
    async with desk.database.transaction() as connection:
        line = await store.requests.waiting(connection)
        wards = sorted({code for each in line for code in each.wards})
        found = await store.matching.candidates(connection, at, wards=wards) if line else []
        candidates = [each for each in found if each.slot.id not in gone]
        offers = await store.offers.of_requests(connection, [each.id for each in line])
        for waits in line:
            match = domain.offers.choose(waits, candidates, offers[waits.id], at)
            if match is not None:
                gone.add(match.candidate.slot.id)
                return await _offer_first(desk, connection, waits, offers[waits.id], match)
        new = next((each for each in line if each.state is domain.RequestState.ASKED), None)
        if new is None:
            return False
        request = await store.requests.lock(connection, new.id)
        if request is None or request.state is not domain.RequestState.ASKED:
            return True  # another worker has put it there: look again
        reason = domain.requests.why_none(request, candidates, None)
        ahead = await store.requests.ahead_of(connection, request)
        after, facts = domain.requests.waitlist(request, reason, ahead, at)
        await store.requests.save(connection, after)
        await outbox.append(connection, *facts)
    desk.log.info("request.waitlisted", request=str(after.id), reason=reason)
    return True


async def _offer_first(
    desk: Desk,
    connection: Connection,
    waits: domain.Request,
    offers: list[domain.Offer],
    match: domain.Match,
) -> bool:
    request = await store.requests.lock(connection, waits.id)
    if (
        request
        and request == waits
        and offers == await store.offers.of_request(connection, waits.id)
    ):
        await _make(desk, connection, request, match, by=MATCHING)
    # Otherwise something became of it before it was locked: whoever calls looks again.
    return True


async def make_offer(
    desk: Desk, request_id: UUID, slot_id: UUID, who: Principal, request: Once
) -> dict[str, Any]:
    """A coordinator offers a slot. Raises Forbidden, RequestOver, DoesNotFit, SlotTaken, TooLate."""
    await release_expired(desk, slot_id)
    async with desk.database.transaction() as connection:
        if kept := await idempotency.replay(connection, request):
            return kept
        wish = await store.requests.lock(connection, request_id)
        if wish is None:
            raise NotFound("There is no such wish.")
        require_covers(who, wish)
        domain.offers.require_waiting(wish)
        candidate = await _candidate(connection, slot_id, desk.clock())
        who.must_cover(candidate.slot.ward.code)
        before = await store.offers.of_request(connection, wish.id)
        domain.offers.require_fits(wish, candidate, before, desk.clock())
        why = (Phrase(domain.whys.CHOSEN, officer=candidate.slot.officer.display_name),)
        match = domain.Match(candidate, why)
        after, offer = await _make(desk, connection, wish, match, by=who.subject)
        answer = request_answers.offered(after, offer, candidate.slot)
        await idempotency.keep(connection, request, answer)
    return answer


async def offerable(
    desk: Desk, request_id: UUID, who: Principal
) -> tuple[domain.Request, list[domain.Candidate]]:
    """A wish, and the slots of her wards that a coordinator may offer for it: what suits it first, by start.

    Raises NotFound, Forbidden, RequestOver.
    """
    at = desk.clock()
    async with desk.database.reading() as connection:
        wish = await store.requests.find(connection, request_id)
        if wish is None:
            raise NotFound("There is no such wish.")
        require_covers(who, wish)
        domain.offers.require_waiting(wish)
        found = await store.matching.candidates(connection, at)
        before = await store.offers.of_request(connection, wish.id)
    may_be = [
        each
        for each in found
        if who.covers(each.slot.ward.code) and domain.offers.fits(wish, each, before, at)
    ]
    return wish, sorted(may_be, key=lambda each: len(domain.offers.beside(wish, each)))


async def _candidate(connection: Connection, slot_id: UUID, at: datetime) -> domain.Candidate:
    slot = await store.offers.find_slot(connection, slot_id)
    if slot is None:
        raise Invalid(faults=[Fault("#/slot_id", "is no slot's")])
    since = slot.times.starts_at
    found = await store.matching.candidates(
        connection, at, wards=[slot.ward.code], since=since, until=since + A_MOMENT
    )
    candidate = next((each for each in found if each.slot.id == slot_id), None)
    if candidate is None:
        raise domain.SlotTaken
    return candidate


async def _make(
    desk: Desk, connection: Connection, request: domain.Request, match: domain.Match, *, by: str
) -> tuple[domain.Request, domain.Offer]:
    at, candidate = desk.clock(), match.candidate
    offers = await store.offers.of_request(connection, request.id)
    offer = domain.Offer(
        id=new_id(),
        request_id=request.id,
        number=len(offers) + 1,
        slot_id=candidate.slot.id,
        walk_id=new_id(),
        officer_id=candidate.slot.officer.id,
        why=match.why,
        borrowed=candidate.borrowed,
        made_by=by,
        made_at=at,
        expires_at=domain.offers.until(candidate, at),
    )
    after, facts = domain.offers.make(request, offer)
    found = await store.slots.lock_slot(connection, offer.slot_id)
    # Whoever had it meanwhile may have given it to another officer.
    if found is None or found[0].officer.id != offer.officer_id:
        raise domain.SlotTaken
    slot, policy = found
    ids = domain.NewWalk(offer.walk_id, new_id(), new_reference())
    held = domain.holds.hold(
        slot, policy, ids, offer.expires_at, desk.telling(at), request.companions
    )
    await store.holds.keep(connection, held, domain.kept_free(slot.times, policy))
    await store.offers.add(connection, offer)
    await store.requests.save(connection, after)
    await outbox.append(connection, *facts)
    desk.log.info("offer.made", request=str(request.id), offer=offer.number, by=by)
    return after, offer


async def accept_by_link(desk: Desk, token: str, request: Once) -> dict[str, Any]:
    """She takes the offer, and has a walk. Raises RequestOver, OfferOver, TooManyWalks, and as the link."""
    claim = claim_of(token)
    try:
        try:
            return await _accept(desk, claim, request)
        except asyncpg.DeadlockDetectedError:
            return await _accept(desk, claim, request)
    except domain.SlotTaken as taken:
        # The officer is away or another one, or the slot is withdrawn: what was offered cannot be kept.
        await lapse(desk, claim.walk_id)
        raise domain.OfferOver from taken


async def _accept(desk: Desk, claim: domain.Claim, request: Once) -> dict[str, Any]:
    at = desk.clock()
    async with desk.database.transaction() as connection:
        if kept := await idempotency.replay(connection, request):
            return kept
        found = await store.requests.lock(connection, claim.walk_id)
        wish = require_hers(desk, claim, found)
        offer = domain.offers.live(await store.offers.of_request(connection, wish.id))
        after, accepted = domain.offers.accept(wish, offer, at)
        walk = await _confirm(desk, connection, wish, accepted, at)
        await store.offers.save(connection, accepted)
        await store.requests.save(connection, after)
        answer = dict(answers.booked_walk(walk, desk.hers(walk)))
        await idempotency.keep(connection, request, answer)
    desk.log.info("walk.confirmed", walk=str(walk.id), ward=walk.ward.code, request=str(wish.id))
    return answer


async def _confirm(
    desk: Desk, connection: Connection, wish: domain.Request, offer: domain.Offer, at: datetime
) -> domain.Walk:
    """Book what an offer held, under the ids of its walk, by the same way as any booking."""
    held = await store.walks.lock_walk(connection, offer.walk_id)
    known = await store.requests.person(connection, desk.sealing, wish.id)
    if held is None or known is None:
        raise domain.SlotTaken
    contact, person = known
    found = await store.slots.lock_slot(connection, offer.slot_id, contact)
    if found is None or found[0].officer.id != offer.officer_id:
        raise domain.SlotTaken
    slot, policy = found
    await store.offers.let_go(connection, offer)
    ids = domain.NewWalk(held.id, held.shared_id, held.reference)
    telling, companions = desk.telling(at), wish.companions
    walk, facts = domain.book(
        slot, policy, ids, telling, asked_at=wish.asked_at, companions=companions
    )
    participant_id = new_id()
    joining = store.walks.Joining(
        participant_id, contact, desk.sealing.close(participant_id, person)
    )
    kept_free = domain.kept_free(slot.times, policy)
    tried = await store.walks.book(connection, walk, joining, kept_free)
    domain.require_within(desk.limits, tried)
    await outbox.append(connection, *facts)
    return walk


async def decline_by_link(desk: Desk, token: str, request: Once) -> dict[str, Any]:
    """She would rather not; she keeps her place, and this officer is not offered to her again."""
    claim, at = claim_of(token), desk.clock()
    async with desk.database.transaction() as connection:
        if kept := await idempotency.replay(connection, request):
            return kept
        found = await store.requests.lock(connection, claim.walk_id)
        wish = require_hers(desk, claim, found)
        offer = domain.offers.live(await store.offers.of_request(connection, wish.id))
        ahead = await store.requests.ahead_of(connection, wish)
        after, declined, facts = domain.offers.decline(wish, offer, ahead, at)
        await let_go(connection, after, declined, facts)
        answer = request_answers.hers(desk, after, None, None)
        await idempotency.keep(connection, request, answer)
    desk.log.info("offer.declined", request=str(wish.id), offer=declined.number)
    return answer
