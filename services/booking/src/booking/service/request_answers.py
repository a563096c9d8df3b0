"""Wishes and offers as JSON, to her and to coordinators.

Invariant: an offer does not say where they meet before it is accepted; an answer to staff names no
participant.
"""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any

from booking import domain
from booking.service import answers
from booking.service.desk import Desk
from booking.service.roster_answers import WEEKDAYS
from booking.service.shapes import (
    HerRequest,
    OfferedRequest,
    OfferShown,
    RequestShown,
    StaffRequest,
)

MIDNIGHT = time()
WHY = {
    "no_slot": "No slot is open in these wards, hours and light.",
    "no_woman": "No woman has a slot then: the wish for one is not set aside.",
    "needs": "No officer with a slot then brings what is needed.",
    "declined": "She declined what there is.",
    "expired": "She did not answer the offer of what there is.",
}


def hers(
    desk: Desk, request: domain.Request, offer: domain.Offer | None, slot: domain.Slot | None
) -> dict[str, Any]:
    """A wish as she who made it sees it."""
    shown: HerRequest = {
        **_request(request),
        "answer_by": answers.instant(request.answer_by),
        "offer": _offer(offer, slot) if offer and slot else None,
        "manage_url": desk.wish_url(request),
        "return_code": desk.wish_code(request),
    }
    return dict(shown)


def contact(
    desk: Desk,
    request: domain.Request,
    person: domain.Person,
    offer: domain.Offer | None,
    slot: domain.Slot | None,
) -> dict[str, Any]:
    """What notifications needs to write to whoever made a wish: nothing of what she needs."""
    return {
        "state": request.state.value,
        "priority": request.priority,
        "email": person.email,
        "mobile": person.mobile,
        "name": person.name,
        "safe_contact": answers.safe_contact(person),
        "manage_url": desk.wish_url(request),
        "force_phone": desk.limits.phone,
        "offer": _offer(offer, slot) if offer and slot else None,
    }


def standing(request: domain.Request) -> dict[str, Any]:
    """How a wish stands, for whoever is told that it waits."""
    return {
        "state": request.state.value,
        "asked_at": answers.instant(request.asked_at),
        "wards": list(request.wards),
    }


def offered(request: domain.Request, offer: domain.Offer, slot: domain.Slot) -> dict[str, Any]:
    """A wish to which a coordinator has just made an offer."""
    shown: OfferedRequest = {**_request(request), "offer": _offer(offer, slot)}
    return dict(shown)


def staffs(
    request: domain.Request,
    offers: Sequence[domain.Offer],
    why: domain.requests.Reason | None,
    at: datetime,
) -> dict[str, Any]:
    """A wish as coordinators see it: how old it is, why it waits, what came of its offers."""
    shown: StaffRequest = {
        **_request(request),
        "priority": request.priority,
        "age_hours": round((at - request.asked_at).total_seconds() / 3600, 1),
        "needs_attention": request.waits_too_long(at),
        "why": why,
        "why_in_words": why and WHY[why],
        "offers": [
            {
                "number": each.number,
                "slot_id": str(each.slot_id),
                "state": each.state.value,
                "expires_at": answers.instant(each.expires_at),
                "why": list(each.why),
            }
            for each in offers
        ],
    }
    return dict(shown)


def hours_in_words(hours: Sequence[domain.WishedHours]) -> str:
    """``Tuesday, Friday 18:00 to 21:00``; several after a semicolon."""
    said = [
        f"{', '.join(WEEKDAYS[day - 1].capitalize() for day in each.days)}"
        f" {each.since:%H:%M} to {until(each)}"
        for each in hours
    ]
    return "; ".join(said)


def until(hours: domain.WishedHours) -> str:
    return f"{hours.until:%H:%M}" if hours.until != MIDNIGHT else "24:00"


def _request(request: domain.Request) -> RequestShown:
    return {
        "id": str(request.id),
        "reference": request.reference,
        "state": request.state.value,
        "reason": request.reason,
        "asked_at": answers.instant(request.asked_at),
        "wards": list(request.wards),
        "hours": [
            {
                "days": [WEEKDAYS[day - 1] for day in each.days],
                "from": f"{each.since:%H:%M}",
                "to": until(each),
            }
            for each in request.hours
        ],
        "light": request.light,
        "officer_sex": request.officer_sex,
        "language": request.language,
        "needs": list(request.needs),
        "companions": request.companions,
    }


def _offer(offer: domain.Offer, slot: domain.Slot) -> OfferShown:
    return {
        "number": offer.number,
        "expires_at": answers.instant(offer.expires_at),
        "slot": answers.public_slot(slot),
        "officer": {"display_name": slot.officer.display_name},
        "why": list(offer.why),
    }
