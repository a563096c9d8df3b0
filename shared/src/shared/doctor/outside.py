"""What else the service needs answers from: the issuer, and the services that it calls.

Invariant: no token is asked for and nothing is sent but a GET.
"""

import asyncio

import httpx

from shared.doctor.finding import Finding
from shared.settings import ServiceSettings
from shared.trust import trusted

SECONDS = 5.0


async def examine(name: str, settings: ServiceSettings) -> list[Finding]:
    """Knock everywhere at once."""
    async with httpx.AsyncClient(verify=trusted(), timeout=SECONDS) as http:
        asked = [_issuer(http, name, settings.oidc_issuer)]
        asked += [_service(http, other, origin) for other, origin in settings.calls.items()]
        return list(await asyncio.gather(*asked))


async def _issuer(http: httpx.AsyncClient, name: str, issuer: str) -> Finding:
    fault = await _fault(http, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if fault is None:
        return Finding("issuer", "reachable")
    todo = f"start it, or mend {name.upper()}_OIDC_ISSUER; until then nobody new can sign in"
    return Finding("issuer", fault, todo)


async def _service(http: httpx.AsyncClient, name: str, origin: str) -> Finding:
    fault = await _fault(http, f"{origin.rstrip('/')}/{name}/readyz")
    if fault is None:
        return Finding(name, "reachable and ready")
    todo = f"python -m {name} doctor; what it must be told waits here and is tried again"
    return Finding(name, fault, todo)


async def _fault(http: httpx.AsyncClient, url: str) -> str | None:
    """What is wrong with an address, by class or status only; None when nothing is."""
    try:
        answer = await http.get(url)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return f"does not answer ({type(error).__name__})"
    return None if answer.is_success else f"answers with status {answer.status_code}"
