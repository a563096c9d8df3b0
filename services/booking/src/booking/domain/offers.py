"""Offers: a slot kept for a wish until an hour, and what she may answer.

Invariant: a wish has at most one offer open; an officer that she declined is not offered to her again, nor
is a slot that she let go, and whoever waited longest comes first at each slot.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal
from uuid import UUID

from booking.domain.facts import Facts
from booking.domain.matching import Candidate, Lack, Match, lacking, lacks, match
from booking.domain.refusals import DoesNotFit, OfferOver, RequestOver, TooLate
from booking.domain.requests import (
    WAITING,
    Reason,
    Request,
    RequestState,
    require_open,
    told,
    waitlist,
)
from shared.events.requests import OfferExpired, OfferMade

ANSWER_WITHIN = timedelta(hours=12)
LEAST_TO_ANSWER = timedelta(minutes=30)

Beside = Literal["ward", "light", "hours"]


class OfferState(StrEnum):
    """Where an offer stands. ``made`` waits for her answer."""

    MADE = "made"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Offer:
    """A slot kept for a wish by a held walk, and why its officer; ``number`` counts the wish's offers."""

    id: UUID
    request_id: UUID
    number: int
    slot_id: UUID
    walk_id: UUID
    officer_id: UUID
    why: tuple[str, ...]
    borrowed: bool
    made_by: str
    made_at: datetime
    expires_at: datetime
    state: OfferState = OfferState.MADE
    answered_at: datetime | None = None


def choose(
    request: Request, candidates: Sequence[Candidate], offers: Sequence[Offer], at: datetime
) -> Match | None:
    """The slot to offer: the next officer's before one whose offer she let expire."""
    free = [
        each
        for each in candidates
        if request.suits(each.slot.times)
        and each.slot.id not in {offer.slot_id for offer in offers}
        and not declined(offers, each.slot.officer.id)
        and until(each, at) - at >= LEAST_TO_ANSWER
    ]
    seen = {offer.officer_id for offer in offers}
    found = sorted(
        match(free, request.to_be_met), key=lambda each: each.candidate.slot.officer.id in seen
    )
    return found[0] if found else None


def until(candidate: Candidate, at: datetime) -> datetime:
    """When an offer of a slot expires: never later than it could still be booked."""
    return min(at + ANSWER_WITHIN, candidate.slot.times.starts_at - candidate.notice)


def require_fits(
    request: Request, candidate: Candidate, offers: Sequence[Offer], at: datetime
) -> None:
    """Raise DoesNotFit unless the officer brings what is needed, whoever makes the offer; or TooLate.

    A coordinator may offer another ward, light or hour: she can decline it.
    """
    lack: tuple[Lack, ...] = lacks(candidate.traits, request.to_be_met)
    if "room" in lacking(candidate, request.to_be_met):
        lack = (*lack, "room")
    if lack:
        raise DoesNotFit(lacks=list(lack))
    if declined(offers, candidate.slot.officer.id):
        raise DoesNotFit("She has declined this officer.", lacks=[])
    if until(candidate, at) - at < LEAST_TO_ANSWER:
        raise TooLate("This slot is too near: she would have no time to answer.")


def fits(request: Request, candidate: Candidate, offers: Sequence[Offer], at: datetime) -> bool:
    """Whether a coordinator may offer a slot."""
    try:
        require_fits(request, candidate, offers, at)
    except (DoesNotFit, TooLate):
        return False
    return True


def beside(request: Request, candidate: Candidate) -> tuple[Beside, ...]:
    """In what a slot is beside her wish; she can decline it."""
    found = lacking(candidate, request.to_be_met)
    said = tuple[Beside, ...](each for each in ("ward", "light") if each in found)
    return said if request.suits(candidate.slot.times) else (*said, "hours")


def declined(offers: Sequence[Offer], officer_id: UUID) -> bool:
    """Whether she has declined an officer."""
    return any(
        offer.state is OfferState.DECLINED and offer.officer_id == officer_id for offer in offers
    )


def before(offers: Sequence[Offer]) -> Reason | None:
    """What came of the last offer, where nothing did."""
    if not offers or offers[-1].state not in (OfferState.DECLINED, OfferState.EXPIRED):
        return None
    return "declined" if offers[-1].state is OfferState.DECLINED else "expired"


def make(request: Request, offer: Offer) -> tuple[Request, Facts]:
    """The wish with an offer. Raises RequestOver unless it waits for one."""
    require_waiting(request)
    facts = told(
        OfferMade,
        request,
        offer.made_at,
        offer_no=offer.number,
        expires_at=offer.expires_at,
        borrowed=offer.borrowed,
    )
    return replace(request, state=RequestState.OFFERED, reason=None), facts


def require_waiting(request: Request) -> None:
    """Raise RequestOver unless a wish waits for an offer."""
    if request.state not in WAITING:
        raise RequestOver(
            f"The wish is {request.state}: no offer can be made now.", state=request.state.value
        )


def accept(request: Request, offer: Offer | None, at: datetime) -> tuple[Request, Offer]:
    """She takes it. Raises OfferOver. What is told is that her walk is confirmed."""
    offer = require_made(request, offer)
    if at >= offer.expires_at:
        raise OfferOver
    after = replace(request, state=RequestState.CONFIRMED, closed_at=at)
    return after, replace(offer, state=OfferState.ACCEPTED, answered_at=at)


def decline(
    request: Request, offer: Offer | None, ahead: int, at: datetime
) -> tuple[Request, Offer, Facts]:
    """She would rather not, and need not say why; she keeps her place. Raises OfferOver."""
    offer = require_made(request, offer)
    after, facts = waitlist(request, "declined", ahead, at)
    return after, replace(offer, state=OfferState.DECLINED, answered_at=at), facts


def expire(
    request: Request, offer: Offer | None, ahead: int, at: datetime
) -> tuple[Request, Offer, Facts]:
    """It was not answered, or can no longer be kept; she keeps her place. Raises OfferOver."""
    offer = require_made(request, offer)
    expired = told(OfferExpired, request, at, offer_no=offer.number)
    after, facts = waitlist(request, "expired", ahead, at)
    return after, lapse(offer, at), expired + facts


def lapse(offer: Offer, at: datetime) -> Offer:
    """An offer that ends because its wish does."""
    return replace(offer, state=OfferState.EXPIRED, answered_at=at)


def require_made(request: Request, offer: Offer | None) -> Offer:
    """The offer that waits for her answer. Raises RequestOver, OfferOver."""
    require_open(request)
    if offer is None or offer.state is not OfferState.MADE:
        raise OfferOver
    return offer


def live(offers: Sequence[Offer]) -> Offer | None:
    """The offer of these that waits for an answer."""
    return next((offer for offer in offers if offer.state is OfferState.MADE), None)
