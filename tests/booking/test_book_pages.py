"""Booking a walk by its pages, without a script: as a woman on an old phone meets them."""

import re
from datetime import timedelta

import httpx

from booking import domain
from tests.booking.desk import OTHER_WARD, Booking, some_id
from tests.booking.visiting import HER, form_for, page, sends
from tests.factories import START


async def books(booking: Booking, slot_id: str, **changes: str) -> httpx.Response:
    """Somebody books by the form."""
    shown = await form_for(booking, slot_id)
    return await sends(booking, "/booking/book", shown, **(HER | changes))


async def test_the_first_page_lists_slots_within_the_hour_first(booking: Booking) -> None:
    await booking.slot(at=START + timedelta(days=1))
    await booking.slot(at=START + timedelta(minutes=30), officer=1)
    text = await page(booking, "/booking/")
    assert text.index("Within the hour") < text.index("6:30pm to 7pm")
    assert text.index("6:30pm to 7pm") < text.index("Wednesday 13 January")
    assert "near the old mill" in text
    assert "Mill Lane bus stop" not in text


async def test_the_list_is_narrowed_to_a_ward(booking: Booking) -> None:
    await booking.slot()
    assert "7pm to 7:30pm" in await page(booking, "/booking/")
    text = await page(booking, f"/booking/?ward={OTHER_WARD}")
    assert "7pm to 7:30pm" not in text
    assert "no time to be booked in this ward" in text


async def test_a_long_list_goes_on_on_another_page(booking: Booking) -> None:
    for day in range(1, 4):
        await booking.slot(at=START + timedelta(days=day))
    text = await page(booking, "/booking/?limit=2")
    assert "15 January" not in text
    following = re.search(r'href="(/booking/\?cursor=[^"]+)"', text)
    assert following
    assert "15 January" in await page(booking, following[1].replace("&amp;", "&"))


async def test_a_walk_is_booked_in_two_pages(booking: Booking) -> None:
    slot_id = await booking.slot()
    listed = await page(booking, "/booking/")
    assert f'value="{slot_id}"' in listed
    chosen = await sends(booking, "/booking/hold", listed, slot_id=slot_id)
    assert chosen.headers["location"] == f"/booking/book?slot={slot_id}"
    answer = await books(booking, slot_id)
    assert answer.status_code == 303
    where = answer.headers["location"]
    assert re.fullmatch(r"/booking/manage/[\w.-]+\?booked=1", where)
    text = await page(booking, where)
    [walk] = await booking.rows("select id, reference from walk")
    for said in (
        "Your walk is confirmed",
        walk["reference"],
        "Tuesday 12 January, 7pm to 7:30pm",
        "Mill Lane bus stop",
        "PC Robin 1",
        "020 7946 0000",
        "What happens next",
    ):
        assert said in text
    person = await booking.person(str(walk["id"]))
    assert person == domain.Person(
        "Ada <Example>", "ada@example.org", "Pushchair", safe_contact=domain.SafeContact()
    )


async def test_her_own_page_is_neither_kept_nor_told_to_others(booking: Booking) -> None:
    walk = await booking.walk()
    answer = await booking.http.get(walk["manage_url"])
    assert answer.headers.get("cache-control") == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    token = walk["manage_url"].rsplit("/", 1)[-1]
    assert token not in booking.parts.lines.getvalue()
    assert '/manage/{token}"' in booking.parts.lines.getvalue()


async def test_a_form_with_mistakes_says_what_is_wrong_and_keeps_what_is_right(
    booking: Booking,
) -> None:
    slot_id = await booking.slot()
    answer = await books(booking, slot_id, name="", email="ada", adult="")
    assert answer.status_code == 422
    assert "<title>Error: " in answer.text
    assert "Enter your name" in answer.text
    assert "Enter an email address" in answer.text
    assert "aged 18 or over" in answer.text
    assert "If others read your mail, call 101 instead." in answer.text
    assert 'value="ada"' in answer.text
    assert "Pushchair" in answer.text
    assert await booking.rows("select from walk") == []


async def test_who_is_not_of_age_is_told_where_to_turn(booking: Booking) -> None:
    slot_id = await booking.slot()
    shown = await form_for(booking, slot_id)
    fields = {name: said for name, said in HER.items() if name != "adult"}
    answer = await sends(booking, "/booking/book", shown, **fields)
    assert answer.status_code == 422
    assert "Childline" in answer.text


async def test_a_slot_that_has_gone_is_replaced_on_the_same_page(booking: Booking) -> None:
    slot_id = await booking.slot()
    other = await booking.slot(at=START + timedelta(days=1))
    shown = await form_for(booking, slot_id)
    await booking.books(slot_id)
    answer = await sends(booking, "/booking/book", shown, **HER)
    assert answer.status_code == 409
    assert "This time has just gone" in answer.text
    assert f'value="{other}"' in answer.text
    assert 'value="ada@example.org"' in answer.text
    assert "Ada &lt;Example&gt;" in answer.text
    again = await sends(booking, "/booking/book", answer.text, **(HER | {"slot_id": other}))
    assert again.status_code == 303
    without = await sends(booking, "/booking/book", answer.text, **HER)
    assert without.status_code == 303
    assert without.headers["location"] == "/booking/"


async def test_a_link_to_a_slot_that_has_gone_offers_others(booking: Booking) -> None:
    slot_id = await booking.slot()
    other = await booking.slot(at=START + timedelta(days=1))
    await booking.books(slot_id)
    assert f'value="{other}"' in await page(booking, f"/booking/book?slot={slot_id}", 409)
    await page(booking, f"/booking/book?slot={some_id()}", 409)
    await page(booking, "/booking/book?slot=x", 422)


async def test_pressing_twice_books_once(booking: Booking) -> None:
    slot_id = await booking.slot()
    shown = await form_for(booking, slot_id)
    answers = [await sends(booking, "/booking/book", shown, **HER) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].headers["location"] == answers[1].headers["location"]
    assert len(await booking.rows("select from walk")) == 1


async def test_a_third_walk_is_refused_in_words(booking: Booking) -> None:
    for day in (1, 2):
        await books(booking, await booking.slot(at=START + timedelta(days=day)))
    answer = await books(booking, await booking.slot(at=START + timedelta(days=3)))
    assert answer.status_code == 429
    assert "call us on 101" in answer.text
