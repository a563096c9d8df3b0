"""What a person does in a window, and what is judged of a page."""

import asyncio
from typing import Any

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import ConsoleMessage, Page, Response, Route

from shared.pages import are_built

STANDARDS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
OPTIONS = {"runOnly": {"type": "tag", "values": STANDARDS}, "resultTypes": ["violations"]}
AXE_SECONDS = 30
FOCUSED = """() => {
  const at = document.activeElement;
  const label = at.labels?.[0]?.innerText;
  return [at.tagName.toLowerCase(), (label || at.innerText || at.value || "").trim()];
}"""


class Visitor:
    """One window; notes every complaint of its pages: errors of script, refused content, 5xx."""

    def __init__(self, page: Page, *, javascript: bool) -> None:
        self.page = page
        self.javascript = javascript
        self.complaints: list[str] = []
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("response", self._answered)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "status of 4" not in message.text:
            self.complaints.append(f"{self.page.url}: {message.text}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500:
            self.complaints.append(f"{response.url}: {response.status}")

    async def goes(self, path: str) -> int:
        """Open a page; its status."""
        response = await self.page.goto(path)
        assert response is not None
        return response.status

    async def signs_in(self, path: str, person: str) -> None:
        """Open a staff page and choose at the issuer who to be, if it asks."""
        await self.goes(path)
        if "/issuer/" in self.page.url:
            await self.page.locator(f'button[name="person"][value="{person}"]').click()
            await self.page.wait_for_url(lambda url: "/issuer/" not in url)

    async def reads(self) -> str:
        """The text of the page's main part."""
        return await self.page.locator("main").inner_text()

    async def findings(self) -> list[str]:
        """What axe finds on the page as it stands, one line each."""
        page = self.page if self.javascript else await self._copy()
        found: Any = await asyncio.wait_for(Axe().run(page, options=OPTIONS), AXE_SECONDS)
        if page is not self.page:
            await page.context.close()
        return [
            f"{self.page.url}: {violation['id']}: {node['html'][:200]}"
            for violation in found.response["violations"]
            for node in violation["nodes"]
        ]

    async def _copy(self) -> Page:
        """The page as it stands, in a window where axe can run (it waits for timers) and nothing else.

        The scripts that the page asks for do not come; what it says to those without script does.
        """
        html = (await self.page.content()).replace("noscript", "div")
        browser = self.page.context.browser
        assert browser is not None
        page = await (await browser.new_context(viewport=self.page.viewport_size)).new_page()

        async def answer(route: Route) -> None:
            kind = route.request.resource_type
            if kind == "document":
                await route.fulfill(body=html, content_type="text/html; charset=utf-8")
            elif kind == "script":
                await route.abort()
            else:
                await route.continue_()

        await page.route("**/*", answer)
        await page.goto(self.page.url)
        return page

    async def is_accessible(self) -> None:
        """Fail with what axe finds."""
        findings = await self.findings()
        assert not findings, "\n".join(findings)

    async def looks_right(self) -> None:
        """Nothing that axe finds, and nothing too wide."""
        await self.is_accessible()
        if are_built():
            await self.fits()

    async def fits(self) -> None:
        """Fail when the page must be scrolled sideways (WCAG 1.4.10)."""
        wide = await self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{self.page.url} is {wide} pixels too wide"

    async def tabs(self, times: int) -> list[tuple[str, str]]:
        """Press Tab so often: the elements that get the focus, as tag and text."""
        seen: list[tuple[str, str]] = []
        for _ in range(times):
            await self.page.keyboard.press("Tab")
            tag, text = await self.page.evaluate(FOCUSED)
            seen.append((tag, " ".join(text.split())))
        return seen
