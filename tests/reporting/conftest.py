from collections.abc import AsyncGenerator

import httpx
import pytest
from fastapi import FastAPI

from reporting.app import create_app
from shared.postgres import Database
from tests.conftest import FreshDatabase
from tests.factories import parts_for
from tests.tokens import TestIssuer


@pytest.fixture
async def fresh_reporting_url(fresh_database: FreshDatabase) -> str:
    """The address of an empty database, for a process of its own."""
    return await fresh_database("reporting")


@pytest.fixture
async def app(reporting_database: Database, issuer: TestIssuer) -> FastAPI:
    return create_app(parts_for("reporting", reporting_database, oidc_issuer=issuer.url))


@pytest.fixture
async def client(app: FastAPI) -> AsyncGenerator[httpx.AsyncClient]:
    """Somebody without a token."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://reporting") as found:
        yield found


@pytest.fixture
async def analyst(client: httpx.AsyncClient, issuer: TestIssuer) -> httpx.AsyncClient:
    """The same with an analyst's token."""
    client.headers.update(issuer.bearer("analyst"))
    return client
