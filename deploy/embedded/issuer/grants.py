"""What the issuer gives, to whom: codes for browsers, tokens for clients (RFC 6749, RFC 7636).

Invariant: a code is good once, for a minute, for the client and address it was made for, and only
with the verifier of its challenge; a client is known by its secret.
"""

import base64
import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from embedded.issuer.people import PEOPLE, Person
from embedded.issuer.signing import Signer
from shared.clock import now

STAFF = "walkandtalk"
CODE_SECONDS = 60.0
STAFF_SECONDS = 12 * 3600
SERVICE_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Client:
    """Who may ask for tokens.

    ``redirect_uris`` are where browsers may be sent back to; ``for_people``: this client gets staff
    tokens without a browser (``make token``).
    """

    secret: str
    redirect_uris: tuple[str, ...] = ()
    for_people: bool = False


@dataclass(frozen=True, slots=True)
class Code:
    """What a code stands for."""

    client_id: str
    redirect_uri: str
    challenge: str
    nonce: str | None
    person: Person
    ends: float


class GrantRefused(Exception):
    """Not granted; the message is an error code of RFC 6749, 5.2."""


class Grants:
    """Makes codes and tokens; codes are in memory, and short-lived."""

    def __init__(self, issuer: str, signer: Signer, clients: Mapping[str, Client]) -> None:
        self._issuer = issuer
        self._signer = signer
        self._clients = clients
        self._codes: dict[str, Code] = {}

    def may_return(self, client_id: str, redirect_uri: str) -> bool:
        """Whether a browser may be sent there."""
        client = self._clients.get(client_id)
        return client is not None and redirect_uri in client.redirect_uris

    def code(self, asked: Mapping[str, str], person: Person) -> str:
        """A code for a person who chose to sign in."""
        code = secrets.token_urlsafe(32)
        moment = time.monotonic()
        self._codes = {key: kept for key, kept in self._codes.items() if kept.ends > moment}
        self._codes[code] = Code(
            client_id=asked["client_id"],
            redirect_uri=asked["redirect_uri"],
            challenge=asked["code_challenge"],
            nonce=asked.get("nonce"),
            person=person,
            ends=moment + CODE_SECONDS,
        )
        return code

    def tokens(self, client_id: str, secret: str, form: Mapping[str, str]) -> dict[str, Any]:
        """The answer of the token endpoint; raises GrantRefused."""
        client = self._clients.get(client_id)
        known = client.secret if client else secrets.token_urlsafe()
        if not secrets.compare_digest(known.encode(), secret.encode()) or client is None:
            raise GrantRefused("invalid_client")
        if form.get("grant_type") == "authorization_code":
            return self._for_code(client_id, form)
        if form.get("grant_type") == "client_credentials":
            return self._for_client(client_id, client, form)
        raise GrantRefused("unsupported_grant_type")

    def _for_code(self, client_id: str, form: Mapping[str, str]) -> dict[str, Any]:
        code = self._codes.pop(form.get("code", ""), None)
        if code is None or code.ends <= time.monotonic() or code.client_id != client_id:
            raise GrantRefused("invalid_grant")
        if code.redirect_uri != form.get("redirect_uri"):
            raise GrantRefused("invalid_grant")
        if not secrets.compare_digest(code.challenge, challenge_of(form.get("code_verifier", ""))):
            raise GrantRefused("invalid_grant")
        nonce = {} if code.nonce is None else {"nonce": code.nonce}
        claims = self._of_person(code.person, client_id, client_id) | nonce
        answer = self._staff_token(code.person, client_id)
        return answer | {"id_token": self._signer.sign(claims, "JWT")}

    def _for_client(
        self, client_id: str, client: Client, form: Mapping[str, str]
    ) -> dict[str, Any]:
        if client.for_people:
            person = PEOPLE.get(form.get("subject") or f"{form.get('role', '')}-1")
            if person is None:
                raise GrantRefused("invalid_request")
            return self._staff_token(person, client_id)
        audience = form.get("audience", "")
        if audience not in self._clients or self._clients[audience].for_people:
            raise GrantRefused("invalid_target")
        claims = self._times(SERVICE_SECONDS) | {
            "sub": client_id,
            "aud": audience,
            "azp": client_id,
            "client_id": client_id,
        }
        return _answer(self._signer.sign(claims, "at+jwt"), SERVICE_SECONDS)

    def _staff_token(self, person: Person, client_id: str) -> dict[str, Any]:
        claims = self._of_person(person, STAFF, client_id)
        return _answer(self._signer.sign(claims, "at+jwt"), STAFF_SECONDS)

    def _of_person(self, person: Person, audience: str, client_id: str) -> dict[str, Any]:
        return self._times(STAFF_SECONDS) | {
            "sub": person.subject,
            "aud": audience,
            "azp": client_id,
            "name": person.name,
            "roles": list(person.roles),
            "wards": list(person.wards),
        }

    def _times(self, seconds: int) -> dict[str, Any]:
        issued = int(now().timestamp())
        return {
            "iss": self._issuer,
            "iat": issued,
            "exp": issued + seconds,
            "jti": secrets.token_urlsafe(12),
        }


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a verifier (RFC 7636, 4.2)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _answer(token: str, seconds: int) -> dict[str, Any]:
    return {"access_token": token, "token_type": "Bearer", "expires_in": seconds}
