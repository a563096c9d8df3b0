"""Notifications over HTTP: the overdue alarm that does not wait for Kafka.

Invariant: a report is done only when notifications has answered it with a 2xx; anything else, and
silence, is tried again by whoever calls.
"""

import httpx
from structlog.typing import FilteringBoundLogger

from booking.domain import Report
from shared.auth.tokens import ServiceTokens
from shared.errors import Unavailable

TIMEOUT_SECONDS = 5.0
UNAUTHORIZED = 401
AUDIENCE = "notifications"


class Notifications:
    """The other service's desk for overdue walks."""

    def __init__(
        self, http: httpx.AsyncClient, tokens: ServiceTokens, url: str, log: FilteringBoundLogger
    ) -> None:
        self._http = http
        self._tokens = tokens
        self._url = f"{url.rstrip('/')}/notifications/v1/overdue-walks"
        self._log = log

    async def tell(self, report: Report) -> bool:
        """Report an overdue walk; whether it was answered."""
        try:
            answer = await self._http.post(
                self._url,
                json={
                    "event_id": str(report.event_id),
                    "walk_id": str(report.walk_id),
                    "ward": {"code": report.ward_code, "set": report.ward_set},
                    "due_at": report.due_at.isoformat(),
                    "missing": report.missing,
                },
                headers={"Authorization": f"Bearer {await self._tokens.bearer(AUDIENCE)}"},
                timeout=TIMEOUT_SECONDS,
            )
        except (httpx.HTTPError, Unavailable) as error:
            self._log.warning("overdue.not_reported", error=type(error).__name__)
            return False
        if answer.status_code == UNAUTHORIZED:
            self._tokens.forget(AUDIENCE)
        if not answer.is_success:
            self._log.warning("overdue.not_reported", status=answer.status_code)
        return answer.is_success
