"""Signing in at the issuer: authorization code with PKCE (RFC 7636, OpenID Connect Core 3.1).

Invariant: what was begun here is remembered in a sealed cookie of ten minutes, and only an answer
with its state, its nonce and its verifier ends in a session; where to go next is a path of this
origin, never another address.
"""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from fastapi import Request
from starlette.responses import RedirectResponse, Response

from shared.auth.issuer import FETCH_SECONDS, Issuer, IssuerAway, TokenRefused
from shared.auth.principal import Principal, principal_of
from shared.auth.seals import Seal
from shared.clock import Clock
from shared.errors import Refusal
from shared.settings import ServiceSettings
from shared.trust import trusted

COOKIE = "walkandtalk_sign_in"
LASTS = timedelta(minutes=10)


class SignInFailed(Refusal):
    """Signing in did not work: start again."""

    status, slug = 400, "sign-in-failed"


def safe_path(path: str | None, otherwise: str) -> str:
    """A path of this origin to go on to; what could lead elsewhere becomes ``otherwise``."""
    if path is None or not path.startswith("/") or not path.isprintable() or "\\" in path:
        return otherwise
    try:
        parts = urlsplit(path)
    except ValueError:
        return otherwise
    return otherwise if parts.scheme or parts.netloc or path.startswith("//") else path


class SignIn:
    """The way to the issuer and back, for one service."""

    def __init__(self, name: str, settings: ServiceSettings, issuer: Issuer, clock: Clock) -> None:
        self._name = name
        self._settings = settings
        self._issuer = issuer
        self._clock = clock
        self._seal = Seal(settings.session_key, name, "sign-in")
        self._origin = settings.public_origin.rstrip("/")
        self._back = f"{self._origin}/{name}/signed-in"

    async def begin(self, following: str | None, *, again: bool) -> Response:
        """Send the browser to the issuer; ``again`` asks it not to take the person for granted."""
        metadata = await self._issuer.metadata()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        question = {
            "response_type": "code",
            "client_id": self._settings.oidc_client_id,
            "redirect_uri": self._back,
            "scope": "openid profile",
            "state": state,
            "nonce": nonce,
            "code_challenge": _challenge(verifier),
            "code_challenge_method": "S256",
        } | ({"prompt": "login"} if again else {})
        response = RedirectResponse(_with(metadata["authorization_endpoint"], question), 303)
        self._remember(
            response,
            {
                "state": state,
                "nonce": nonce,
                "verifier": verifier,
                "next": safe_path(following, f"/{self._name}/"),
                "ends": int((self._clock() + LASTS).timestamp()),
            },
        )
        return response

    async def finish(self, request: Request) -> tuple[Principal, str]:
        """Who came back from the issuer, and where they were going; raises SignInFailed."""
        begun = self._seal.open(request.cookies.get(COOKIE, ""))
        code = request.query_params.get("code")
        state = request.query_params.get("state", "")
        if begun is None or code is None or begun["ends"] <= self._clock().timestamp():
            raise SignInFailed
        if not secrets.compare_digest(state.encode(), begun["state"].encode()):
            raise SignInFailed
        tokens = await self._exchange(code, begun["verifier"])
        try:
            claims = await self._issuer.verify(
                str(tokens["id_token"]), self._settings.oidc_client_id
            )
        except (TokenRefused, KeyError) as error:
            raise SignInFailed from error
        if claims.get("nonce") != begun["nonce"]:
            raise SignInFailed
        settings = self._settings
        who = principal_of(
            claims, roles_claim=settings.roles_claim, wards_claim=settings.wards_claim
        )
        return who, begun["next"]

    async def leave(self) -> str:
        """Where a browser that signed out goes: the issuer's own sign-out, if it has one."""
        after = f"{self._origin}/{self._name}/signed-out"
        try:
            endpoint = (await self._issuer.metadata()).get("end_session_endpoint")
        except IssuerAway:
            endpoint = None
        if not isinstance(endpoint, str):
            return after
        client = self._settings.oidc_client_id
        return _with(endpoint, {"client_id": client, "post_logout_redirect_uri": after})

    def forget(self, response: Response) -> None:
        """The flow is over."""
        response.delete_cookie(COOKIE, path=f"/{self._name}", httponly=True, samesite="lax")

    def _remember(self, response: Response, begun: Mapping[str, Any]) -> None:
        response.set_cookie(
            COOKIE,
            self._seal.close(begun),
            max_age=int(LASTS.total_seconds()),
            path=f"/{self._name}",
            secure=self._origin.startswith("https:"),
            httponly=True,
            samesite="lax",
        )

    async def _exchange(self, code: str, verifier: str) -> Mapping[str, Any]:
        metadata = await self._issuer.metadata()
        settings = self._settings
        question = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._back,
            "code_verifier": verifier,
        }
        secret = httpx.BasicAuth(settings.oidc_client_id, settings.oidc_client_secret)
        try:
            async with httpx.AsyncClient(verify=trusted(), timeout=FETCH_SECONDS) as http:
                answer = await http.post(metadata["token_endpoint"], data=question, auth=secret)
        except httpx.HTTPError as error:
            raise IssuerAway from error
        if answer.is_server_error:
            raise IssuerAway
        if answer.is_error:
            raise SignInFailed
        return answer.json()


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _with(address: str, query: Mapping[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"
