"""What a route writes to say who may use it.

Invariant: whoever passes is known by checked claims, and ``request.state.caller`` is set to the
subject; 401 (or the way to sign in) for nobody, 403 for somebody without the role.
"""

from collections.abc import AsyncGenerator
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.datastructures import FormData

from shared.auth import forms
from shared.auth.gate import Gate, gate_of
from shared.auth.principal import Principal
from shared.auth.rules import AccessRule
from shared.errors import Forbidden, NotSignedIn

_bearer = HTTPBearer(bearerFormat="JWT", auto_error=False, description="token of the OIDC issuer")
BearerDep = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


class SignInFirst(NotSignedIn):
    """Sign in first."""


def allow(*roles: str, session: bool = False) -> Any:
    """API route for staff with one of ``roles``, by bearer token: yields their Principal.

    ``session``: a GET that a staff page's own script calls also takes the page's session cookie.
    """
    return Depends(_ApiAccess(AccessRule("staff", frozenset(roles), session)))


def allow_service(*client_ids: str) -> Any:
    """API route for other services' tokens (aud = this service, azp or client_id = the caller)."""
    return Depends(_ApiAccess(AccessRule("service", frozenset(client_ids))))


def anyone() -> Any:
    """API route that shows staff more: yields Principal or None; a bad token is still 401."""
    return Depends(_ApiAccess(AccessRule("anyone")))


def public() -> Any:
    """API route for everybody: yields None."""
    return Depends(_Open(AccessRule("public")))


def public_page() -> Any:
    """Page for everybody: yields None."""
    return Depends(_Open(AccessRule("public_page")))


def anyone_page() -> Any:
    """Page for everybody that knows its staff: yields Principal or None."""
    return Depends(_PageForAnyone(AccessRule("public_page", knows_staff=True)))


def staff_page(*roles: str) -> Any:
    """Page for signed-in staff with one of ``roles`` (none named: anybody signed in)."""
    return Depends(_PageAccess(AccessRule("staff_page", frozenset(roles))))


def csrf_form(longest: int = forms.MAX_FIELD_BYTES) -> Any:
    """The form posted to a page, its token and origin found to be ours: yields FormData.

    ``longest``: how many bytes a field may have, other than a file.
    """
    return Depends(_CheckedForm(longest))


class _ApiAccess:
    def __init__(self, rule: AccessRule) -> None:
        self.rule = rule

    async def __call__(self, request: Request, bearer: BearerDep) -> Principal | None:
        gate = gate_of(request)
        rule = self.rule
        if bearer is None:
            if rule.kind == "anyone":
                return None
            signed_in = gate.sessions.read(request) if rule.session else None
            if signed_in is None:
                raise NotSignedIn
            return _admitted(request, signed_in.principal, rule)
        if rule.kind == "service":
            return await self._service(request, gate, bearer.credentials)
        return _admitted(request, await gate.staff(bearer.credentials), rule)

    async def _service(self, request: Request, gate: Gate, token: str) -> Principal:
        caller = await gate.service(token)
        if caller.subject not in self.rule.roles:
            raise Forbidden("This is for other callers.")
        request.state.caller = caller.subject
        return caller


class _PageAccess:
    def __init__(self, rule: AccessRule) -> None:
        self.rule = rule

    async def __call__(self, request: Request) -> Principal:
        session = gate_of(request).sessions.read(request)
        if session is None:
            raise SignInFirst
        request.state.session = session
        return _admitted(request, session.principal, self.rule)


class _Open:
    def __init__(self, rule: AccessRule) -> None:
        self.rule = rule

    async def __call__(self) -> None:
        return None


class _PageForAnyone:
    def __init__(self, rule: AccessRule) -> None:
        self.rule = rule

    async def __call__(self, request: Request) -> Principal | None:
        session = gate_of(request).sessions.read(request)
        if session is None:
            return None
        request.state.session = session
        return _admitted(request, session.principal, self.rule)


class _CheckedForm:
    checks_form = True

    def __init__(self, longest: int) -> None:
        self._longest = longest

    async def __call__(self, request: Request) -> AsyncGenerator[FormData]:
        try:
            yield await forms.checked(request, self._longest)
        finally:
            await request.close()


def _admitted(request: Request, principal: Principal, rule: AccessRule) -> Principal:
    if rule.roles and not rule.roles & principal.roles:
        raise Forbidden
    request.state.caller = principal.subject
    return principal
