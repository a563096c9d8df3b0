"""A journey through the pages: just before her walk she cancels, its officer sees it, and another has the time.

Told twice: with script on a wide screen, and without script on an old phone of 320 pixels.
"""

import pytest
from playwright.async_api import expect

from shared.clock import new_id
from tests.browser.browsing import Visitor
from tests.browser.conftest import Opens
from tests.browser.women import Way, chooses, fills_in, reads_her_mail
from tests.embedded.process import Platform

pytestmark = pytest.mark.chromium


def a_way(visitor: Visitor, name: str) -> Way:
    """How somebody books in a window."""
    return Way(visitor.javascript, 0, name, f"{new_id()}@example.org")


async def test_whoever_cancels_is_told_so_and_her_time_is_another_s(
    visitor: Visitor, open_window: Opens, platform: Platform
) -> None:
    way, page = a_way(visitor, "Ada Brook"), visitor.page
    slot = await chooses(visitor)
    reference = await fills_in(visitor, way)
    await reads_her_mail(visitor, platform, way, reference)
    await page.get_by_role("button", name="Cancel this walk").click()
    await expect(page.locator("h1")).to_have_text("Your walk is cancelled")
    await visitor.looks_right()

    officer = await open_window(javascript=visitor.javascript)
    await officer.signs_in("/booking/today", "officer-1")
    await officer.page.get_by_role("link", name=reference, exact=True).click()
    await expect(officer.page.locator("h1")).to_contain_text("Cancelled")
    assert "Cancelled: the participant cannot come" in await officer.reads()

    other = await open_window(javascript=visitor.javascript)
    await other.goes("/booking/")
    await other.page.locator(f'button[name="slot_id"][value="{slot}"]').click()
    await fills_in(other, a_way(other, "Bea Lane"))

    await page.get_by_role("button", name="Undo: I can come after all").click()
    await expect(page.locator("#undo")).to_contain_text("Somebody else has this time now")
    await visitor.looks_right()
