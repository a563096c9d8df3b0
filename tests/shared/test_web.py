"""What stands around every route: the bound on a body, a database that is away, readiness."""

from typing import Annotated, Any

import asyncpg
import httpx
import pytest
from fastapi import APIRouter

from shared.auth import public
from shared.postgres import Database, open_database
from shared.web import create_api, create_health, under
from shared.web.middleware import MAX_BODY, Bounded
from tests.factories import parts_for
from tests.infra import Templates

NAME = "nowhere"


async def test_a_body_that_says_it_is_too_large_is_refused_unread() -> None:
    sent: list[Any] = []

    async def nobody(*_: Any) -> Any:
        raise AssertionError("it was read")

    async def send(message: Any) -> None:
        sent.append(message)

    length = str(MAX_BODY + 1).encode()
    scope = {"type": "http", "method": "POST", "headers": [(b"content-length", length)]}
    await Bounded(nobody)(scope, nobody, send)
    assert sent[0]["status"] == 413


@pytest.mark.parametrize(
    "fault", [asyncpg.TooManyConnectionsError("53300"), ConnectionResetError(), TimeoutError()]
)
async def test_a_database_that_is_away_is_said_to_be_tried_again(fault: Exception) -> None:
    router = APIRouter()

    @router.get("/v1/anything")
    async def anything(_: Annotated[None, public()]) -> None:
        raise fault

    mine = parts_for(NAME, Database.__new__(Database))  # no route here asks for it
    transport = httpx.ASGITransport(create_api(mine, NAME, under(NAME, router)))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.get(f"/{NAME}/v1/anything")
    assert (answer.status_code, answer.headers.get("retry-after")) == (503, "5")


@pytest.mark.parametrize(("migrated", "status"), [(True, 200), (False, 503)])
async def test_a_database_that_was_not_migrated_is_not_ready(
    templates: Templates, *, migrated: bool, status: int
) -> None:
    url = await templates.clone("booking") if migrated else await templates.empty()
    async with open_database(url) as database:
        transport = httpx.ASGITransport(create_health(parts_for("booking", database), "booking"))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            answer = await client.get("/readyz")
    if migrated:
        await templates.drop_database(url)
    assert answer.status_code == status


async def test_every_method_of_a_path_is_named_whichever_route_was_tried_first() -> None:
    router = APIRouter(prefix="/v1")

    @router.get("/things/{name}")
    async def look(_: Annotated[None, public()], name: str) -> None: ...

    @router.delete("/things/{name}")
    async def drop(_: Annotated[None, public()], name: str) -> None: ...

    mine = parts_for(NAME, Database.__new__(Database))  # no route here asks for it
    transport = httpx.ASGITransport(create_api(mine, NAME, under(NAME, router)))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.post(f"/{NAME}/v1/things/one")
    assert (answer.status_code, answer.headers["allow"]) == (405, "DELETE, GET")
