"""The session after signing in: its cookie, its end, and what it opens."""

import base64
from datetime import timedelta

import httpx
from fastapi.responses import HTMLResponse

from shared.auth import (
    Principal,
)
from shared.auth.seals import Seal
from shared.clock import now
from tests.factories import Clock
from tests.provider import (
    Provider,
    cookie_of,
    sign_in,
)
from tests.shared.visiting import NAME, SESSION, app_for


async def test_the_session_cookie_is_closed_to_scripts_other_paths_and_other_sites(
    browser: httpx.AsyncClient,
) -> None:
    cookie = cookie_of(await sign_in(browser, NAME, "duty-1"), SESSION)
    assert cookie is not None
    assert cookie["path"] == "/nowhere"
    assert cookie["samesite"] == "lax"
    assert cookie["max-age"] == str(8 * 3600)
    assert "httponly" in cookie
    assert "secure" not in cookie  # the origin is plain http on this machine
    assert b"duty" not in base64.urlsafe_b64decode(cookie["value"])


async def test_the_session_cookie_is_secure_behind_https(provider: Provider) -> None:
    app = app_for(provider, Clock(now()), public_origin="https://walk.example")
    response = HTMLResponse()
    who = Principal("duty-1", "Lena", frozenset({"duty"}), frozenset({"*"}))
    app.state.gate.sessions.begin(response, who)
    assert "; Secure" in response.headers["set-cookie"]


async def test_the_role_decides_and_the_page_says_so(browser: httpx.AsyncClient) -> None:
    await sign_in(browser, NAME, "officer-1")
    answer = await browser.get("/nowhere/desk")
    assert answer.status_code == 403
    assert "text/html" in answer.headers["content-type"]
    assert "Sign in as somebody else" in answer.text


async def test_a_session_ends_after_eight_hours(browser: httpx.AsyncClient, clock: Clock) -> None:
    await sign_in(browser, NAME, "duty-1")
    clock.advance(timedelta(hours=7, minutes=59))
    assert (await browser.get("/nowhere/desk")).status_code == 200
    clock.advance(timedelta(minutes=2))
    assert (await browser.get("/nowhere/desk")).status_code == 303


async def test_a_cookie_that_was_changed_or_made_elsewhere_is_nobody(
    browser: httpx.AsyncClient, provider: Provider, clock: Clock
) -> None:
    cookie = cookie_of(await sign_in(browser, NAME, "duty-1"), SESSION)
    assert cookie is not None
    value = cookie["value"]
    flipped = value[:40] + ("A" if value[40] != "A" else "B") + value[41:]
    content = {"id": "x", "sub": "x", "name": "x", "roles": ["duty"], "wards": ["*"], "ends": 9e9}
    key = app_for(provider, clock).state.parts.settings.session_key
    elsewhere = Seal(key, "elsewhere", "session").close(content)
    other_purpose = Seal(key, NAME, "sign-in").close(content)
    other_key = Seal(base64.urlsafe_b64encode(b"k" * 32).decode(), NAME, "session").close(content)
    browser.cookies.clear()
    for forged in (flipped, elsewhere, other_purpose, other_key, "", "x", "é", value[:20]):
        header = {"Cookie": f"{SESSION}={forged}".encode()}
        answer = await browser.get("/nowhere/desk", headers=header)  # pyright: ignore[reportArgumentType] - bytes as a browser might send
        assert answer.status_code == 303, forged


async def test_a_script_of_a_page_may_read_by_the_session_and_others_get_a_problem(
    browser: httpx.AsyncClient,
) -> None:
    refused = await browser.get("/nowhere/v1/live")
    assert refused.status_code == 401
    assert refused.headers["content-type"] == "application/problem+json"
    await sign_in(browser, NAME, "duty-1")
    assert (await browser.get("/nowhere/v1/live")).json() == "duty-1"


async def test_a_script_without_a_session_on_a_page_gets_401_and_no_way_to_sign_in(
    browser: httpx.AsyncClient,
) -> None:
    answer = await browser.get("/nowhere/desk", headers={"Accept": "text/event-stream"})
    assert answer.status_code == 401
