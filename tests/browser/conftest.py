"""A real Chromium, with and without script, in front of the embedded platform."""

from collections.abc import AsyncGenerator, Awaitable, Callable

import pytest
from playwright.async_api import Browser, async_playwright

from tests.browser.browsing import Visitor
from tests.embedded.process import Platform, free_port
from tests.infra import chromium

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 15_000

# Opens a window of its own, with its own cookies: ``await open_window(javascript=False)``.
Opens = Callable[..., Awaitable[Visitor]]


@pytest.fixture(scope="package")
async def platform(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Platform]:
    """``python -m embedded``, as its users have it."""
    found = Platform(tmp_path_factory.mktemp("browser") / ".data", free_port())
    await found.start()
    yield found
    await found.clear()


@pytest.fixture(scope="package")
async def browser() -> AsyncGenerator[Browser]:
    """Debian's Chromium; where there is none the tests are skipped (in CI nothing starts)."""
    found = chromium()
    if found is None:
        pytest.skip("no Chromium on this machine")
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield launched
        await launched.close()


@pytest.fixture
async def open_window(browser: Browser, platform: Platform) -> AsyncGenerator[Opens]:
    """Windows of a test; when it is over, none of their pages may have complained."""
    opened: list[Visitor] = []

    async def open_one(*, javascript: bool = True, width: int = 1280) -> Visitor:
        context = await browser.new_context(
            base_url=f"http://127.0.0.1:{platform.port}",
            java_script_enabled=javascript,
            viewport={"width": width, "height": 900},
            locale="en-GB",
        )
        context.set_default_timeout(PATIENCE_MS)
        opened.append(Visitor(await context.new_page(), javascript=javascript))
        return opened[-1]

    yield open_one
    complaints = [each for visitor in opened for each in visitor.complaints]
    for visitor in opened:
        await visitor.page.context.close()
    assert not complaints, complaints


@pytest.fixture(params=[True, False], ids=["with-script", "on-an-old-phone-without-script"])
async def visitor(request: pytest.FixtureRequest, open_window: Opens) -> Visitor:
    """One window; every test that asks for it runs both ways."""
    return await open_window(javascript=request.param, width=1280 if request.param else 320)
