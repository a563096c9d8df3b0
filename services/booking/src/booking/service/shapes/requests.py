"""Wishes and offers as they are answered.

Invariant: an offer does not say where they meet; a wish names nobody.
"""

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from booking import domain
from booking.service.shapes.values import (
    Companions,
    Cursor,
    Id,
    Instant,
    Link,
    Reference,
    ReturnCode,
    Wall,
    WardCode,
    Weekday,
    one_of,
)
from booking.service.shapes.walks import SlotJson

Why = Annotated[list[str], Field(examples=[["PC Robin Example has the fewest walks that week."]])]

HoursJson = TypedDict("HoursJson", {"days": list[Weekday], "from": Wall, "to": Wall})


class OfferedOfficer(TypedDict):
    """Who would walk with her."""

    display_name: Annotated[str, Field(examples=["PC Robin Example"])]


class OfferShown(TypedDict):
    """A slot that waits for her answer; ``why`` says why this officer."""

    number: Annotated[int, Field(ge=1, examples=[1])]
    expires_at: Instant
    slot: SlotJson
    officer: OfferedOfficer
    why: Why


class RequestShown(TypedDict):
    """What was wished, and how it stands."""

    id: Id
    reference: Reference
    state: Annotated[str, one_of(domain.RequestState)]
    reason: domain.requests.Reason | None
    asked_at: Instant
    wards: list[WardCode]
    hours: list[HoursJson]
    light: domain.requests.Lightness
    officer_sex: Literal["female"] | None
    language: Annotated[str | None, Field(examples=["cy"])]
    needs: Annotated[list[str], Field(examples=[["wheelchair"]])]
    companions: Companions


class OfferedRequest(RequestShown):
    """A wish to which an offer has just been made."""

    offer: OfferShown


class HerRequest(RequestShown):
    """A wish as she who made it sees it; by ``answer_by`` she has a walk, or hears that none was found."""

    answer_by: Instant
    offer: OfferShown | None
    manage_url: Link
    return_code: ReturnCode


class PastOffer(TypedDict):
    """An offer, and what came of it."""

    number: Annotated[int, Field(ge=1, examples=[1])]
    slot_id: Id
    state: Annotated[str, one_of(domain.offers.OfferState)]
    expires_at: Instant
    why: Why


class StaffRequest(RequestShown):
    """A wish as coordinators see it: how old it is, why it waits, what came of its offers."""

    priority: bool
    age_hours: Annotated[float, Field(examples=[26.5])]
    needs_attention: bool
    why: domain.requests.Reason | None
    why_in_words: Annotated[
        str | None, Field(examples=["No slot is open in these wards, hours and light."])
    ]
    offers: list[PastOffer]


class RequestPage(TypedDict):
    """A page of wishes."""

    items: list[StaffRequest]
    next: Cursor
