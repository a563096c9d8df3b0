"""The gateway for texts, asked over HTTP to take one at a time.

``POST`` to its address with ``{"id", "to", "text"}``, the message's id as ``Idempotency-Key`` as well, and a
bearer token: a vendor's own interface is put behind that by whoever runs it.
Invariant: 2xx decides; only a refusal of this text or its recipient for good (a 4xx that is not about
ourselves, nor about the hour) is final. Codes are told, never the gateway's words.
"""

from dataclasses import dataclass, field
from http import HTTPStatus
from uuid import UUID

import httpx

from notifications.domain.messages import Outcome

FOR_GOOD = range(400, 500)
# Of ourselves, or of the hour: to be put right, or to be tried again.
NOT_YET = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.PAYMENT_REQUIRED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.METHOD_NOT_ALLOWED,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.CONFLICT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)
ANSWER_SECONDS = 20


@dataclass(frozen=True, slots=True)
class TextMessage:
    """One text to one number (E.164)."""

    id: UUID
    to: str = field(repr=False)
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Texts:
    """Where texts are handed in; without ``url`` they wait."""

    http: httpx.AsyncClient
    url: str | None
    token: str | None = field(repr=False)

    async def send(self, message: TextMessage) -> Outcome:
        """Hand in one text."""
        if self.url is None:
            return Outcome("put-off", "texts-unset")
        headers = {"Idempotency-Key": str(message.id)}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        body = {"id": str(message.id), "to": message.to, "text": message.text}
        try:
            answer = await self.http.post(
                self.url, json=body, headers=headers, timeout=ANSWER_SECONDS
            )
        except (httpx.HTTPError, OSError):
            return Outcome("put-off", "texts-away")
        return Outcome("delivered") if answer.is_success else _unsent(answer.status_code)


def _unsent(status: int) -> Outcome:
    final = status in FOR_GOOD and status not in NOT_YET
    return Outcome("refused" if final else "put-off", f"texts-{status}")
