"""A service with pages, an issuer that it believes, and browsers at it."""

from typing import Annotated, Any

import httpx
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData

from shared.auth import (
    Principal,
    allow,
    csrf_form,
    once_of,
    public_page,
    staff_page,
)
from shared.pages import fields
from shared.postgres import Database
from shared.web import create_api, under
from tests.factories import Clock, parts_for
from tests.provider import (
    ORIGIN,
    SECRET,
    Provider,
)

NAME = "nowhere"
SESSION = "walkandtalk_session"
VISITOR = "walkandtalk_visitor"


def pages() -> APIRouter:
    router = APIRouter()

    @router.get("/visit")
    async def visit(request: Request, _: Annotated[None, public_page()]) -> HTMLResponse:
        response = HTMLResponse(fields.csrf(request))
        request.app.state.gate.forms.remember(request, response)
        return response

    @router.post("/visit")
    async def visited(
        request: Request,
        _: Annotated[None, public_page()],
        form: Annotated[FormData, csrf_form()],
    ) -> dict[str, Any]:
        once = once_of(request, form)
        return {"scope": once.scope, "key": once.key, "digest": once.body_digest.hex()}

    @router.get("/desk")
    async def desk(request: Request, who: Annotated[Principal, staff_page("duty")]) -> HTMLResponse:
        return HTMLResponse(f"{who.subject} {who.name} {sorted(who.wards)} {fields.csrf(request)}")

    @router.post("/desk")
    async def acknowledge(
        who: Annotated[Principal, staff_page("duty")], form: Annotated[FormData, csrf_form()]
    ) -> str:
        return str(form.get("what"))

    @router.get("/v1/live")
    async def live(who: Annotated[Principal, allow("duty", session=True)]) -> str:
        return who.subject

    return router


def app_for(provider: Provider, clock: Clock | None = None, **settings: Any) -> FastAPI:
    places = {
        "oidc_issuer": provider.url,
        "oidc_client_id": NAME,
        "oidc_client_secret": SECRET,
        "public_origin": ORIGIN,
    }
    database = Database.__new__(Database)  # no page here asks for it
    parts = parts_for(NAME, database, clock=clock or Clock(), **(places | settings))
    return create_api(parts, NAME, under(NAME, pages()))


def browser_at(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url=ORIGIN, headers={"Accept": "text/html"}
    )
