"""A service's own tokens, for calling another: OAuth 2.0 client credentials (RFC 6749, 4.4).

Invariant: one token per audience is kept until shortly before it ends, and one request at a time
asks for the next, however many callers wait.
"""

import asyncio
import time
from dataclasses import dataclass

import httpx

from shared.errors import Unavailable
from shared.settings import ServiceSettings

RENEW_SECONDS = 30.0


class NoToken(Unavailable):
    """The sign-in service gave no token for calling another service."""

    slug = "no-token"


@dataclass(frozen=True, slots=True)
class _Held:
    token: str
    renew_at: float


class ServiceTokens:
    """Tokens of the service whose client the settings name."""

    def __init__(self, http: httpx.AsyncClient, settings: ServiceSettings) -> None:
        self._http = http
        self._settings = settings
        self._held: dict[str, _Held] = {}
        self._lock = asyncio.Lock()

    async def bearer(self, audience: str) -> str:
        """A token for calling the service named ``audience``; raises NoToken when there is none."""
        async with self._lock:
            held = self._held.get(audience)
            if held is None or time.monotonic() >= held.renew_at:
                held = await self._ask(audience)
                self._held[audience] = held
            return held.token

    def forget(self, audience: str) -> None:
        """Drop a token that its audience refused, so that the next call asks for another."""
        self._held.pop(audience, None)

    async def _ask(self, audience: str) -> _Held:
        settings = self._settings
        issuer = settings.oidc_issuer.rstrip("/")
        try:
            found = await self._http.get(f"{issuer}/.well-known/openid-configuration")
            answer = await self._http.post(
                found.raise_for_status().json()["token_endpoint"],
                data={"grant_type": "client_credentials", "audience": audience},
                auth=httpx.BasicAuth(settings.oidc_client_id, settings.oidc_client_secret),
            )
            body = answer.raise_for_status().json()
            lasts = float(body.get("expires_in", 60))
            return _Held(str(body["access_token"]), time.monotonic() + lasts - RENEW_SECONDS)
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise NoToken from error
