"""An app whose routes each admit somebody else."""

from typing import Annotated, Any

import httpx
from fastapi import APIRouter, FastAPI

from shared.auth import (
    Principal,
    allow,
    allow_service,
    anyone,
)
from shared.postgres import Database
from shared.web import OnceDep, create_api, under
from tests.factories import parts_for
from tests.tokens import TestIssuer

NAME = "nowhere"


def app_with(router: APIRouter, issuer: TestIssuer, **settings: Any) -> FastAPI:
    database = Database.__new__(Database)  # no route here asks for it
    parts = parts_for(NAME, database, oidc_issuer=issuer.url, **settings)
    return create_api(parts, NAME, under(NAME, router))


def guarded() -> APIRouter:
    router = APIRouter()

    @router.get("/v1/officers-only")
    async def officers(
        who: Annotated[Principal, allow("officer", "coordinator")],
    ) -> dict[str, Any]:
        return {"subject": who.subject, "wards": sorted(who.wards)}

    @router.get("/v1/ward/{code}")
    async def ward(code: str, who: Annotated[Principal, allow("officer")]) -> None:
        who.must_cover(code)

    @router.get("/v1/services-only")
    async def services(who: Annotated[Principal, allow_service("booking")]) -> str:
        return who.subject

    @router.get("/v1/everybody")
    async def everybody(who: Annotated[Principal | None, anyone()]) -> str:
        return who.subject if who else "the public"

    @router.post("/v1/once")
    async def do_once(once: OnceDep, who: Annotated[Principal, allow("officer")]) -> str:
        return once.scope

    @router.get("/v1/live")
    async def live(who: Annotated[Principal, allow("analyst", session=True)]) -> str:
        return who.subject

    return router


def client_of(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url=f"http://127.0.0.1:8080/{NAME}/v1"
    )


def bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
