"""The dashboard in a real Chromium, with its script and without."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from axe_playwright_python.async_playwright import Axe
from fastapi import FastAPI
from playwright.async_api import Page, async_playwright, expect
from starlette.responses import Response

from reporting.app import create_app
from shared.auth import Principal
from shared.auth.sessions import COOKIE
from shared.pages import are_built
from shared.postgres import Database
from tests.factories import START, parts_for
from tests.infra import chromium
from tests.reporting.events import DAY, a_concern, a_started_walk, applied_until
from tests.reporting.streams import serving
from tests.reporting.test_service import apply
from tests.tokens import TestIssuer

pytestmark = [
    pytest.mark.chromium,
    pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine"),
]
WITH_LEAFLET = pytest.mark.skipif(not are_built(), reason="the pages' assets are not built")


def session_of(app: FastAPI) -> str:
    answer = Response()
    who = Principal("analyst-1", "Ann Analyst", frozenset({"analyst"}), frozenset({"*"}))
    app.state.gate.sessions.begin(answer, who)
    return answer.headers["set-cookie"].partition("=")[2].partition(";")[0]


@asynccontextmanager
async def dashboard(
    database: Database, issuer: TestIssuer, *, query: str = "", script: bool = True
) -> AsyncGenerator[Page]:
    app = create_app(
        parts_for(
            "reporting",
            database,
            oidc_issuer=issuer.url,
            live_poll_seconds=0.05,
            live_beat_seconds=0.3,
        )
    )
    async with serving(app, app.state.live) as port, async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox"]
        )
        context = await browser.new_context(java_script_enabled=script)
        url = f"http://127.0.0.1:{port}/reporting/"
        await context.add_cookies([{"name": COOKIE, "value": session_of(app), "url": url}])
        page = await context.new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(error.message))
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        await page.goto(url + query)
        yield page
        assert wrong == []
        await browser.close()


def cell(page: Page, ward: str, column: str) -> str:
    measure, _, light = column.partition(" ")
    return f"tr:has(th:text-is('{ward}')) td[data-measure='{measure}'][data-light='{light}']"


async def faults(page: Page) -> list[str]:
    found = await Axe().run(page)
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found.response["violations"]]


@WITH_LEAFLET
async def test_a_walk_that_starts_shows_on_the_open_page(
    reporting_database: Database, issuer: TestIssuer
):
    await applied_until(reporting_database, START)
    async with dashboard(reporting_database, issuer, query="?show=walks") as page:
        dark = page.locator(cell(page, "Mere End", "walks dark"))
        await expect(dark).to_have_text("0")
        await expect(page.locator("#live")).to_have_text("This page changes by itself.")
        await apply(reporting_database, [a_started_walk(), a_concern()])
        await expect(dark).to_have_text("1")
        await expect(page.locator(cell(page, "Mere End", "concerns"))).to_have_text("1")
        await expect(page.locator("tfoot td").nth(2)).to_have_text("1")
        await expect(page.locator(".app-count").first).to_have_text("1")
        await expect(page.locator("#map path").first).to_have_attribute("fill", "url(#shade-1)")


async def test_chosen_days_follow_too(reporting_database: Database, issuer: TestIssuer):
    await applied_until(reporting_database, START)
    query = f"?from={DAY}&to={DAY}"
    async with dashboard(reporting_database, issuer, query=query) as page:
        later = a_started_walk(local_date=DAY + timedelta(days=1))
        await apply(reporting_database, [a_started_walk(), later])
        walks = page.locator(cell(page, "Mere End", "walks dark"))
        await expect(walks).to_have_text("1", timeout=15_000)


async def test_figures_that_grow_old_are_called_old_without_a_reload(
    reporting_database: Database, issuer: TestIssuer
):
    await applied_until(reporting_database, START)
    async with dashboard(reporting_database, issuer) as page:
        await expect(page.locator("#stale")).to_be_hidden()
        await reporting_database.pool.execute(
            "update partition_progress set as_of = as_of - interval '2 minutes'"
        )
        await expect(page.locator("#stale")).to_be_visible(timeout=15_000)
        await expect(page.locator("#lag")).to_have_text("2 minutes behind")
        await expect(page.locator("#as-of")).to_have_text("Tuesday 12 January, 5:58pm")


@WITH_LEAFLET
async def test_the_page_has_no_fault_that_axe_finds_and_fits_a_phone(
    reporting_database: Database, issuer: TestIssuer
):
    await applied_until(reporting_database, START)
    await apply(reporting_database, [a_started_walk(), a_concern(), a_concern(ward=None)])
    async with dashboard(reporting_database, issuer) as page:
        await expect(page.locator("#map")).to_be_visible()
        assert await faults(page) == []
        await page.set_viewport_size({"width": 320, "height": 800})
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320


async def test_without_a_script_the_table_says_it_all(
    reporting_database: Database, issuer: TestIssuer
):
    await applied_until(reporting_database, START - timedelta(seconds=3))
    await apply(reporting_database, [a_started_walk(), a_concern(light="day")])
    async with dashboard(reporting_database, issuer, script=False) as page:
        await expect(page.locator("#map-section")).to_be_hidden()
        await expect(page.get_by_text("3 seconds behind")).to_be_visible()
        await page.get_by_label("After dark").check()
        await page.get_by_label("Ward", exact=True).select_option("Mere End")
        await page.get_by_role("button", name="Show these").click()
        await expect(page.locator(cell(page, "Mere End", "walks dark"))).to_have_text("1")
        await expect(page.locator(cell(page, "Mere End", "concerns dark"))).to_have_text("0")
        await expect(page.locator("tbody tr")).to_have_count(1)
