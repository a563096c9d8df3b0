"""Forms that only our own pages can post, and each only once."""

from collections.abc import AsyncGenerator
from datetime import timedelta

import httpx
import pytest

from tests.factories import Clock
from tests.provider import (
    ORIGIN,
    Provider,
    cookie_of,
    hidden_fields,
    sign_in,
)
from tests.shared.visiting import NAME, SESSION, VISITOR, app_for, browser_at


async def test_signing_out_is_a_form_and_ends_it_everywhere(browser: httpx.AsyncClient) -> None:
    await sign_in(browser, NAME, "duty-1")
    assert (await browser.get("/nowhere/sign-out")).status_code == 405
    assert (await browser.post("/nowhere/sign-out")).status_code == 403
    form = hidden_fields((await browser.get("/nowhere/desk")).text)
    answer = await browser.post("/nowhere/sign-out", data=form, headers={"Origin": ORIGIN})
    assert answer.status_code == 303
    assert "/issuer/sign-out?" in answer.headers["location"]
    ended = [line for line in answer.headers.get_list("set-cookie") if SESSION in line]
    assert {part for line in ended for part in line.split("; ") if part.startswith("Path")} == {
        "Path=/booking",
        "Path=/concerns",
        "Path=/notifications",
        "Path=/nowhere",
        "Path=/reporting",
    }
    assert (await browser.get("/nowhere/desk")).status_code == 303
    async with httpx.AsyncClient() as elsewhere:
        left = await elsewhere.get(answer.headers["location"])
        assert left.headers["location"] == f"{ORIGIN}/nowhere/signed-out"
    assert "You have signed out" in (await browser.get("/nowhere/signed-out")).text


async def visit(browser: httpx.AsyncClient, **headers: str) -> dict[str, str]:
    return hidden_fields((await browser.get("/nowhere/visit", headers=headers)).text)


async def post(browser: httpx.AsyncClient, form: dict[str, str], **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await browser.post("/nowhere/visit", data=form, headers=named)


async def test_a_form_from_our_page_is_taken(browser: httpx.AsyncClient) -> None:
    form = await visit(browser)
    answer = await post(browser, form, Origin=ORIGIN)
    assert answer.status_code == 200, answer.text
    assert answer.json()["key"] == form["idempotency_key"]
    assert answer.json()["scope"] == "POST /nowhere/visit public"


async def test_the_visitors_cookie_is_closed_to_scripts_and_other_sites(
    browser: httpx.AsyncClient,
) -> None:
    first = await browser.get("/nowhere/visit")
    cookie = cookie_of(first, VISITOR)
    assert cookie is not None
    assert "httponly" in cookie
    assert (cookie["path"], cookie["samesite"]) == ("/nowhere", "lax")
    assert cookie_of(await browser.get("/nowhere/visit"), VISITOR) is None  # the first one stays


async def test_a_form_without_its_token_is_refused_with_a_page_that_says_what_to_do(
    browser: httpx.AsyncClient,
) -> None:
    form = await visit(browser)
    for wrong in (
        {},
        form | {"csrf_token": ""},
        form | {"csrf_token": "é"},
        form | {"csrf_token": "0" * 64},
    ):
        answer = await post(browser, wrong, Origin=ORIGIN)
        assert answer.status_code == 403
        assert "text/html" in answer.headers["content-type"]
        assert "load the page again" in answer.text


async def test_a_token_is_good_only_with_the_cookie_it_was_made_for(
    browser: httpx.AsyncClient, provider: Provider, clock: Clock
) -> None:
    form = await visit(browser)
    async with browser_at(app_for(provider, clock)) as other:
        assert (await post(other, form, Origin=ORIGIN)).status_code == 403
        await visit(other)
        assert (await post(other, form, Origin=ORIGIN)).status_code == 403
    browser.cookies.set(VISITOR, "made.up", domain="127.0.0.1", path="/nowhere")
    assert (await post(browser, form, Origin=ORIGIN)).status_code == 403


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:8080.evil.example"},
        {"Origin": "null", "Sec_Fetch_Site": "cross-site"},
        {"Origin": "null", "Sec_Fetch_Site": "same-site"},
        {"Referer": "https://evil.example/x"},
        {"Referer": "http://127.0.0.1:8080.evil.example/"},
    ],
)
async def test_a_form_from_elsewhere_is_refused_even_with_a_good_token(
    browser: httpx.AsyncClient, said: dict[str, str]
) -> None:
    assert (await post(browser, await visit(browser), **said)).status_code == 403


@pytest.mark.parametrize(
    "said",
    [
        {"Origin": ORIGIN},
        {"Referer": f"{ORIGIN}/nowhere/visit"},
        {"Origin": "null", "Sec_Fetch_Site": "same-origin"},
        {"Origin": "null"},
    ],
)
async def test_a_form_from_our_page_is_taken_as_every_browser_says_it(
    browser: httpx.AsyncClient, said: dict[str, str]
) -> None:
    assert (await post(browser, await visit(browser), **said)).status_code == 200


async def test_a_staff_forms_token_is_bound_to_its_session(browser: httpx.AsyncClient) -> None:
    as_visitor = await visit(browser)
    await sign_in(browser, NAME, "duty-1")
    from_us = {"Origin": ORIGIN}
    refused = await browser.post("/nowhere/desk", data=as_visitor, headers=from_us)
    assert refused.status_code == 403
    form = hidden_fields((await browser.get("/nowhere/desk")).text) | {"what": "seen"}
    assert (await browser.post("/nowhere/desk", data=form, headers=from_us)).json() == "seen"
    await sign_in(browser, NAME, "duty-1")  # another session of the same person
    refused = await browser.post("/nowhere/desk", data=form, headers=from_us)
    assert refused.status_code == 403


async def test_a_staff_form_after_the_session_ended_leads_to_signing_in_and_back(
    browser: httpx.AsyncClient, clock: Clock
) -> None:
    await sign_in(browser, NAME, "duty-1")
    clock.advance(timedelta(hours=9))
    answer = await browser.post(
        "/nowhere/desk", data={}, headers={"Origin": ORIGIN, "Referer": f"{ORIGIN}/nowhere/desk"}
    )
    assert answer.headers["location"] == "/nowhere/sign-in?next=/nowhere/desk"


async def test_a_form_pressed_twice_is_named_the_same_and_another_is_not(
    browser: httpx.AsyncClient,
) -> None:
    form = await visit(browser) | {"name": "x"}
    first = (await post(browser, form, Origin=ORIGIN)).json()
    assert (await post(browser, form, Origin=ORIGIN)).json() == first
    other = (await post(browser, form | {"name": "y"}, Origin=ORIGIN)).json()
    assert (other["key"], other["scope"]) == (first["key"], first["scope"])
    assert other["digest"] != first["digest"]
    without = {name: value for name, value in form.items() if name != "idempotency_key"}
    assert (await post(browser, without, Origin=ORIGIN)).status_code == 403


async def test_a_form_whose_text_cannot_be_stored_is_422(browser: httpx.AsyncClient) -> None:
    form = await visit(browser) | {"name": "a\x00b"}
    assert (await post(browser, form, Origin=ORIGIN)).status_code == 422


@pytest.mark.parametrize("length_said", [True, False])
async def test_a_form_larger_than_any_of_ours_is_not_read(
    browser: httpx.AsyncClient,
    length_said: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    async def parts() -> AsyncGenerator[bytes]:
        for _ in range(200):
            yield b"a=" + b"b" * 10_000 + b"&"

    headers = {"Origin": ORIGIN, "Content-Type": "application/x-www-form-urlencoded"}
    content = b"a" * 2_000_000 if length_said else parts()
    answer = await browser.post("/nowhere/visit", content=content, headers=headers)
    assert answer.status_code == 413


async def test_a_form_that_is_no_form_is_no_500(browser: httpx.AsyncClient) -> None:
    kind = "multipart/form-data; boundary=x"
    for content, said in ((b"--x\r\nbroken", kind), (b"{}", "application/json"), (b"%%%=&&=", "")):
        answer = await browser.post(
            "/nowhere/visit", content=content, headers={"Origin": ORIGIN, "Content-Type": said}
        )
        assert 400 <= answer.status_code < 500
