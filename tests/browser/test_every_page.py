"""What holds on every page: no axe finding, no sideways scrolling, a way in by keyboard.

With script on a wide screen, and without script on an old phone of 320 pixels.
"""

import pytest

from tests.browser.browsing import Visitor
from tests.browser.conftest import Opens

pytestmark = pytest.mark.chromium

PUBLIC = (
    "/booking/",
    "/booking/wish",
    "/booking/return",
    "/booking/accessibility",
    "/booking/cookies",
    "/booking/signed-out",
    "/booking/nothing-here",
    "/mail",
    "/mail/99999",
)
STAFF = (
    ("/booking/today", "officer-1"),
    ("/booking/roster", "coordinator-1"),
    ("/booking/requests", "coordinator-1"),
    ("/booking/week", "coordinator-1"),
    ("/booking/shifts", "coordinator-1"),
    ("/booking/rosters", "coordinator-1"),
    ("/booking/bars", "coordinator-1"),
    ("/booking/absences", "coordinator-1"),
    ("/booking/teams", "coordinator-1"),
    ("/booking/duty", "duty-1"),
    ("/notifications/alerts", "duty-1"),
    ("/reporting/", "analyst-1"),
    ("/reporting/", "coordinator-1"),
)


@pytest.mark.parametrize("path", PUBLIC)
async def test_a_public_page_looks_right(visitor: Visitor, path: str) -> None:
    assert await visitor.goes(path) in {200, 404}
    await visitor.looks_right()


@pytest.mark.parametrize(("path", "person"), STAFF)
async def test_a_staff_page_looks_right(visitor: Visitor, path: str, person: str) -> None:
    await visitor.signs_in(path, person)
    assert path in visitor.page.url, visitor.page.url
    await visitor.looks_right()


@pytest.mark.parametrize("link", ["Change how", "Change where"])
async def test_the_forms_that_change_a_team_look_right(visitor: Visitor, link: str) -> None:
    await visitor.signs_in("/booking/teams", "coordinator-1")
    await visitor.page.locator("a", has_text=link).first.click()
    assert "/booking/teams/" in visitor.page.url
    await visitor.looks_right()


async def test_an_absence_and_what_is_wrong_with_one_look_right(visitor: Visitor) -> None:
    await visitor.signs_in("/booking/absences", "coordinator-1")
    await visitor.page.get_by_role("button", name="Record it").click()
    assert "There is a problem" in await visitor.reads()
    await visitor.looks_right()
    await visitor.page.get_by_label("Officer").select_option(index=8)
    await visitor.page.get_by_label("On leave").check()
    for name, said in {"day": "1", "month": "1", "year": "2031"}.items():
        await visitor.page.locator(f"#from_{name}").fill(said)
    await visitor.page.get_by_role("button", name="Record it").click()
    assert "Absence of" in await visitor.reads()
    await visitor.looks_right()
    await visitor.page.get_by_role("button", name="Call it off").click()
    assert "Record an absence" in await visitor.reads()


async def test_the_forms_of_a_shift_and_what_is_wrong_with_them_look_right(
    visitor: Visitor,
) -> None:
    page = visitor.page
    await visitor.signs_in("/booking/shifts", "coordinator-1")
    await page.get_by_label("Officer").select_option(index=7 if visitor.javascript else 6)
    await page.get_by_label("Weekday").select_option("tuesday")
    for name, said in {"from": "20:00", "to": "20:30", "begins_day": "1", "near": "a mill"}.items():
        await page.locator(f"#{name}").fill(said)
    for name, said in {"begins_month": "1", "begins_year": "2031"}.items():
        await page.locator(f"#{name}").fill(said)
    await page.get_by_label("Meeting point").select_option(index=1)
    await page.get_by_role("button", name="Add this shift").click()
    assert "The shift is added" in await visitor.reads()
    week = await page.locator('a[href^="/booking/shifts?officer="]').first.get_attribute("href")
    assert week is not None
    for link, button in {
        "Change or end it": "Change this shift",
        "a day that": "Change this day",
    }.items():
        await visitor.goes(week.replace("shifts?", "week?"))
        await page.locator("a", has_text=link).first.click()
        assert "/booking/shifts/" in visitor.page.url
        await visitor.looks_right()
        await visitor.page.locator('input[name="from"]').fill("soon")
        await visitor.page.get_by_role("button", name=button).click()
        assert "There is a problem" in await visitor.reads()
        await visitor.looks_right()


async def test_a_walk_and_where_to_move_it_look_right(visitor: Visitor) -> None:
    await visitor.goes("/booking/")
    await visitor.page.locator('form[action="/booking/hold"] button').first.click()
    await visitor.page.get_by_label("Your name").fill("Ines Marlow")
    mail = f"ines{'' if visitor.javascript else '2'}@example.org"
    await visitor.page.get_by_label("Email address").fill(mail)
    await visitor.page.get_by_label("I am 18 or over").check()
    await visitor.page.get_by_role("button", name="Book this walk").click()
    await visitor.signs_in("/booking/today", "coordinator-1")
    walk = visitor.page.locator('a[href^="/booking/walks/"]').first
    if not await walk.count():  # the first that can be booked may be tomorrow's
        await visitor.page.get_by_role("link", name="the day after").click()
    await walk.click()
    assert "What has become of it" in await visitor.reads()
    await visitor.looks_right()
    assert await visitor.goes(f"{visitor.page.url}/move") == 200
    await visitor.looks_right()


async def test_a_wish_and_the_slots_for_it_look_right(visitor: Visitor) -> None:
    page = visitor.page
    await visitor.goes("/booking/wish")
    for name in ("wards", "days"):
        await page.locator(f'input[name="{name}"]').first.check()
    mail = f"lena{'' if visitor.javascript else '2'}@example.org"
    said = {"from": "04:00", "to": "05:00", "name": "Lena Marlow", "email": mail}
    for name, value in said.items():
        await page.locator(f"#{name}").fill(value)
    await page.get_by_label("I am 18 or over").check()
    await page.get_by_role("button", name="Ask for a walk").click()
    await visitor.looks_right()
    await visitor.signs_in("/booking/requests", "coordinator-1")
    await visitor.looks_right()
    await page.get_by_role("link", name="Offer a slot").first.click()
    assert "another time" in await visitor.reads()
    await visitor.looks_right()
    await page.get_by_role("button", name="Offer this slot").click()
    assert "There is a problem" in await visitor.reads()
    await visitor.looks_right()


async def test_a_roster_that_is_wrong_and_a_bar_that_is_wrong_look_right(visitor: Visitor) -> None:
    await visitor.signs_in("/booking/rosters", "coordinator-1")
    await visitor.page.locator("#csv").fill("officer,weekday")
    await visitor.page.get_by_role("button", name="See what they would change").click()
    assert "Lines that are wrong" in await visitor.reads()
    await visitor.looks_right()
    await visitor.goes("/booking/bars")
    await visitor.page.get_by_role("button", name="Bar her from booking online").click()
    assert "There is a problem" in await visitor.reads()
    await visitor.looks_right()


async def test_the_sign_in_page_and_a_refusal_look_right(visitor: Visitor) -> None:
    await visitor.goes("/notifications/alerts")
    assert "/issuer/authorize" in visitor.page.url
    await visitor.looks_right()
    await visitor.signs_in("/notifications/alerts", "officer-1")
    assert "do not allow" in await visitor.reads()
    await visitor.looks_right()


async def test_by_keyboard_the_first_stops_are_skipping_and_leaving(visitor: Visitor) -> None:
    await visitor.goes("/booking/")
    stops = await visitor.tabs(4)
    assert stops[0] == ("a", "Skip to main content")
    assert stops[1] == ("a", "Exit this page")
    assert ("a", "Book a walk") in stops
    await visitor.page.keyboard.press("Shift+Tab")


async def test_skipping_by_keyboard_leads_to_the_main_part(visitor: Visitor) -> None:
    await visitor.goes("/booking/cookies")
    await visitor.page.keyboard.press("Tab")
    await visitor.page.keyboard.press("Enter")
    assert visitor.page.url.endswith("#main-content")


@pytest.mark.parametrize("javascript", [True, False])
async def test_leaving_leads_away_with_and_without_script(
    open_window: Opens,
    javascript: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    visitor = await open_window(javascript=javascript)
    asked: list[str] = []

    async def elsewhere(route: object) -> None:
        asked.append(route.request.url)  # type: ignore[attr-defined]
        await route.fulfill(body="The weather", content_type="text/plain")  # type: ignore[attr-defined]

    await visitor.page.route("https://www.bbc.co.uk/**", elsewhere)
    await visitor.goes("/booking/cookies")
    await visitor.page.get_by_role("button", name="Exit this page").click()
    await visitor.page.wait_for_url("https://www.bbc.co.uk/weather")
    assert asked


async def test_signing_out_leads_to_being_asked_again(visitor: Visitor) -> None:
    await visitor.signs_in("/notifications/alerts", "duty-1")
    await visitor.page.get_by_role("button", name="Sign out").click()
    assert "You have signed out" in await visitor.reads()
    await visitor.goes("/notifications/alerts")
    assert "/issuer/authorize" in visitor.page.url
