"""What checks tokens and sessions in one app: ``web.create_api`` puts it on ``app.state.gate``.

Invariant: one gate per app; it holds no connection and no task, so that nothing has to be closed.
"""

from dataclasses import dataclass

from fastapi import Request

from shared.auth.forms import Forms
from shared.auth.issuer import Issuer, TokenRefused
from shared.auth.principal import EVERY_WARD, Principal, principal_of
from shared.auth.sessions import Sessions
from shared.auth.signing_in import SignIn
from shared.clock import Clock
from shared.settings import ServiceSettings


@dataclass(frozen=True, slots=True)
class Gate:
    """The checks of one service."""

    name: str
    settings: ServiceSettings
    issuer: Issuer
    sessions: Sessions
    forms: Forms
    sign_in: SignIn

    async def staff(self, token: str) -> Principal:
        """The person whose token this is; raises TokenRefused (401) or Unavailable (503)."""
        claims = await self.issuer.verify(token, self.settings.staff_audience)
        return principal_of(
            claims,
            roles_claim=self.settings.roles_claim,
            wards_claim=self.settings.wards_claim,
        )

    async def service(self, token: str) -> Principal:
        """The service whose token this is, by its client id: ``azp`` or ``client_id``."""
        claims = await self.issuer.verify(token, self.name)
        caller = claims.get("azp") or claims.get("client_id")
        if not isinstance(caller, str):
            raise TokenRefused
        return Principal(caller, caller, frozenset(), frozenset({EVERY_WARD}))


def open_gate(name: str, settings: ServiceSettings, clock: Clock) -> Gate:
    """The gate of one service's app."""
    issuer = Issuer(settings.oidc_issuer, clock)
    sessions = Sessions(name, settings, clock)
    return Gate(
        name=name,
        settings=settings,
        issuer=issuer,
        sessions=sessions,
        forms=Forms(name, settings),
        sign_in=SignIn(name, settings, issuer, clock),
    )


def gate_of(request: Request) -> Gate:
    """The gate of the app that serves a request."""
    return request.app.state.gate
