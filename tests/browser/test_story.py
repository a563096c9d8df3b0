"""The main job through the pages: a woman books, an officer walks, captures and debriefs, the figures say so.

Told twice: with script on a wide screen, and without script on an old phone of 320 pixels.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.async_api import expect

from shared.clock import new_id
from tests.browser.browsing import Visitor
from tests.browser.conftest import Opens
from tests.browser.women import Way, books, reads_her_mail
from tests.embedded.process import Platform, embedded
from tests.infra import until

pytestmark = pytest.mark.chromium

# More fields than her form has.
MANY = 20
TIMES = re.compile(r"^\d|^midday|^midnight")


WAYS = {
    "with-script": Way(True, 1280, "Maya Ellison", "maya@example.org"),
    "on-an-old-phone-without-script": Way(False, 320, "Joan Harrow", "joan@example.org"),
}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    return WAYS[request.param]


async def test_the_main_job_through_the_pages(
    open_window: Opens, platform: Platform, way: Way
) -> None:
    analyst = await open_window(javascript=way.javascript, width=way.width)
    await analyst.signs_in("/reporting/", "analyst-1")
    before = await figures(analyst)

    woman = await open_window(javascript=way.javascript, width=way.width)
    reference = await books(woman, way)
    await reads_her_mail(woman, platform, way, reference)

    officer = await open_window(javascript=way.javascript, width=way.width)
    await starts(officer, way, reference)
    ward = await captures(officer, reference)
    await ends(officer, reference)
    await writes_it_down(officer, reference)
    await woman.goes(woman.page.url)
    await expect(woman.page.locator("h1")).to_have_text("Your walk is over")

    await sees(analyst, ward, before.get(ward, 0) + 1)
    await analyst.looks_right()


async def starts(officer: Visitor, way: Way, reference: str) -> None:
    """The officer finds the walk under today's and sets off."""
    page = officer.page
    await officer.signs_in("/booking/today", "officer-1")
    assert way.name in await officer.reads()
    await officer.looks_right()
    await page.get_by_role("button", name=f"Start the walk {reference}").click()
    await expect(page.get_by_role("button", name=f"End the walk {reference}")).to_be_visible()


async def captures(officer: Visitor, reference: str) -> str:
    """A concern on the way; the ward in which it is."""
    page = officer.page
    await page.get_by_role("link", name=f"Capture a concern on {reference}").click()
    await expect(page.locator("h1")).to_have_text("Capture a concern")
    await page.get_by_role("button", name="Capture concern").click()
    await expect(page.get_by_role("alert").first).to_contain_text("There is a problem")
    await officer.looks_right()
    await page.locator('input[name="categories"]').first.check()
    await page.get_by_label("2 – afraid").check()
    await page.locator("#spot").select_option(index=1)
    await page.get_by_role("button", name="Capture concern").click()
    banner = page.get_by_role("alert").filter(has_text="Concern captured")
    await expect(banner).to_be_visible()
    await officer.looks_right()
    told = re.search(r"Captured in (.+?)\.", await banner.inner_text())
    assert told
    return told[1]


async def ends(officer: Visitor, reference: str) -> None:
    """Back to the day's walks, and the walk is over."""
    page = officer.page
    await officer.goes("/booking/today")
    await page.get_by_role("button", name=f"End the walk {reference}").click()
    await expect(
        page.get_by_role("link", name=f"Add a concern that was said on {reference}")
    ).to_be_visible()
    await officer.looks_right()


async def writes_it_down(officer: Visitor, reference: str) -> None:
    """The walk is debriefed, and its own page says what has become of it."""
    page = officer.page
    written = f"All that was said is written down {reference}"
    await page.get_by_role("button", name=written).click()
    await expect(page.get_by_role("button", name=written)).to_have_count(0)
    await page.get_by_role("link", name=reference, exact=True).click()
    await expect(page.locator("h1")).to_contain_text("Debriefed")
    told = await page.locator("main ol li").all_inner_texts()
    assert [re.sub(r", by .*", "", each.split(": ", 1)[1]) for each in told] == [
        "Booked",
        "Started",
        "Ended",
        "All that was said is written down",
    ]
    await officer.looks_right()


async def figures(analyst: Visitor) -> dict[str, int]:
    """Concerns by the ward's name, as the dashboard's table shows them."""
    counts: dict[str, int] = {}
    for row in await analyst.page.locator("tr[data-ward]").all():
        all_lights = row.locator('td[data-measure="concerns"][data-light=""]')
        counts[await row.locator("th").inner_text()] = int(await all_lights.inner_text())
    return counts


async def sees(analyst: Visitor, ward: str, count: int) -> None:
    """The open dashboard comes to show it: by itself, or, without script, when loaded again."""

    async def shown() -> bool:
        if not analyst.javascript:
            await analyst.goes("/reporting/")
        return (await figures(analyst)).get(ward) == count

    await until(shown, 20, every=0.3)


async def test_the_duty_desk_acknowledges_by_a_button(visitor: Visitor, platform: Platform) -> None:
    due_at = datetime.now(UTC) - timedelta(minutes=20)
    await overdue(platform, due_at)
    await visitor.signs_in("/notifications/alerts", "duty-1")
    page = visitor.page
    row = page.locator("#waiting-list tbody tr").last
    await visitor.looks_right()
    label = await row.get_by_role("button").inner_text()
    await row.get_by_role("button").click()
    settled = page.locator("#settled-list tbody tr").filter(has_text="Lena Marsh")
    await expect(settled.first).to_be_visible()
    assert "Acknowledge" in label
    await visitor.looks_right()


async def overdue(platform: Platform, due_at: datetime) -> None:
    """What booking's timer says to notifications, with booking's own token."""
    said = (await embedded("env", "booking", **platform.environment)).out
    found = dict(re.findall(r"export BOOKING_(\w+)=(\S+)", said))
    client: Any = (found["OIDC_CLIENT_ID"], found["OIDC_CLIENT_SECRET"].strip("'"))
    async with platform.client as http:
        form = {"grant_type": "client_credentials", "audience": "notifications"}
        token = (await http.post("/issuer/token", data=form, auth=client)).json()["access_token"]
        wards = (await http.get("/booking/v1/wards")).json()["items"]
        body = {
            "event_id": str(new_id()),
            "walk_id": str(new_id()),
            "ward": {"code": wards[0]["code"], "set": wards[0]["set"]},
            "due_at": due_at.isoformat(),
            "missing": "end",
        }
        headers = {"Authorization": f"Bearer {token}"}
        answer = await http.post("/notifications/v1/overdue-walks", json=body, headers=headers)
        assert answer.status_code == httpx.codes.ACCEPTED, answer.text


async def test_a_walk_can_be_booked_by_keyboard_alone(open_window: Opens) -> None:
    woman = await open_window()
    keyboard = woman.page.keyboard
    await woman.goes("/booking/")
    await tab_to(woman, "button", TIMES)
    await keyboard.press("Enter")
    await woman.page.wait_for_url("**/booking/book?*")
    await tab_to(woman, "input", re.compile("Your name"))
    await keyboard.type("Nora Quill")
    order = await woman.tabs(1)
    await keyboard.type("nora@example.org")
    while order[-1][1] != "I am 18 or over":
        order += await woman.tabs(1)
        assert len(order) < MANY, order
    await keyboard.press("Space")
    order += await woman.tabs(1)
    assert [label.split(" (")[0] for _, label in order] == [
        "Email address",
        "Or a mobile number",
        "Send me messages only after",
        "and only before",
        "Messages may say when, where and with whom I walk",
        "You may leave a message on my voicemail",
        "British Sign Language",
        "An officer whose lips I can read",
        "A way without steps",
        "Which language would you like to speak?",
        "Anything the officer should know",
        "I am 18 or over",
        "Book this walk",
    ]
    await keyboard.press("Enter")
    await expect(woman.page.locator("h1")).to_contain_text("Your walk is confirmed")


async def tab_to(visitor: Visitor, tag: str, text: "re.Pattern[str]", most: int = 40) -> None:
    """Press Tab until the focus stands on such an element."""
    for _ in range(most):
        ((at, label),) = await visitor.tabs(1)
        if at == tag and text.search(label):
            return
    pytest.fail(f"no {tag} like {text.pattern} within {most} presses of Tab")
