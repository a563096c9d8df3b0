"""Signing in at a real issuer, the session after it, and forms that only our pages can post."""

import base64
from collections.abc import AsyncGenerator, Generator
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData

from shared.auth import (
    Principal,
    allow,
    csrf_form,
    once_of,
    public_page,
    staff_page,
)
from shared.auth.seals import Seal
from shared.auth.signing_in import safe_path
from shared.clock import now
from shared.pages import fields
from shared.postgres import Database
from shared.web import create_api
from tests.factories import Clock, parts_for
from tests.provider import (
    ORIGIN,
    SECRET,
    Provider,
    choose_person,
    cookie_of,
    hidden_fields,
    running_provider,
    sign_in,
)
from tests.tokens import running_issuer

NAME = "nowhere"
SESSION = "walkandtalk_session"
VISITOR = "walkandtalk_visitor"


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Generator[Provider]:
    with running_provider(tmp_path_factory.mktemp("issuer"), (NAME, "elsewhere")) as found:
        yield found


def pages() -> APIRouter:
    router = APIRouter()

    @router.get("/visit")
    async def visit(request: Request, _: Annotated[None, public_page()]) -> HTMLResponse:
        response = HTMLResponse(fields.csrf(request))
        request.app.state.gate.forms.remember(request, response)
        return response

    @router.post("/visit")
    async def visited(
        request: Request,
        _: Annotated[None, public_page()],
        form: Annotated[FormData, csrf_form()],
    ) -> dict[str, Any]:
        once = once_of(request, form)
        return {"scope": once.scope, "key": once.key, "digest": once.body_digest.hex()}

    @router.get("/desk")
    async def desk(request: Request, who: Annotated[Principal, staff_page("duty")]) -> HTMLResponse:
        return HTMLResponse(f"{who.subject} {who.name} {sorted(who.wards)} {fields.csrf(request)}")

    @router.post("/desk")
    async def acknowledge(
        who: Annotated[Principal, staff_page("duty")], form: Annotated[FormData, csrf_form()]
    ) -> str:
        return str(form.get("what"))

    @router.get("/v1/live")
    async def live(who: Annotated[Principal, allow("duty", session=True)]) -> str:
        return who.subject

    return router


def app_for(provider: Provider, clock: Clock | None = None, **settings: Any) -> FastAPI:
    places = {
        "oidc_issuer": provider.url,
        "oidc_client_id": NAME,
        "oidc_client_secret": SECRET,
        "public_origin": ORIGIN,
    }
    database = Database.__new__(Database)  # no page here asks for it
    parts = parts_for(NAME, database, clock=clock or Clock(), **(places | settings))
    return create_api(parts, NAME, [pages()])


def browser_at(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url=ORIGIN, headers={"Accept": "text/html"}
    )


@pytest.fixture
async def clock(provider: Provider) -> Clock:
    """The issuer lives in real time, so the service must here as well."""
    return Clock(now())


@pytest.fixture
async def browser(provider: Provider, clock: Clock) -> AsyncGenerator[httpx.AsyncClient]:
    async with browser_at(app_for(provider, clock)) as client:
        yield client


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


async def test_while_the_issuer_is_away_signing_in_says_so(provider: Provider) -> None:
    async with browser_at(app_for(provider, oidc_issuer="http://127.0.0.1:9/issuer")) as browser:
        answer = await browser.get("/nowhere/sign-in")
        assert answer.status_code == 503
        assert "try again" in answer.text


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
