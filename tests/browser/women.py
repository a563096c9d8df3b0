"""What a woman does through the pages: she chooses a time, books it, reads her mail.

Each page that she meets must look right.
"""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from playwright.async_api import Locator, expect

from tests.browser.browsing import Visitor
from tests.embedded.process import Platform
from tests.infra import until

LINK = re.compile(r"http://127\.0\.0\.1:\d+/booking/manage/\S+")


@dataclass(frozen=True, slots=True)
class Way:
    """How a story is told."""

    javascript: bool
    width: int
    name: str
    email: str


async def books(woman: Visitor, way: Way) -> str:
    """From the front page to the confirmation; the reference."""
    await chooses(woman)
    return await fills_in(woman, way)


async def chooses(woman: Visitor) -> str:
    """The first time within the hour, which is kept for her; its slot's id."""
    page = woman.page
    await woman.goes("/")
    assert page.url.endswith("/booking/")
    await woman.looks_right()
    soon = page.locator("h2", has_text="Within the hour").locator("xpath=following-sibling::ul[1]")
    await until(lambda: offered(woman, soon), 30, every=0.3)
    await soon.get_by_role("button").first.click()
    await is_kept(woman)
    [slot] = parse_qs(urlsplit(page.url).query)["slot"]
    return slot


async def fills_in(woman: Visitor, way: Way) -> str:
    """Her form, sent once with nothing in it; the reference of her walk."""
    page = woman.page
    await page.get_by_role("button", name="Book this walk").click()
    summary = page.get_by_role("alert")
    await expect(summary).to_contain_text("There is a problem")
    assert (await page.title()).startswith("Error: ")
    await woman.looks_right()
    await page.get_by_label("Your name").fill(way.name)
    await page.get_by_label("Email address").fill(way.email)
    await page.get_by_label("I am 18 or over").check()
    await page.get_by_role("button", name="Book this walk").click()
    await expect(page.locator("h1")).to_contain_text("Your walk is confirmed")
    await woman.looks_right()
    said = await woman.reads()
    for answer in ("When", "Where", "Who", "What happens next"):
        assert answer in said
    reference = await page.locator(".govuk-panel__body strong").inner_text()
    assert reference in said
    return reference


async def is_kept(woman: Visitor) -> None:
    """The form says until when the time is hers; with script, how many minutes are left."""
    said = woman.page.locator(".govuk-inset-text")
    await expect(said).to_contain_text("We are keeping this time for you until")
    if woman.javascript:
        await expect(said).to_contain_text(re.compile(r"\d minutes? left"))


async def offered(woman: Visitor, soon: Locator) -> bool:
    """Whether a walk within the hour is offered; a moment after one was booked, another is."""
    if await soon.count():
        return True
    await woman.goes("/booking/")
    return False


async def reads_her_mail(woman: Visitor, platform: Platform, way: Way, reference: str) -> None:
    """The mail's link leads to her walk, and looking at it changes nothing."""

    async def mail() -> str | None:
        async with platform.client as http:
            listed = (await http.get("/mail")).text
            for row in re.findall(r"<tr.*?</tr>", listed, re.DOTALL):
                if way.email in row and (found := re.search(r'href="(/mail/\d+)"', row)):
                    return found[1]
        return None

    opened = await until(mail, 20)
    assert opened
    assert await woman.goes(opened) == 200
    await woman.looks_right()
    async with platform.client as http:
        source = (await http.get(f"{opened}/source")).text
    link = LINK.search(source.replace("=\r\n", "").replace("=\n", "").replace("=3D", "="))
    assert link, source
    for _ in range(2):
        assert await woman.goes(link[0]) == 200
    await expect(woman.page.locator("h1")).to_have_text("Your walk")
    await woman.looks_right()
    said = await woman.reads()
    assert reference in said
    assert "Confirmed" in said
