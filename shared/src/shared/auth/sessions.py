"""The sign-in of a member of staff, kept in an encrypted cookie of this service alone.

Invariant: nothing is stored on our side; the cookie is HttpOnly, SameSite=Lax, bound to the
service's path, Secure where the origin is https, and worthless after eight hours.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from fastapi import Request
from starlette.responses import Response

from shared.auth.principal import Principal
from shared.auth.seals import Seal
from shared.clock import Clock
from shared.settings import ServiceSettings

COOKIE = "walkandtalk_session"
LASTS = timedelta(hours=8)
# Behind one origin; whoever signs out of one has left the desk, and so leaves them all.
SERVICES = ("booking", "concerns", "notifications", "reporting")


@dataclass(frozen=True, slots=True)
class Session:
    """Who has signed in, and the random id that form tokens are bound to."""

    id: str
    principal: Principal


class Sessions:
    """Reads and writes the cookie."""

    def __init__(self, name: str, settings: ServiceSettings, clock: Clock) -> None:
        self._path = f"/{name}"
        self._secure = settings.public_origin.startswith("https:")
        self._seal = Seal(settings.session_key, name, "session")
        self._clock = clock

    def read(self, request: Request) -> Session | None:
        """The session that the request's cookie holds, or None: none, not ours, or over."""
        sealed = request.cookies.get(COOKIE)
        content = self._seal.open(sealed) if sealed else None
        if content is None or content["ends"] <= self._clock().timestamp():
            return None
        principal = Principal(
            content["sub"],
            content["name"],
            frozenset(content["roles"]),
            frozenset(content["wards"]),
        )
        return Session(content["id"], principal)

    def begin(self, response: Response, principal: Principal) -> None:
        """Sign somebody in: sets the cookie on the answer."""
        content = {
            "id": secrets.token_urlsafe(16),
            "sub": principal.subject,
            "name": principal.name,
            "roles": sorted(principal.roles),
            "wards": sorted(principal.wards),
            "ends": int((self._clock() + LASTS).timestamp()),
        }
        response.set_cookie(
            COOKIE,
            self._seal.close(content),
            max_age=int(LASTS.total_seconds()),
            path=self._path,
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )

    def end(self, response: Response) -> None:
        """Sign out: forgets the cookie, also that of the other services."""
        for path in sorted({self._path, *(f"/{service}" for service in SERVICES)}):
            response.delete_cookie(
                COOKIE, path=path, secure=self._secure, httponly=True, samesite="lax"
            )
