"""The form with a time that is kept for her: until when, and what follows when it is over."""

import re
from datetime import timedelta

import httpx

from shared.auth.forms import COOKIE
from tests.booking.desk import Booking, some_id
from tests.booking.visiting import HER, page, rows, sends
from tests.booking.wishes import DAY, works
from tests.factories import START

TEN_MINUTES = timedelta(minutes=10)
KEPT = "We are keeping this time for you until <strong>6:10pm</strong>"


async def chooses(booking: Booking, slot_id: str) -> httpx.Response:
    """She presses the button of a time on the list."""
    return await sends(booking, "/booking/hold", await page(booking, "/booking/"), slot_id=slot_id)


async def form_of(booking: Booking, slot_id: str, status: int = 200) -> str:
    """The form to which the button leads."""
    answer = await chooses(booking, slot_id)
    assert answer.status_code == 303
    return await page(booking, answer.headers["location"], status)


async def test_the_form_says_until_when_and_books_what_it_keeps(booking: Booking) -> None:
    slot_id = await booking.slot(at=START + DAY)
    shown = await form_of(booking, slot_id)
    assert KEPT in shown
    assert 'data-seconds-left="600" aria-live="polite"' in shown
    assert (await booking.books(slot_id)).status_code == 409
    again = await sends(booking, "/booking/book", shown, **(HER | {"name": ""}))
    assert again.status_code == 422
    assert KEPT in again.text
    booked = await sends(booking, "/booking/book", again.text, **HER)
    assert "/booking/manage/" in booked.headers["location"]
    assert await booking.rows("select from walk where state = 'held'") == []


async def test_a_form_that_was_only_looked_at_keeps_nothing(booking: Booking) -> None:
    slot_id = await booking.slot(at=START + DAY)
    before = await rows(booking)
    for method in ("GET", "HEAD"):
        assert (
            await booking.http.request(method, f"/booking/book?slot={slot_id}")
        ).status_code == 200
        assert (await booking.http.request(method, "/booking/hold")).status_code == 405
    shown = await page(booking, f"/booking/book?slot={slot_id}")
    assert "keeping" not in shown
    assert await rows(booking) == before
    assert (await sends(booking, "/booking/book", shown, **HER)).status_code == 303


async def test_the_form_opened_again_keeps_it_no_longer_than_before(booking: Booking) -> None:
    slot_id = await booking.slot(at=START + DAY)
    await booking.slot(at=START + 2 * DAY)
    listed = await page(booking, "/booking/")
    await sends(booking, "/booking/hold", listed, slot_id=slot_id)
    booking.clock.advance(timedelta(minutes=7))
    await sends(booking, "/booking/hold", listed, slot_id=slot_id)
    shown = await page(booking, f"/booking/book?slot={slot_id}")
    assert KEPT in shown
    assert 'data-seconds-left="180"' in shown


async def test_another_time_lets_the_first_go(booking: Booking) -> None:
    first, second = [await booking.slot(at=START + days * DAY) for days in (1, 2)]
    await form_of(booking, first)
    await form_of(booking, second)
    assert [slot["id"] for slot in await booking.slots()] == [first]


async def test_somebody_else_s_browser_finds_it_gone(booking: Booking) -> None:
    slot_id = await booking.slot(at=START + DAY)
    other = await booking.slot(at=START + 2 * DAY)
    await form_of(booking, slot_id)
    booking.http.cookies.delete(COOKIE)
    shown = await form_of(booking, slot_id, 409)
    assert "This time has just gone" in shown
    assert f'value="{other}"' in shown


async def test_when_it_is_over_she_may_book_all_the_same(booking: Booking) -> None:
    slot_id = await booking.slot(at=START + DAY)
    shown = await form_of(booking, slot_id)
    booking.clock.advance(TEN_MINUTES)
    assert "keeping" not in await page(booking, f"/booking/book?slot={slot_id}")
    assert (await sends(booking, "/booking/book", shown, **HER)).status_code == 303


async def test_when_it_is_over_and_somebody_was_quicker_she_is_offered_others(
    booking: Booking,
) -> None:
    slot_id = await booking.slot(at=START + DAY)
    other = await booking.slot(at=START + 2 * DAY)
    shown = await form_of(booking, slot_id)
    booking.clock.advance(TEN_MINUTES)
    await works(booking)
    assert (await booking.books(slot_id)).status_code == 201
    answer = await sends(booking, "/booking/book", shown, **HER)
    assert answer.status_code == 409
    assert f'value="{other}"' in answer.text
    assert 'value="ada@example.org"' in answer.text
    assert "Ada &lt;Example&gt;" in answer.text


async def test_a_slot_withdrawn_meanwhile_is_not_promised(booking: Booking) -> None:
    slot_id = await booking.slot(at=START + DAY)
    await form_of(booking, slot_id)
    async with booking.database.transaction() as connection:
        await connection.execute("update slot set state = 'withdrawn'")
    assert "This time has just gone" in await page(booking, f"/booking/book?slot={slot_id}", 409)


async def test_where_nothing_can_be_kept_the_form_is_there_without_it(booking: Booking) -> None:
    slot_id = await booking.slot(at=START + DAY)
    for _ in range(60):
        booking.desk.holds.take(booking.clock.at)
    shown = await form_of(booking, slot_id)
    assert "keeping" not in shown
    assert (await sends(booking, "/booking/book", shown, **HER)).status_code == 303


async def test_a_choice_that_is_none_leads_back_to_the_list(booking: Booking) -> None:
    await booking.slot(at=START + DAY)
    assert (await chooses(booking, "x")).headers["location"] == "/booking/"
    await form_of(booking, str(some_id()), 409)


async def test_each_button_of_the_list_says_which_time_it_is(booking: Booking) -> None:
    slot_id = await booking.slot(at=START + DAY)
    listed = await page(booking, "/booking/")
    [button] = re.findall(r"<button[^>]*slot_id.*?</button>", listed, re.DOTALL)
    assert slot_id in button
    text = " ".join(re.sub(r"<[^>]+>", "", button).split())
    assert text == "6pm to 6:30pm on Wednesday 13 January, Mere End"
