"""Pages for people who walk together: companions are asked for, officers put on a slot and taken off."""

from dataclasses import replace
from datetime import timedelta

from tests.booking.desk import POLICY, WARD, Booking, seed
from tests.booking.visiting import HER, form_for, page, sends, signed_in
from tests.factories import START

HOUR = timedelta(hours=1)


async def test_the_form_asks_for_companions_where_there_is_room_and_keeps_what_was_typed(
    booking: Booking,
) -> None:
    alone = await booking.slot(at=START + 3 * HOUR, officer=1)
    assert "come with you" not in await form_for(booking, alone)
    slot_id = await booking.slot(capacity=2)
    assert "others may walk along" in await page(booking, "/booking/")
    shown = await form_for(booking, slot_id)
    assert "Nobody is told before who the others are" in shown
    for typed, said in (("many", "from 0 to 5"), ("2", "no room for so many")):
        again = await sends(booking, "/booking/book", shown, **HER, companions=typed)
        assert again.status_code == 422, again.text
        assert said in again.text
        assert f'value="{typed}"' in again.text
    booked = await sends(booking, "/booking/book", shown, **HER, companions="1")
    assert booked.status_code == 303
    assert "1 other" in await page(booking, booked.headers["location"])
    signed_in(booking, "officer")
    assert "1 other" in await page(booking, "/booking/today")


async def test_a_form_that_keeps_a_place_says_that_there_is_no_room_for_more(
    booking: Booking,
) -> None:
    slot_id = await booking.slot(capacity=2)
    assert (await booking.books(slot_id)).status_code == 201
    shown = await page(booking, "/booking/")
    await sends(booking, "/booking/hold", shown, slot_id=slot_id)
    shown = await form_for(booking, slot_id)
    again = await sends(booking, "/booking/book", shown, **HER, companions="1")
    assert (again.status_code, "no room for so many" in again.text) == (422, True)
    assert (await sends(booking, "/booking/book", again.text, **HER)).status_code == 303


async def test_a_coordinator_puts_officers_on_a_slot_and_takes_them_off_on_its_page(
    booking: Booking,
) -> None:
    await seed(booking.desk, policy=replace(POLICY, people_per_officer=2))
    slot_id = await booking.slot(capacity=2)
    signed_in(booking, "coordinator")
    path = f"/booking/slots/{slot_id}"
    assert path in await page(booking, "/booking/roster")
    shown = await page(booking, path)
    officers = f"{path}/officers"
    one = {"officer_id": booking.officers[1]}
    for fields, said in (
        ({"officer_id": "", "capacity": "4"}, "Choose an officer"),
        (one | {"capacity": "many"}, "from 1 to 20"),
        (one | {"capacity": "5"}, "Must be at most 4"),
    ):
        wrong = await sends(booking, officers, shown, **fields)
        assert (wrong.status_code, said in wrong.text) == (422, True)
    assert (await sends(booking, officers, shown, **one, capacity="4")).status_code == 303
    walk = (await booking.books(slot_id, companions=2)).json()
    shown = await page(booking, path)
    off = f"{officers}/{booking.officers[1]}/remove"
    assert off in shown
    assert "Ada" not in shown
    kept = await sends(booking, off, shown)
    assert (kept.status_code, "this officer is needed" in kept.text) == (409, True)
    assert "PC Robin 2" in await page(booking, f"/booking/walks/{walk['id']}")
    await booking.acts(walk, "cancel", headers=booking.coordinator)
    assert (await sends(booking, off, shown)).status_code == 303
    assert "Nobody else." in await page(booking, path)


async def test_a_wish_s_form_asks_for_companions(booking: Booking) -> None:
    shown = await page(booking, "/booking/wish")
    usual = {"wards": WARD, "days": "tuesday", "from": "18:00", "to": "21:00", "light": "any"}
    typed = {**HER, **usual, "companions": "6"}
    wrong = await sends(booking, "/booking/wish", shown, **typed)
    assert (wrong.status_code, "from 0 to 5" in wrong.text) == (422, True)
    made = await sends(booking, "/booking/wish", shown, **(typed | {"companions": "2"}))
    assert made.status_code == 303
    assert "2 others" in await page(booking, made.headers["location"])
