"""The pages of wishes, without a script: asked for, offered, answered, given up; and the coordinators' list."""

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.booking.desk import OTHER_WARD, WARD, Booking
from tests.booking.visiting import FROM_US, HTML, page, sends, signed_in
from tests.booking.wishes import DAY, agrees, works
from tests.factories import START
from tests.provider import hidden_fields

HERS: dict[str, Any] = {
    "wards": [WARD, OTHER_WARD],
    "days": ["tuesday", "wednesday"],
    "from": "17:00",
    "to": "21:00",
    "light": "dark",
    "name": "Ada <Example>",
    "email": "ada@example.org",
    "note": "Pushchair",
    "adult": "yes",
}


async def asks(booking: Booking, **changes: Any) -> httpx.Response:
    """Somebody asks by the form."""
    shown = await page(booking, "/booking/wish")
    data = {**hidden_fields(shown), **HERS, **changes}
    return await booking.http.post("/booking/wish", data=data, headers=FROM_US | HTML)


async def her_page(booking: Booking, **changes: Any) -> str:
    """The address of a wish that somebody has just made."""
    answer = await asks(booking, **changes)
    assert answer.status_code == 303, answer.text
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    booking.clock.advance(timedelta(minutes=1))
    return answer.headers["location"]


async def test_a_walk_is_asked_for_offered_and_booked(booking: Booking) -> None:
    assert "/booking/wish" in await page(booking, "/booking/")
    where = await her_page(booking)
    waiting = await page(booking, where)
    assert "You are waiting for a walk" in waiting
    assert "By <strong>Tuesday 9 March</strong> you have a walk, or we write to you" in waiting
    assert "Tuesday, Wednesday 17:00 to 21:00" in waiting
    await booking.slot(at=START + DAY)
    await works(booking)
    booking.clock.advance(timedelta(minutes=59))
    offered = await page(booking, where)
    for said in (
        "We have a time for you",
        "Wednesday 13 January, 6pm to 6:30pm (after dark)",
        "near the old mill",
        "PC Robin 1",
        "Wednesday 13 January, 6:01am",
        "11 hours and 1 minute from now",
        "Why this officer",
    ):
        assert said in offered
    assert "Mill Lane" not in offered
    answer = await sends(booking, f"{where}/accept", offered)
    assert answer.status_code == 303
    assert re.fullmatch(r"/booking/manage/[\w.-]+\?booked=1", answer.headers["location"])
    assert "Mill Lane bus stop" in await page(booking, answer.headers["location"])
    again = await sends(booking, f"{where}/accept", offered)  # pressed twice
    assert again.headers["location"] == answer.headers["location"]
    after = await page(booking, where)
    assert "You have a walk" in after
    assert "/booking/manage/" not in after
    await agrees(booking)


async def test_declining_asks_once_more_and_keeps_her_place(booking: Booking) -> None:
    where = await her_page(booking)
    await booking.slot(at=START + DAY)
    await works(booking)
    sure = await page(booking, f"{where}/decline")
    assert "We do not offer you PC Robin 1 again" in sure
    assert (await sends(booking, f"{where}/decline", sure)).headers["location"] == where
    assert "You are waiting for a walk" in await page(booking, where)
    assert len(await booking.slots()) == 1
    # There is nothing to decline now: whoever comes back is shown how it stands.
    answer = await booking.http.get(f"{where}/decline", headers=HTML)
    assert (answer.status_code, answer.headers["location"]) == (303, where)


async def test_giving_it_up_asks_once_more(booking: Booking) -> None:
    where = await her_page(booking)
    sure = await page(booking, f"{where}/withdraw")
    assert "You lose your place" in sure
    assert (await sends(booking, f"{where}/withdraw", sure)).status_code == 303
    assert "You no longer wait for a walk" in await page(booking, where)
    refused = await sends(booking, f"{where}/withdraw", await page(booking, "/booking/wish"))
    assert refused.status_code == 409


async def test_a_ward_that_is_no_more_is_shown_by_its_code(booking: Booking) -> None:
    address = await her_page(booking)
    async with booking.database.transaction() as connection:
        await connection.execute("update request set wards = array['E05009999']")
    assert "E05009999" in await page(booking, address)


async def test_an_offer_that_is_over_is_said_on_her_page(booking: Booking) -> None:
    where = await her_page(booking)
    await booking.slot(at=START + DAY)
    await works(booking)
    offered = await page(booking, where)
    booking.clock.advance(timedelta(hours=12))
    assert "Yes, book this walk" not in await page(booking, where)  # not even before the timer
    refused = await sends(booking, f"{where}/accept", offered)
    assert refused.status_code == 409
    assert "This offer is over. You keep your place" in refused.text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"wards": []}, "Choose one ward or more"),
        ({"days": []}, "Choose one day or more"),
        ({"from": "six"}, "Enter a time like 18:00"),
        ({"to": "16:00"}, "Enter a later time on the same day"),
        ({"light": ""}, "Choose dark, light or either"),
        ({"name": ""}, "Enter your name"),
        ({"email": "ada"}, "Enter an email address"),
        ({"adult": ""}, "Walks can be booked by people aged 18 or over"),
    ],
)
async def test_what_is_wrong_is_said_and_what_she_typed_is_kept(
    booking: Booking, changes: dict[str, Any], said: str
) -> None:
    answer = await asks(booking, **changes)
    assert answer.status_code == 422
    assert said in answer.text
    assert "Pushchair" in answer.text
    checked = re.findall(r'value="(\w+)" checked', answer.text)
    assert ("tuesday" in checked) is ("days" not in changes)
    assert (WARD in checked) is ("wards" not in changes)
    assert await booking.rows("select from request") == []


async def test_a_scanner_changes_nothing(booking: Booking) -> None:
    where = await her_page(booking)
    await booking.slot(at=START + DAY)
    await works(booking)

    async def everything() -> list[Any]:
        tables = ("request", "offer", "walk", "event_log")
        return [await booking.rows(f"select * from {table} order by 1, 2") for table in tables]

    before = await everything()
    links = {where}
    for _ in range(2):
        for link in tuple(links):
            text = (await booking.http.get(link)).text
            links |= set(re.findall(r'(?:href|action)="(/booking/wish[^"#]*)"', text))
    assert len(links) == 4  # her page, and each answer
    for link in sorted(links) * 2:
        for method in ("GET", "HEAD"):
            answer = await booking.http.request(method, link)
            assert answer.status_code < 500, link
    assert await everything() == before


async def test_coordinators_see_the_line_and_nobody_s_name(booking: Booking) -> None:
    await her_page(booking, woman="yes", wards=[WARD])
    await works(booking)
    booking.clock.advance(3 * DAY)
    signed_in(booking, "coordinator")
    text = await page(booking, "/booking/requests")
    for said in ("No slot is open in these wards", "Waits too long", "with a woman"):
        assert said in text
    assert "Ada" not in text
    assert "ada@" not in text
    signed_in(booking, "coordinator", ward=OTHER_WARD)
    assert "Nobody waits." in await page(booking, "/booking/requests")
