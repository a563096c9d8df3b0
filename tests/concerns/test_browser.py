"""The officer's page in a real Chromium: axe, the map, the device's position, and a narrow screen."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import BrowserContext, Page, async_playwright
from starlette.responses import Response

from concerns.app import create_app
from shared.auth import Principal
from shared.auth.sessions import COOKIE
from shared.postgres import Database
from tests.concerns.capturing import MERE_END, a_desk, count
from tests.infra import chromium, until
from tests.tokens import TestIssuer

pytestmark = [
    pytest.mark.chromium,
    pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine"),
]
LON, LAT = MERE_END.point


@asynccontextmanager
async def a_browser(
    database: Database, issuer: TestIssuer, *, script: bool = True
) -> AsyncGenerator[tuple[BrowserContext, str]]:
    """A signed-in officer's browser at her desk in Mere End, and the page's address."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        origin = f"http://127.0.0.1:{listening.getsockname()[1]}"
        app = create_app(a_desk(database, oidc_issuer=issuer.url, public_origin=origin))
        answer = Response()
        who = Principal("officer-1", "Sam Reed", frozenset({"officer"}), frozenset({"*"}))
        app.state.gate.sessions.begin(answer, who)
        sealed = answer.headers["set-cookie"].partition("=")[2].partition(";")[0]
        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        await until(lambda: server.started)
        try:
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(
                    executable_path=chromium(), args=["--no-sandbox"]
                )
                context = await browser.new_context(
                    java_script_enabled=script,
                    geolocation={"latitude": LAT, "longitude": LON, "accuracy": 12},
                    permissions=["geolocation"],
                )
                cookie = {"name": COOKIE, "value": sealed, "url": f"{origin}/concerns/"}
                await context.add_cookies([cookie])  # pyright: ignore[reportArgumentType] - a TypedDict
                yield context, f"{origin}/concerns/capture"
        finally:
            server.should_exit = True
            await serving


async def faults(page: Page) -> list[str]:
    """What axe finds."""
    found = await Axe().run(page)
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found.response["violations"]]


async def fill(page: Page) -> None:
    await page.get_by_label("Badly lit").check()
    await page.get_by_label("2 – afraid").check()
    await page.get_by_label("Note (optional)").fill("Two lamps out")


async def test_a_concern_is_captured_where_the_device_is(
    concerns_database: Database, issuer: TestIssuer
) -> None:
    async with a_browser(concerns_database, issuer) as (browser, address):
        page = await browser.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        await page.goto(address)
        assert await faults(page) == []
        await fill(page)
        await page.get_by_label("A place people know").select_option("Larkfield Library, Larkfield")
        await page.get_by_role("button", name="Use where I am").click()
        await page.get_by_text("Found, to about 12 metres").wait_for()
        assert await page.get_by_label("Latitude").input_value() == f"{LAT:.6f}"
        assert await page.get_by_label("A place people know").input_value() == ""
        await page.get_by_role("button", name="Capture concern").click()
        await page.get_by_text("Captured in Mere End").wait_for()
        assert await faults(page) == []
        assert said == []
    assert await count(concerns_database, "concern") == 1


async def test_a_place_is_pointed_at_on_the_map(
    concerns_database: Database, issuer: TestIssuer
) -> None:
    async with a_browser(concerns_database, issuer) as (browser, address):
        page = await browser.new_page()
        await page.goto(address)
        await page.locator("#map path").first.wait_for()
        await page.locator("#map").click()
        lat = float(await page.get_by_label("Latitude").input_value())
        lon = float(await page.get_by_label("Longitude").input_value())
        assert 51.38 < lat < 51.44
        assert -0.25 < lon < -0.13


async def test_without_a_script_a_place_is_chosen_or_typed(
    concerns_database: Database, issuer: TestIssuer
) -> None:
    async with a_browser(concerns_database, issuer, script=False) as (browser, address):
        page = await browser.new_page()
        await page.goto(address)
        assert not await page.get_by_role("button", name="Use where I am").is_visible()
        await page.get_by_role("button", name="Capture concern").click()
        await page.get_by_role("link", name="Say where it is").wait_for()
        await fill(page)
        await page.get_by_label("A place people know").select_option("Larkfield Library, Larkfield")
        await page.get_by_role("button", name="Capture concern").click()
        await page.get_by_text("Captured in Larkfield").wait_for()
    assert await count(concerns_database, "concern") == 1


async def test_faults_and_a_narrow_screen_have_no_finding_either(
    concerns_database: Database, issuer: TestIssuer
) -> None:
    async with a_browser(concerns_database, issuer) as (browser, address):
        page = await browser.new_page()
        await page.goto(address)
        await page.get_by_role("button", name="Capture concern").click()
        await page.get_by_text("There is a problem").wait_for()
        assert await faults(page) == []
        await page.set_viewport_size({"width": 320, "height": 800})
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320
