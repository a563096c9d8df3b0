"""Fixtures of the tests of signing in, sessions and forms."""

from collections.abc import AsyncGenerator, Generator

import httpx
import pytest

from shared.clock import now
from tests.factories import Clock
from tests.provider import Provider, running_provider
from tests.shared.visiting import NAME, app_for, browser_at


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Generator[Provider]:
    with running_provider(tmp_path_factory.mktemp("issuer"), (NAME, "elsewhere")) as found:
        yield found


@pytest.fixture
async def clock(provider: Provider) -> Clock:
    """The issuer lives in real time, so the service must here as well."""
    return Clock(now())


@pytest.fixture
async def browser(provider: Provider, clock: Clock) -> AsyncGenerator[httpx.AsyncClient]:
    async with browser_at(app_for(provider, clock)) as client:
        yield client
