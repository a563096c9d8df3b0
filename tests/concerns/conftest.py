"""What the tests of concerns ask for."""

from collections.abc import AsyncGenerator

import httpx
import pytest

from concerns.app import create_app
from shared.postgres import Database
from tests.concerns.capturing import a_desk
from tests.factories import Clock, KeptParts
from tests.tokens import TestIssuer


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def parts(concerns_database: Database, issuer: TestIssuer, clock: Clock) -> KeptParts:
    """Parts around an empty database."""
    return a_desk(concerns_database, clock=clock, oidc_issuer=issuer.url)


@pytest.fixture
async def client(parts: KeptParts) -> AsyncGenerator[httpx.AsyncClient]:
    """A client of the whole app."""
    transport = httpx.ASGITransport(create_app(parts), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://concerns.test") as client:
        yield client
