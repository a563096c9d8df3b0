"""Signing in at a real issuer, coming back to where one wanted to be, and signing out everywhere."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from shared.auth.signing_in import safe_path
from tests.factories import Clock
from tests.provider import (
    Provider,
    choose_person,
    cookie_of,
    hidden_fields,
    sign_in,
)
from tests.shared.visiting import NAME, SESSION, app_for, browser_at
from tests.tokens import running_issuer


async def test_whoever_signs_in_comes_back_to_the_page_she_wanted(
    browser: httpx.AsyncClient,
) -> None:
    wanted = await browser.get("/nowhere/desk?day=today")
    assert wanted.status_code == 303
    way = urlsplit(wanted.headers["location"])
    assert way.path == "/nowhere/sign-in"
    answer = await sign_in(browser, NAME, "duty-1", next=parse_qs(way.query)["next"][0])
    assert answer.status_code == 303
    assert answer.headers["location"] == "/nowhere/desk?day=today"
    assert "duty-1 Lena Marsh ['*']" in (await browser.get("/nowhere/desk")).text


async def test_signing_in_again_in_the_same_browser_needs_no_choice_unless_asked(
    provider: Provider, clock: Clock
) -> None:
    async with browser_at(app_for(provider, clock)) as service, httpx.AsyncClient() as issuer:
        way = (await service.get("/nowhere/sign-in")).headers["location"]
        form = hidden_fields((await issuer.get(way)).text) | {"person": "duty-1"}
        await issuer.post(f"{provider.url}/authorize", data=form)
        again = (await service.get("/nowhere/sign-in")).headers["location"]
        assert (await issuer.get(again)).status_code == 303
        as_another = (await service.get("/nowhere/sign-in?again=true")).headers["location"]
        assert (await issuer.get(as_another)).status_code == 200


async def test_an_answer_without_its_beginning_signs_nobody_in(
    provider: Provider, clock: Clock
) -> None:
    async with (
        browser_at(app_for(provider, clock)) as mine,
        browser_at(app_for(provider, clock)) as victim,
    ):
        begun = await mine.get("/nowhere/sign-in")
        back = (await choose_person(begun.headers["location"], "duty-1")).headers["location"]
        answer = await victim.get(back)  # an attacker's answer, sent to somebody else
        assert answer.status_code == 400
        assert cookie_of(answer, SESSION) is None
        await victim.get("/nowhere/sign-in")
        assert (await victim.get(back)).status_code == 400  # another state
        assert (await mine.get(back)).status_code == 303
        assert (await mine.get(back)).status_code == 400  # and a second time it is over


async def test_an_identity_made_for_another_beginning_or_client_signs_nobody_in() -> None:
    with running_issuer() as issuer:
        app = app_for(Provider(issuer.url, Path()))
        for changes, status in (
            ({}, 303),
            ({"nonce": "of another"}, 400),
            ({"nonce": None}, 400),
            ({"aud": "elsewhere"}, 400),
            ({"exp": 1_600_000_000}, 400),
        ):
            async with browser_at(app) as browser:
                way = urlsplit((await browser.get("/nowhere/sign-in")).headers["location"])
                asked = {name: values[0] for name, values in parse_qs(way.query).items()}
                claims = issuer.claims(**({"aud": NAME, "nonce": asked["nonce"]} | changes))
                issuer.granted = {"id_token": issuer.sign(claims)}
                back = {"code": "c", "state": asked["state"]}
                answer = await browser.get("/nowhere/signed-in", params=back)
                assert answer.status_code == status, changes
                assert (cookie_of(answer, SESSION) is not None) == (status == 303)


async def test_an_answer_after_ten_minutes_or_with_an_error_starts_again(
    browser: httpx.AsyncClient, clock: Clock
) -> None:
    begun = await browser.get("/nowhere/sign-in")
    back = (await choose_person(begun.headers["location"], "duty-1")).headers["location"]
    assert (await browser.get("/nowhere/signed-in?error=access_denied")).status_code == 400
    clock.advance(timedelta(minutes=11))
    answer = await browser.get(back)
    assert answer.status_code == 400
    assert "start again" in answer.text


async def test_signing_in_by_get_changes_nothing_here(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/nowhere/sign-in")
    assert cookie_of(answer, SESSION) is None
    assert (await browser.get("/nowhere/desk")).status_code == 303


@pytest.mark.parametrize(
    "odd",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/ok\nSet-Cookie: x",
        "javascript:alert(1)",
        "evil.example",
        "///evil.example",
        "http:/nowhere/desk",
        "/\tevil",
        "//[",
    ],
)
def test_after_signing_in_one_goes_nowhere_else(odd: str) -> None:
    assert safe_path(odd, "/nowhere/") == "/nowhere/"


def test_after_signing_in_one_goes_where_one_wanted() -> None:
    assert safe_path("/concerns/inbox?ward=L1", "/") == "/concerns/inbox?ward=L1"
    assert safe_path(None, "/") == "/"


async def test_while_the_issuer_is_away_signing_in_says_so(provider: Provider) -> None:
    async with browser_at(app_for(provider, oidc_issuer="http://127.0.0.1:9/issuer")) as browser:
        answer = await browser.get("/nowhere/sign-in")
        assert answer.status_code == 503
        assert "try again" in answer.text
