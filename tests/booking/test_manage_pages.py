"""Her own page of a walk, by her link: cancel, undo, move; and a mail scanner that follows every link."""

import re
from datetime import timedelta

from booking import service
from tests.booking.desk import ORIGIN, Booking
from tests.booking.visiting import page, rows, sends
from tests.factories import START


async def test_she_cancels_by_a_button_and_pressing_again_changes_nothing(
    booking: Booking,
) -> None:
    walk = await booking.walk()
    path = walk["manage_url"].removeprefix(ORIGIN)
    shown = await page(booking, path)
    for _ in range(2):
        answer = await sends(booking, f"{path}/cancel", shown)
        assert (answer.status_code, answer.headers["location"]) == (303, path)
    text = await page(booking, path)
    assert "Your walk is cancelled" in text
    assert "Cancel this walk" not in text
    assert len(await booking.slots()) == 1
    fresh = await page(booking, (await booking.walk(at=START + timedelta(days=1)))["manage_url"])
    answer = await sends(booking, f"{path}/cancel", fresh)
    assert answer.status_code == 303


async def test_she_undoes_her_cancellation_by_a_button_for_ten_minutes(booking: Booking) -> None:
    walk = await booking.walk(at=START + timedelta(days=1))
    path = walk["manage_url"].removeprefix(ORIGIN)
    await sends(booking, f"{path}/cancel", await page(booking, path))
    shown = await page(booking, path)
    assert "until 6:10pm" in shown
    answer = await sends(booking, f"{path}/undo", shown)
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert "Cancel this walk" in await page(booking, path)
    await sends(booking, f"{path}/cancel", await page(booking, path))
    shown = await page(booking, path)
    booking.clock.advance(timedelta(minutes=10, seconds=1))
    assert "Undo:" not in await page(booking, path)
    late = await sends(booking, f"{path}/undo", shown)
    assert (late.status_code, "ten minutes" in late.text) == (409, True)


async def test_a_time_that_somebody_else_took_meanwhile_is_not_hers_again(booking: Booking) -> None:
    walk = await booking.walk(at=START + timedelta(days=1))
    path = walk["manage_url"].removeprefix(ORIGIN)
    await sends(booking, f"{path}/cancel", await page(booking, path))
    shown = await page(booking, path)
    [slot] = await booking.slots()
    await booking.books(slot["id"])
    answer = await sends(booking, f"{path}/undo", shown)
    assert answer.status_code == 409
    assert "Somebody else has this time now" in answer.text
    assert "You can have this time again" not in answer.text


async def test_she_moves_her_walk_and_keeps_it_until_she_has_the_other(booking: Booking) -> None:
    walk = await booking.walk()
    path = walk["manage_url"].removeprefix(ORIGIN)
    new, gone = [await booking.slot(at=START + timedelta(days=day), officer=1) for day in (1, 2)]
    shown = await page(booking, f"{path}/move")
    assert "It stays there until you have another time" in shown
    assert "Mill Lane bus stop" not in shown
    nothing = await sends(booking, f"{path}/move", shown)
    assert "Choose a time" in nothing.text
    await booking.books(gone)
    refused = await sends(booking, f"{path}/move", shown, slot_id=gone)
    assert (refused.status_code, "Your walk is as it was" in refused.text) == (409, True)
    assert "Tuesday 12 January, 7pm" in await page(booking, path)
    answer = await sends(booking, f"{path}/move", refused.text, slot_id=new)
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert "Wednesday 13 January, 6pm" in await page(booking, path)


async def test_after_its_start_the_page_has_no_cancel_button(booking: Booking) -> None:
    walk = await booking.walk()
    path = walk["manage_url"].removeprefix(ORIGIN)
    shown = await page(booking, path)
    booking.clock.advance(timedelta(hours=1))
    assert "Cancel this walk" not in await page(booking, path)
    answer = await sends(booking, f"{path}/cancel", shown)
    assert answer.status_code == 409


async def test_a_link_that_is_not_one_is_a_page_that_says_so(booking: Booking) -> None:
    assert "Copy all of it" in await page(booking, "/booking/manage/nothing", 404)
    walk = await booking.walk()
    await service.revoke_link(booking.desk, walk["reference"])
    assert "no longer works" in await page(booking, walk["manage_url"], 410)


async def test_a_scanner_that_follows_every_link_twice_changes_nothing(booking: Booking) -> None:
    slot_id = await booking.slot(at=START + timedelta(days=1))
    walk = await booking.walk()
    before = await rows(booking)
    manage = walk["manage_url"]
    links = {"/booking/", f"/booking/book?slot={slot_id}", manage, f"{manage}?booked=1"}
    for link in tuple(links):
        text = (await booking.http.get(link)).text
        links |= set(re.findall(r'(?:href|action|src)="(/booking/[^"#]*)"', text))
    for link in sorted(links) * 2:
        for method in ("GET", "HEAD"):
            answer = await booking.http.request(method, link)
            assert answer.status_code < 500, link
    assert await rows(booking) == before
