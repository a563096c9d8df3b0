"""Booking, asked at the moment of sending for what a walk is now and whom to write to.

Invariant: the answer is used once and kept nowhere; an answer that cannot be used raises
BookingSilent, which says why by a code and quotes nothing.
"""

from collections.abc import Callable
from datetime import time
from http import HTTPStatus
from typing import Annotated, Self, TypeVar
from uuid import UUID

import httpx
from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from notifications.domain.messages import WalkNow
from notifications.domain.safe_contact import NOT_ASKED, SafeContact
from notifications.domain.wishes import OfferNow, Standing, WishNow
from shared.auth.tokens import NoToken, ServiceTokens

AUDIENCE = "booking"

T = TypeVar("T")
Mobile = Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{6,14}$")]
Link = Annotated[str, StringConstraints(pattern=r"^https?://[^\s<>\"]+$")]


class BookingSilent(Exception):
    """Booking does not answer, or not in a way that can be used: ask again later."""


class _Sent(BaseModel):
    """What booking sends may grow; what is read here is this."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class _Place(_Sent):
    name: str


class _Officer(_Sent):
    display_name: str
    force_phone: str


class _SafeContact(_Sent):
    begin: time | None = Field(alias="from")
    end: time | None = Field(alias="to")
    neutral: bool


class _Reached(_Sent):
    """How she is reached: by mail, or else by texts."""

    email: str | None
    mobile: Mobile | None = None
    safe_contact: _SafeContact | None = None

    @model_validator(mode="after")
    def _by_one(self) -> Self:
        if (self.email is None) == (self.mobile is None):
            raise ValueError("must be one of the two")
        return self


class _Contact(_Reached):
    state: str
    sequence: int
    name: str
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    meeting_point: _Place
    officer: _Officer
    next_steps: tuple[str, ...]
    initiator: str | None = None
    missing_party: str | None = None
    manage_url: Link
    calendar_url: Link | None = None
    safe_word: str | None = None
    first_until: AwareDatetime | None = None


class _Ward(_Sent):
    name: str


class _Named(_Sent):
    display_name: str


class _Slot(_Sent):
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    ward: _Ward
    near: str


class _Offer(_Sent):
    number: int
    expires_at: AwareDatetime
    slot: _Slot
    officer: _Named


class _WishContact(_Reached):
    state: str
    priority: bool
    name: str
    force_phone: str
    manage_url: Link
    offer: _Offer | None


class _Standing(_Sent):
    state: str
    asked_at: AwareDatetime
    wards: tuple[str, ...]


class Booking:
    """What booking says of a walk or a wish at this moment; it audits each reading of a contact."""

    def __init__(self, http: httpx.AsyncClient, tokens: ServiceTokens, url: str) -> None:
        """``url`` is booking's origin, without a path."""
        self._http = http
        self._tokens = tokens
        self._url = url.rstrip("/")

    async def walk_now(self, walk_id: UUID) -> WalkNow | None:
        """The walk and its participant at this moment; None when booking has erased them.

        Raises BookingSilent.
        """
        return await self._read(
            f"walks/{walk_id}/contact", lambda sent: _walk_now(_Contact.model_validate_json(sent))
        )

    async def wish_now(self, request_id: UUID) -> WishNow | None:
        """The wish and who made it; None when booking knows her by it no longer. Raises BookingSilent."""
        return await self._read(
            f"requests/{request_id}/contact",
            lambda sent: _wish_now(_WishContact.model_validate_json(sent)),
        )

    async def standing_of(self, request_id: UUID) -> Standing | None:
        """How the wish stands, without who made it; None when there is none. Raises BookingSilent."""
        return await self._read(
            f"requests/{request_id}/standing",
            lambda sent: _standing(_Standing.model_validate_json(sent)),
        )

    async def _read(self, path: str, read: Callable[[bytes], T]) -> T | None:
        try:
            token = await self._tokens.bearer(AUDIENCE)
            answer = await self._http.get(
                f"{self._url}/booking/v1/{path}",
                headers={"Authorization": f"Bearer {token}"},
            )
        except (httpx.HTTPError, OSError, NoToken) as error:
            raise BookingSilent(type(error).__name__) from None
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return None
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            self._tokens.forget(AUDIENCE)
        if answer.status_code != HTTPStatus.OK:
            raise BookingSilent(f"status {answer.status_code}")
        try:
            return read(answer.content)
        except ValidationError:
            raise BookingSilent("unreadable") from None


def _walk_now(sent: _Contact) -> WalkNow:
    return WalkNow(
        state=sent.state,
        sequence=sent.sequence,
        starts_at=sent.starts_at,
        ends_at=sent.ends_at,
        cancelled_by=sent.initiator,
        missing_party=sent.missing_party,
        email=sent.email,
        mobile=sent.mobile,
        name=sent.name,
        place=sent.meeting_point.name,
        officer=sent.officer.display_name,
        force_phone=sent.officer.force_phone,
        next_steps=sent.next_steps,
        manage_url=sent.manage_url,
        calendar_url=sent.calendar_url,
        safe_word=sent.safe_word,
        first_until=sent.first_until,
        safe_contact=_rules(sent.safe_contact),
    )


def _wish_now(sent: _WishContact) -> WishNow:
    return WishNow(
        state=sent.state,
        priority=sent.priority,
        offer=_offer_now(sent.offer) if sent.offer else None,
        email=sent.email,
        mobile=sent.mobile,
        name=sent.name,
        force_phone=sent.force_phone,
        manage_url=sent.manage_url,
        safe_contact=_rules(sent.safe_contact),
    )


def _rules(sent: _SafeContact | None) -> SafeContact:
    if sent is None:
        return NOT_ASKED
    hours = (sent.begin, sent.end) if sent.begin is not None and sent.end is not None else None
    return SafeContact(hours, sent.neutral)


def _offer_now(sent: _Offer) -> OfferNow:
    return OfferNow(
        number=sent.number,
        expires_at=sent.expires_at,
        starts_at=sent.slot.starts_at,
        ends_at=sent.slot.ends_at,
        ward=sent.slot.ward.name,
        near=sent.slot.near,
        officer=sent.officer.display_name,
    )


def _standing(sent: _Standing) -> Standing:
    return Standing(sent.state, sent.asked_at, sent.wards)
