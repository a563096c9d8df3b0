"""Booking, asked at the moment of sending for what a walk is now and whom to write to.

Invariant: the answer is used once and kept nowhere; an answer that cannot be used raises
BookingSilent, which says why by a code and quotes nothing.
"""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

import httpx
from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints, ValidationError

from notifications.domain.messages import WalkNow
from shared.auth.tokens import NoToken, ServiceTokens

AUDIENCE = "booking"


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


class _Contact(_Sent):
    state: str
    sequence: int
    email: str
    name: str
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    meeting_point: _Place
    officer: _Officer
    next_steps: tuple[str, ...]
    initiator: str | None = None
    missing_party: str | None = None
    manage_url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s<>\"]+$")]


class Booking:
    """Booking's contact lookup, which booking audits by walk."""

    def __init__(self, http: httpx.AsyncClient, tokens: ServiceTokens, url: str) -> None:
        """``url`` is booking's origin, without a path."""
        self._http = http
        self._tokens = tokens
        self._url = url.rstrip("/")

    async def walk_now(self, walk_id: UUID) -> WalkNow | None:
        """The walk and its participant at this moment; None when booking has erased them.

        Raises BookingSilent.
        """
        try:
            token = await self._tokens.bearer(AUDIENCE)
            answer = await self._http.get(
                f"{self._url}/booking/v1/walks/{walk_id}/contact",
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
            return _walk_now(_Contact.model_validate_json(answer.content))
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
        name=sent.name,
        place=sent.meeting_point.name,
        officer=sent.officer.display_name,
        force_phone=sent.officer.force_phone,
        next_steps=sent.next_steps,
        manage_url=sent.manage_url,
    )
