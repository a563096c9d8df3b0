"""Fixtures of notifications' tests."""

from collections.abc import AsyncGenerator, Generator

import httpx
import pytest

from notifications.app import create_app
from shared.postgres import Database
from tests.factories import parts_for
from tests.notifications.desk import LADDER_SECONDS, Desk, a_desk
from tests.notifications.doubles import (
    BookingDouble,
    MailServer,
    running_booking,
    running_mail_server,
)
from tests.tokens import TestIssuer, running_issuer

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


@pytest.fixture(scope="session")
def issuer() -> Generator[TestIssuer]:
    with running_issuer() as running:
        yield running


@pytest.fixture
async def client(desk: Desk, issuer: TestIssuer) -> AsyncGenerator[httpx.AsyncClient]:
    """The API over the desk's database, by its clock."""
    parts = parts_for(
        "notifications",
        desk.database,
        clock=desk.clock,
        oidc_issuer=issuer.url,
        ladder_control_room_seconds=LADDER_SECONDS,
    )
    transport = httpx.ASGITransport(app=create_app(parts))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as opened:
        yield opened
