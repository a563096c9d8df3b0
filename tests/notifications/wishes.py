"""Wishes as notifications' tests make them: what booking says of one, and what is heard of it."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from shared.events import Fact, Received, requests
from tests.factories import START
from tests.notifications.desk import WARD, Desk
from tests.notifications.doubles import EMAIL, NAME

DAY = timedelta(days=1)
ATTENTION_AT = START + 3 * DAY
ANSWER_BY = START + timedelta(hours=12)
WISH_URL = "http://127.0.0.1:8080/booking/wish/planted-capability"

_KINDS: dict[str, tuple[type[Fact], dict[str, Any]]] = {
    "requested": (
        requests.WalkRequested,
        {"mode": "preference", "bands": ["16"], "light": "dark", "has_needs": False}
        | {"source": "online", "attention_at": ATTENTION_AT},
    ),
    "waitlisted": (requests.RequestWaitlisted, {"reason": "no_slot", "ahead": "none"}),
    "declined": (requests.RequestWaitlisted, {"reason": "declined", "ahead": "none"}),
    "expired": (requests.RequestWaitlisted, {"reason": "expired", "ahead": "none"}),
    "offered": (requests.OfferMade, {"offer_no": 1, "expires_at": ANSWER_BY, "borrowed": False}),
    "withdrawn": (requests.RequestWithdrawn, {"reason": "participant"}),
    "closed": (requests.RequestWithdrawn, {"reason": "too_late"}),
}


def heard_of(
    kind: str, request_id: UUID | None = None, *, sequence: int = 1, **changes: Any
) -> Received:
    """An event of a wish that was asked at START."""
    fact, own = _KINDS[kind]
    made = fact(**({"wards": [WARD]} | own | changes))
    key = str(request_id or uuid4())
    return Received(uuid4(), made.topic, made.type, key, sequence, START, made)


def a_wish(**changes: Any) -> dict[str, Any]:
    """What booking says of a wish that waits, changed."""
    return {
        "state": "waitlisted",
        "priority": False,
        "email": EMAIL,
        "name": NAME,
        "manage_url": WISH_URL,
        "force_phone": "101",
        "offer": None,
    } | changes


def an_offer(**changes: Any) -> dict[str, Any]:
    """What booking says of a wish with its first offer, changed."""
    starts_at = START + 2 * DAY
    offer = {
        "number": 1,
        "expires_at": ANSWER_BY.isoformat(),
        "slot": {
            "starts_at": starts_at.isoformat(),
            "ends_at": (starts_at + timedelta(minutes=30)).isoformat(),
            "ward": {"code": WARD.code, "name": "Mere End", "set": WARD.set},
            "near": "the old mill",
        },
        "officer": {"display_name": "PC Jo Hart"},
    }
    return a_wish(state="offered", offer=offer | changes)


def a_standing(**changes: Any) -> dict[str, Any]:
    """What booking says to whoever need not know who asked."""
    return {"state": "waitlisted", "asked_at": START.isoformat(), "wards": [WARD.code]} | changes


async def asks(desk: Desk) -> UUID:
    """Somebody has asked for a walk, and waits; booking says so too."""
    request_id = uuid4()
    desk.booking.wishes[request_id] = a_wish()
    desk.booking.standings[request_id] = a_standing()
    await desk.hears(heard_of("requested", request_id))
    return request_id
