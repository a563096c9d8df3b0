"""What pages are made of: words for times, templates, headers, assets, errors as pages."""

import re
from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request
from jinja2 import DictLoader, UndefinedError

from shared.auth import public, public_page
from shared.errors import Conflict, Fault, Invalid
from shared.pages import errors_by_field, render
from shared.pages.headers import content_security_policy
from shared.postgres import Database
from shared.web import create_api, under
from tests.factories import KeptParts, parts_for

NAME = "nowhere"
HTML = {"Accept": "text/html,application/xhtml+xml"}


@dataclass(frozen=True)
class Slot:
    near: str


TEMPLATES = {
    "form.html": """
        {% extends "base.html" %}
        {% from "govuk_frontend_jinja/components/input/macro.html" import govukInput %}
        {% block title %}Book{% endblock %}
        {% block content %}<h1 class="govuk-heading-l">Book near {{ slot.near }}</h1>
        <form method="post">{{ csrf_fields() }}
        {{ govukInput({"id": "email", "name": "email", "label": {"text": "Email"},
           "errorMessage": error_of("email")}) }}
        <button class="govuk-button">Book</button></form>{% endblock %}""",
    "unknown-name.html": "{{ nobody_gave_this }}",
    "unknown-attribute.html": "{{ slot.colour }}",
    "unknown-key.html": "{{ {'a': 1}.b }}",
    "components.html": """
        {% from "govuk_frontend_jinja/components/button/macro.html" import govukButton %}
        {% from "govuk_frontend_jinja/components/checkboxes/macro.html" import govukCheckboxes %}
        {% from "govuk_frontend_jinja/components/date-input/macro.html" import govukDateInput %}
        {% from "govuk_frontend_jinja/components/radios/macro.html" import govukRadios %}
        {% from "govuk_frontend_jinja/components/select/macro.html" import govukSelect %}
        {% from "govuk_frontend_jinja/components/textarea/macro.html" import govukTextarea %}
        {% from "govuk_frontend_jinja/components/table/macro.html" import govukTable %}
        {% from "govuk_frontend_jinja/components/panel/macro.html" import govukPanel %}
        {% from "govuk_frontend_jinja/components/notification-banner/macro.html" import govukNotificationBanner %}
        {{ govukButton({"text": "Book"}) }}
        {{ govukCheckboxes({"name": "c", "items": [{"value": "1", "text": "One"}]}) }}
        {{ govukDateInput({"id": "d"}) }}
        {{ govukRadios({"name": "r", "items": [{"value": "1", "text": "One"}]}) }}
        {{ govukSelect({"id": "s", "label": {"text": "S"}, "items": [{"value": "1", "text": "One"}]}) }}
        {{ govukTextarea({"id": "t", "name": "t", "label": {"text": "T"}}) }}
        {{ govukTable({"rows": [[{"text": "One"}]]}) }}
        {{ govukPanel({"titleText": "Booked"}) }}
        {{ govukNotificationBanner({"text": "Saved"}) }}""",
}


def router() -> APIRouter:
    made = APIRouter()

    @made.get("/form")
    async def form(
        request: Request, _: Annotated[None, public_page()], email: str | None = None
    ) -> Any:
        errors = {"email": "Enter an email address"} if email == "" else {}
        return render(request, "form.html", slot=Slot("<b>Park</b>"), errors=errors)

    @made.get("/manage")
    async def manage(request: Request, _: Annotated[None, public_page()]) -> Any:
        return render(request, "form.html", slot=Slot("x"), no_referrer=True)

    @made.get("/conflict")
    async def conflict(_: Annotated[None, public_page()]) -> None:
        raise Conflict("This slot has just gone: choose another.")

    @made.get("/number/{number}")
    async def number(number: int, _: Annotated[None, public_page()]) -> None: ...

    @made.get("/broken")
    async def broken(_: Annotated[None, public_page()]) -> None:
        message = "secret-in-a-message"
        raise KeyError(message)

    @made.get("/v1/broken")
    async def api_broken(_: Annotated[None, public()]) -> None:
        raise KeyError

    return made


def parts_with(**settings: Any) -> KeptParts:
    return parts_for(NAME, Database.__new__(Database), **settings)


def app_with(**settings: Any) -> FastAPI:
    app = create_api(parts_with(**settings), NAME, under(NAME, router()))
    loader = app.state.pages.environment.loader
    loader.loaders.insert(0, DictLoader(TEMPLATES))
    return app


def browser_at(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url=f"http://127.0.0.1:8080/{NAME}", headers=HTML
    )


@pytest.fixture
async def browser() -> AsyncGenerator[httpx.AsyncClient]:
    async with browser_at(app_with()) as client:
        yield client


async def test_what_a_page_shows_is_escaped(browser: httpx.AsyncClient) -> None:
    page = (await browser.get("/form")).text
    assert "Book near &lt;b&gt;Park&lt;/b&gt;" in page


async def test_a_page_has_a_language_a_title_a_way_to_skip_and_to_leave(
    browser: httpx.AsyncClient,
) -> None:
    page = (await browser.get("/form")).text
    assert '<html lang="en"' in page
    assert "<title>Book - Walk and Talk</title>" in page
    assert 'href="#main-content"' in page
    assert "Exit this page" in page
    assert 'href="https://www.bbc.co.uk/weather"' in page
    assert 'href="/nowhere/accessibility"' in page
    assert "govuk-phase-banner" not in page


async def test_errors_are_summed_up_at_the_head_and_lead_to_their_fields(
    browser: httpx.AsyncClient,
) -> None:
    page = (await browser.get("/form?email=")).text
    assert "<title>Error: Book - Walk and Talk</title>" in page
    assert "There is a problem" in page
    assert '<a href="#email">Enter an email address</a>' in page
    assert 'aria-describedby="email-error"' in page


async def test_no_page_holds_a_script_or_style_of_its_own(browser: httpx.AsyncClient) -> None:
    for path in ("/form?email=", "/conflict", "/accessibility", "/cookies", "/signed-out"):
        page = (await browser.get(path)).text
        for script in re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL):
            assert not script.strip()
        assert "<style" not in page
        assert not re.search(r"\s(on\w+|style)=", page)


async def test_a_try_out_says_so_on_every_page() -> None:
    async with browser_at(app_with(demo="For trying out: nothing here is real.")) as browser:
        assert "For trying out: nothing here is real." in (await browser.get("/form")).text


async def test_the_answer_tells_the_browser_what_not_to_do(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/form")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "strict-transport-security" not in answer.headers
    assert (await browser.get("/manage")).headers["referrer-policy"] == "no-referrer"
    for path in ("/v1/nothing", "/broken", "/assets/page.js", "/v1/openapi.json"):
        assert "content-security-policy" in (await browser.get(path)).headers, path


def test_behind_https_the_browser_is_told_to_stay_and_forms_may_lead_to_the_issuer() -> None:
    settings = parts_with(
        public_origin="https://walk.example", oidc_issuer="https://login.example/tenant/v2"
    ).settings
    assert "form-action 'self' https://login.example;" in content_security_policy(settings)


@contextmanager
def refusing() -> Generator[None]:
    with pytest.raises(UndefinedError):
        yield


def test_the_macros_may_be_given_as_little_as_one_likes() -> None:
    environment = app_with().state.pages.environment
    assert "govuk-button" in environment.get_template("components.html").render()


@pytest.mark.parametrize(
    "template", ["unknown-name.html", "unknown-attribute.html", "unknown-key.html"]
)
def test_a_name_that_a_template_was_not_given_raises(template: str) -> None:
    environment = app_with().state.pages.environment
    with refusing():
        environment.get_template(template).render(slot=Slot("x"))


async def test_a_refusal_is_a_page_for_who_reads_pages_and_a_problem_for_who_does_not(
    browser: httpx.AsyncClient,
) -> None:
    page = await browser.get("/conflict")
    assert page.status_code == 409
    assert "text/html" in page.headers["content-type"]
    assert "This slot has just gone: choose another." in page.text
    problem = await browser.get("/conflict", headers={"Accept": "application/json"})
    assert problem.status_code == 409
    assert problem.headers["content-type"] == "application/problem+json"
    api = await browser.get("/v1/nothing")
    assert (api.status_code, api.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(
    ("path", "status"), [("/nothing", 404), ("/number/x", 422), ("/broken", 500)]
)
async def test_every_error_on_a_page_is_a_page_that_says_nothing_of_the_inside(
    browser: httpx.AsyncClient, path: str, status: int
) -> None:
    answer = await browser.get(path)
    assert answer.status_code == status
    assert answer.text.startswith("<!DOCTYPE html>")
    assert "secret-in-a-message" not in answer.text
    assert "KeyError" not in answer.text


async def test_an_error_of_the_api_stays_a_problem(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/v1/broken")
    assert (answer.status_code, answer.json()["title"]) == (
        500,
        "Something went wrong on our side.",
    )


async def test_an_asset_is_kept_for_a_year_at_an_address_that_changes_with_it(
    browser: httpx.AsyncClient,
) -> None:
    page = (await browser.get("/form")).text
    found = re.search(r'src="/nowhere(/assets/page\.js\?v=[0-9a-f]{16})"', page)
    assert found
    answer = await browser.get(found[1])
    assert "javascript" in answer.headers["content-type"]
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    plain = await browser.get("/assets/page.js")
    assert plain.headers["cache-control"] == "public, max-age=300"
    same = await browser.get("/assets/page.js", headers={"If-None-Match": plain.headers["etag"]})
    assert same.status_code == 304


async def test_nothing_but_assets_is_served_as_one(browser: httpx.AsyncClient) -> None:
    for path in ("/assets/../static.py", "/assets/%2e%2e/static.py", "/assets/", "/assets/none.js"):
        assert (await browser.get(path)).status_code == 404


async def test_a_page_comes_up_without_the_built_assets(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("shared.pages.static.BUILT", tmp_path / "never-built")
    async with browser_at(app_with()) as browser:
        page = await browser.get("/form")
        assert page.status_code == 200
        assert 'href="/nowhere/assets/app.css"' in page.text
        assert (await browser.get("/assets/app.css")).status_code == 404


async def test_what_the_browser_asked_for_is_not_in_the_log() -> None:
    parts = parts_with()
    app = create_api(parts, NAME, under(NAME, router()))
    async with browser_at(app) as browser:
        await browser.get("/number/very-secret-link")
        await browser.get("/very-secret-link")
    assert "very-secret-link" not in parts.lines.getvalue()


def test_a_refusals_faults_go_to_their_fields() -> None:
    refusal = Invalid(faults=[Fault("#/email", "is not an address"), Fault("#/a/b", "is odd")])
    assert errors_by_field(refusal) == {"email": "Is not an address", "b": "Is odd"}
