"""A service's own tokens: asked for once, kept until shortly before they end."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from typing import Any

import httpx
import pytest

from shared.auth import Issuer
from shared.auth.tokens import NoToken, ServiceTokens
from shared.clock import now
from tests.factories import PLACES, settings_class
from tests.provider import SECRET, Provider, running_provider


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Generator[Provider]:
    with running_provider(tmp_path_factory.mktemp("issuer"), ("booking", "notifications")) as found:
        yield found


class Asking:
    """Tokens over a client that counts what is asked of the token endpoint."""

    def __init__(self, http: httpx.AsyncClient, issuer: str, **settings: Any) -> None:
        self.asked = 0
        http.event_hooks = {"request": [self._count]}
        places: dict[str, Any] = {
            "oidc_issuer": issuer,
            "oidc_client_id": "booking",
            "oidc_client_secret": SECRET,
        }
        found = settings_class("shared")(**(PLACES | places | settings))
        self.tokens = ServiceTokens(http, found)

    async def _count(self, request: httpx.Request) -> None:
        self.asked += request.url.path.endswith("/token")


@pytest.fixture
async def http() -> AsyncGenerator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as client:
        yield client


async def test_a_token_names_the_caller_and_whom_it_is_for(
    http: httpx.AsyncClient, provider: Provider
) -> None:
    token = await Asking(http, provider.url).tokens.bearer("notifications")
    claims = await Issuer(provider.url, now).verify(token, "notifications")
    assert (claims["azp"], claims["aud"]) == ("booking", "notifications")


async def test_many_callers_at_once_ask_once(http: httpx.AsyncClient, provider: Provider) -> None:
    asking = Asking(http, provider.url)
    found = await asyncio.gather(*(asking.tokens.bearer("notifications") for _ in range(20)))
    assert len(set(found)) == 1
    assert asking.asked == 1


async def test_each_audience_has_its_own(http: httpx.AsyncClient, provider: Provider) -> None:
    asking = Asking(http, provider.url)
    first = await asking.tokens.bearer("notifications")
    assert await asking.tokens.bearer("booking") != first
    assert await asking.tokens.bearer("notifications") == first
    assert asking.asked == 2


async def test_a_token_about_to_end_is_not_used_any_more(
    http: httpx.AsyncClient, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.auth.tokens.RENEW_SECONDS", 10_000.0)
    asking = Asking(http, provider.url)
    first = await asking.tokens.bearer("notifications")
    assert await asking.tokens.bearer("notifications") != first


async def test_a_token_that_was_refused_is_asked_for_anew(
    http: httpx.AsyncClient, provider: Provider
) -> None:
    asking = Asking(http, provider.url)
    first = await asking.tokens.bearer("notifications")
    asking.tokens.forget("notifications")
    assert await asking.tokens.bearer("notifications") != first


async def test_without_a_token_it_says_so_and_later_tries_again(
    http: httpx.AsyncClient, provider: Provider
) -> None:
    for issuer, settings in (
        ("http://127.0.0.1:9/issuer", {}),
        (provider.url, {"oidc_client_secret": "wrong"}),
    ):
        asking = Asking(http, issuer, **settings)
        for _ in range(2):
            with pytest.raises(NoToken):
                await asking.tokens.bearer("notifications")
    with pytest.raises(NoToken):
        await Asking(http, provider.url).tokens.bearer("nobody")
