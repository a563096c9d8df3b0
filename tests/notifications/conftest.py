"""Fixtures of notifications' tests."""

from collections.abc import AsyncGenerator, Callable, Generator

import httpx
import pytest
from fastapi import FastAPI
from starlette.responses import Response

from notifications.app import create_app
from shared.auth import Principal
from shared.auth.sessions import COOKIE
from shared.postgres import Database
from tests.factories import parts_for
from tests.notifications.desk import LADDER_SECONDS, Desk, a_desk
from tests.notifications.doubles import (
    BookingDouble,
    MailServer,
    running_booking,
    running_mail_server,
)
from tests.tokens import TestIssuer

SignIn = Callable[[str, str], None]

ORIGIN = "http://127.0.0.1:8080"


@pytest.fixture
def booking() -> Generator[BookingDouble]:
    with running_booking() as double:
        yield double


@pytest.fixture
async def mail() -> AsyncGenerator[MailServer]:
    async with running_mail_server() as server:
        yield server


@pytest.fixture
async def desk(
    notifications_database: Database, booking: BookingDouble, mail: MailServer
) -> AsyncGenerator[Desk]:
    async with a_desk(notifications_database, booking, mail) as opened:
        yield opened


@pytest.fixture
def app(desk: Desk, issuer: TestIssuer) -> FastAPI:
    """The API and pages over the desk's database, by its clock."""
    parts = parts_for(
        "notifications",
        desk.database,
        clock=desk.clock,
        oidc_issuer=issuer.url,
        ladder_control_room_seconds=LADDER_SECONDS,
    )
    return create_app(parts)


@pytest.fixture
async def client(app: FastAPI) -> AsyncGenerator[httpx.AsyncClient]:
    """Somebody without a token."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as opened:
        yield opened


@pytest.fixture
def sign_in(app: FastAPI, client: httpx.AsyncClient) -> SignIn:
    """Gives the client the session of a named person with a role."""

    def signed_in(role: str, name: str) -> None:
        answer = Response()
        who = Principal(f"{role}-{name}", name, frozenset({role}), frozenset({"*"}))
        app.state.gate.sessions.begin(answer, who)
        sealed = answer.headers["set-cookie"].partition("=")[2].partition(";")[0]
        client.cookies.set(COOKIE, sealed)

    return signed_in
