"""Tokens checked against the keys of an OpenID Connect issuer.

Invariant: a token counts only with RS256 or ES256, the issuer's own key, issuer, audience, and
within its times (RFC 7519, RFC 9068). Keys are fetched when first needed and again for a key id not
seen before, at most once in a while; what was fetched keeps working while the issuer is away.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from shared.clock import Clock
from shared.errors import NotSignedIn, Unavailable
from shared.trust import trusted

ALGORITHMS = ("RS256", "ES256")
LEEWAY_SECONDS = 30
FETCH_SECONDS = 5.0
# How long between two fetches for a key id that nobody knows, after a failure, and at the latest.
RETRY_SECONDS = 5.0
UNKNOWN_KEY_SECONDS = 30.0
REFRESH_SECONDS = 3600.0

Key = RSAKey | ECKey


class TokenRefused(NotSignedIn):
    """The token is expired, forged, or was made for somebody else."""

    slug = "token-refused"

    @property
    def headers(self) -> dict[str, str]:
        return {"WWW-Authenticate": 'Bearer error="invalid_token"'}


class IssuerAway(Unavailable):
    """The sign-in service does not answer just now: try again shortly."""

    slug = "issuer-away"


@dataclass(frozen=True, slots=True)
class Known:
    """What the issuer said of itself: its metadata (OIDC Discovery) and its keys by id."""

    metadata: Mapping[str, Any]
    keys: Mapping[str | None, Key]
    fetched: float


class Issuer:
    """One issuer, as one app knows it."""

    def __init__(self, url: str, clock: Clock) -> None:
        self.url = url
        self._clock = clock
        self._known: Known | None = None
        self._tried = float("-inf")
        self._looked_again = float("-inf")
        self._lock = asyncio.Lock()

    async def metadata(self) -> Mapping[str, Any]:
        """The discovery document; raises IssuerAway when it cannot be had."""
        return (await self._know()).metadata

    async def verify(self, token: str, audience: str) -> Mapping[str, Any]:
        """The claims of a token meant for ``audience``; raises TokenRefused or IssuerAway."""
        key = await self._key(_key_id(token))
        try:
            claims = jwt.decode(token, key, algorithms=list(ALGORITHMS)).claims
            self._registry(audience).validate(claims)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise TokenRefused from error
        if not isinstance(claims["sub"], str):
            raise TokenRefused
        return claims

    def _registry(self, audience: str) -> jwt.JWTClaimsRegistry:
        return jwt.JWTClaimsRegistry(
            now=lambda: int(self._clock().timestamp()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self.url},
            aud={"essential": True, "value": audience},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )

    async def _key(self, key_id: str | None) -> Key:
        known = await self._know()
        key = _find(known, key_id)
        if key is None and time.monotonic() - self._looked_again > UNKNOWN_KEY_SECONDS:
            self._looked_again = time.monotonic()
            key = _find(await self._know(newer_than=known.fetched), key_id)
        if key is None:
            raise TokenRefused
        return key

    async def _know(self, newer_than: float = float("-inf")) -> Known:
        """What is known, fetched first where it is missing, older than asked for, or stale."""
        if self._fresh(newer_than):
            assert self._known is not None
            return self._known
        async with self._lock:
            if not self._fresh(newer_than) and time.monotonic() - self._tried > RETRY_SECONDS:
                self._tried = time.monotonic()
                try:
                    self._known = await _fetch(self.url)
                    self._tried = float("-inf")
                except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError):
                    pass  # what is known goes on; with nothing known, the answer below is 503
        if self._known is None:
            raise IssuerAway
        return self._known

    def _fresh(self, newer_than: float) -> bool:
        known = self._known
        if known is None or known.fetched <= newer_than:
            return False
        return time.monotonic() - known.fetched < REFRESH_SECONDS


def _key_id(token: str) -> str | None:
    try:
        header = jws.extract_compact(token.encode()).headers()
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise TokenRefused from error
    key_id = header.get("kid")
    if header.get("alg") not in ALGORITHMS or not isinstance(key_id, str | None):
        raise TokenRefused
    return key_id


def _find(known: Known, key_id: str | None) -> Key | None:
    """The key by its id; a token that names none is checked with the only key there is."""
    if key_id is None and len(known.keys) == 1:
        return next(iter(known.keys.values()))
    return known.keys.get(key_id)


async def _fetch(url: str) -> Known:
    async with httpx.AsyncClient(verify=trusted(), timeout=FETCH_SECONDS) as http:
        document = await http.get(f"{url.rstrip('/')}/.well-known/openid-configuration")
        metadata = document.raise_for_status().json()
        if metadata["issuer"] != url:
            message = "the discovery document is of another issuer"
            raise ValueError(message)
        answer = await http.get(metadata["jwks_uri"])
        listed = answer.raise_for_status().json()["keys"]
    keys = {found.get("kid"): key for found in listed if (key := _key_from(found)) is not None}
    return Known(metadata, keys, time.monotonic())


def _key_from(found: Mapping[str, Any]) -> Key | None:
    """A key as joserfc holds it, which verifies nothing with one for encryption; None for odd kinds."""
    kinds: Mapping[Any, type[Key]] = {"RSA": RSAKey, "EC": ECKey}
    kind = kinds.get(found.get("kty"))
    try:
        return None if kind is None else kind.import_key(dict(found))
    except (JoseError, ValueError, TypeError, KeyError):
        return None
