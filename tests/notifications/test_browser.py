"""The duty desk's page in a real Chromium, with its script and without."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
import uvicorn
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import BrowserContext, Page, async_playwright
from starlette.responses import Response

from notifications.app import create_app
from shared.auth import Principal
from shared.auth.sessions import COOKIE
from tests.factories import parts_for
from tests.infra import chromium, until
from tests.notifications.desk import Desk, heard
from tests.tokens import TestIssuer

pytestmark = [
    pytest.mark.chromium,
    pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine"),
]


@dataclass
class Served:
    """The app on a port of its own, and how to sign somebody in."""

    origin: str
    server: uvicorn.Server
    session_of: Callable[[str], str]


@asynccontextmanager
async def served(desk: Desk, issuer: TestIssuer) -> AsyncGenerator[Served]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        origin = f"http://127.0.0.1:{listening.getsockname()[1]}"
        parts = parts_for(
            "notifications",
            desk.database,
            clock=desk.clock,
            oidc_issuer=issuer.url,
            public_origin=origin,
            demo="Only a try-out.",
        )
        app = create_app(parts)

        def session_of(name: str) -> str:
            answer = Response()
            who = Principal(name, name, frozenset({"duty"}), frozenset({"*"}))
            app.state.gate.sessions.begin(answer, who)
            return answer.headers["set-cookie"].partition("=")[2].partition(";")[0]

        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        await until(lambda: server.started)
        yield Served(origin, server, session_of)
        server.should_exit = True
        await serving


@asynccontextmanager
async def a_browser(app: Served, *, script: bool = True) -> AsyncGenerator[BrowserContext]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox"]
        )
        context = await browser.new_context(java_script_enabled=script)
        await context.add_cookies(
            [
                {
                    "name": COOKIE,
                    "value": app.session_of("Sam Reed"),
                    "url": f"{app.origin}/notifications/",
                }
            ]
        )
        yield context
        await browser.close()


async def faults(page: Page) -> list[str]:
    """What axe finds."""
    found = await Axe().run(page)
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found.response["violations"]]


async def test_a_new_alert_comes_up_by_itself_and_is_said_and_has_no_fault(
    desk: Desk, issuer: TestIssuer
) -> None:
    await desk.hears(heard("overdue"))
    async with served(desk, issuer) as app, a_browser(app) as browser:
        await browser.add_init_script("window.setInterval = (work) => { window.tick = work; };")
        page = await browser.new_page()
        await page.goto(f"{app.origin}/notifications/alerts")
        await page.get_by_role("button", name="Acknowledge").focus()
        assert await page.get_by_role("button", name="Acknowledge").count() == 1
        await desk.hears(heard("overdue", missing="start"))
        await page.evaluate("window.tick()")
        assert await page.get_by_role("button", name="Acknowledge").count() == 2
        assert await page.get_by_role("status").inner_text() == "A new alert is waiting."
        assert await page.title() == "(2) Alerts - Walk and Talk"
        held = await page.evaluate("document.activeElement.innerText")
        assert "not ended" in held
        await page.route("**/notifications/alerts", lambda route: route.abort())
        await page.evaluate("window.tick()")
        assert await page.get_by_text("could not be refreshed").is_visible()


async def test_without_a_script_the_button_and_the_link_do_it(
    desk: Desk, issuer: TestIssuer
) -> None:
    await desk.hears(heard("overdue"))
    async with served(desk, issuer) as app, a_browser(app, script=False) as browser:
        page = await browser.new_page()
        await page.goto(f"{app.origin}/notifications/alerts")
        await page.get_by_role("button", name="Acknowledge").click()
        await page.locator("#alerts").get_by_text("Sam Reed").wait_for()
        await desk.hears(heard("overdue"))
        await page.get_by_role("link", name="Refresh this page").click()
        await page.get_by_role("button", name="Acknowledge").wait_for()


async def test_the_page_has_no_fault_that_axe_finds(desk: Desk, issuer: TestIssuer) -> None:
    async with served(desk, issuer) as app, a_browser(app) as browser:
        page = await browser.new_page()
        for _ in range(2):
            await page.goto(f"{app.origin}/notifications/alerts")
            assert await faults(page) == []
            await desk.hears(heard("overdue"))
        await page.reload()
        await page.get_by_role("button", name="Acknowledge").first.click()
        await page.locator("#alerts").get_by_text("Sam Reed").wait_for()
        assert await faults(page) == []
        await page.set_viewport_size({"width": 320, "height": 800})
        wide = await page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 320
