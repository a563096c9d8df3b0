"""The page on which coordinators bar somebody from booking online, see why, and lift it again."""

from datetime import timedelta

import pytest

from tests.booking.desk import OTHER_WARD, Booking
from tests.booking.test_bars import ADA, bars, tries
from tests.booking.visiting import page, sends, signed_in

BARRED = {
    "reason": "abusive, see log 12",
    "until_day": "1",
    "until_month": "2",
    "until_year": "2027",
}


async def test_the_page_is_for_coordinators(booking: Booking) -> None:
    for role in ("officer", "duty", "analyst"):
        signed_in(booking, role)
        await page(booking, "/booking/bars", 403)
    signed_in(booking, "coordinator")
    shown = await page(booking, "/booking/bars?reference=7K2M-9QXD")
    assert "Nobody is barred in your wards" in shown
    assert 'value="7K2M-9QXD"' in shown


async def test_somebody_is_barred_seen_and_let_in_again(booking: Booking) -> None:
    walk = await booking.walk(email=ADA)
    signed_in(booking, "coordinator", subject="coordinator-1")
    shown = await page(booking, "/booking/bars")
    fields = BARRED | {"reference": walk["reference"].lower()}
    for _ in range(2):  # pressed twice, it is done once
        answer = await sends(booking, "/booking/bars", shown, **fields)
        assert (answer.status_code, answer.headers["location"]) == (303, "/booking/bars")
    [kept] = await booking.rows("select * from barred_contact")
    assert (await tries(booking)).status_code == 429
    shown = await page(booking, "/booking/bars")
    assert walk["reference"] in shown
    assert "abusive, see log 12" in shown
    assert "coordinator-1, Tuesday 12 January" in shown
    assert "Monday 1 February, midnight" in shown
    assert "Ada Example" not in shown
    assert ADA not in shown
    lift = f"/booking/bars/{kept['id']}/lift"
    assert lift in shown
    for _ in range(2):
        assert (await sends(booking, lift, shown)).status_code == 303
    assert "Nobody is barred" in await page(booking, "/booking/bars")
    assert (await tries(booking, hours=5)).status_code == 201


@pytest.mark.parametrize(
    ("wrong", "status", "said"),
    [
        ({"reference": ""}, 422, "Enter the reference of a walk of hers"),
        ({"reference": "0000-0000"}, 404, "There is no walk of that reference"),
        ({"reason": ""}, 422, "Enter why"),
        ({"reason": "x" * 1001}, 422, "Enter why"),
        ({"until_day": "40"}, 422, "Enter the day until which"),
        ({"until_day": ""}, 422, "Enter the day until which"),
        ({"until_wall": "late"}, 422, "Enter the day until which"),
        ({"until_year": "2026"}, 409, "A bar must end later than now"),
    ],
)
async def test_a_wrong_bar_is_said_and_what_was_typed_is_kept(
    booking: Booking, wrong: dict[str, str], status: int, said: str
) -> None:
    walk = await booking.walk(email=ADA)
    signed_in(booking, "coordinator")
    shown = await page(booking, "/booking/bars")
    fields = BARRED | {"reference": walk["reference"]} | wrong
    answer = await sends(booking, "/booking/bars", shown, **fields)
    assert answer.status_code == status
    assert "There is a problem" in answer.text
    assert said in answer.text
    assert 'value="2"' in answer.text
    assert fields["reason"] in answer.text
    assert await booking.rows("select from barred_contact") == []


async def test_a_coordinator_of_another_ward_neither_bars_sees_nor_lifts(booking: Booking) -> None:
    walk = await booking.walk(email=ADA)
    barred = (await bars(booking, walk)).json()
    signed_in(booking, "coordinator", ward=OTHER_WARD)
    shown = await page(booking, "/booking/bars")
    assert "Nobody is barred in your wards" in shown
    answer = await sends(booking, "/booking/bars", shown, **BARRED, reference=walk["reference"])
    assert (answer.status_code, "abusive" in answer.text) == (403, True)
    lifted = await sends(booking, f"/booking/bars/{barred['id']}/lift", shown)
    assert lifted.status_code == 403
    assert len(await booking.rows("select from barred_contact where lifted_at is null")) == 1


async def test_older_bars_are_on_the_next_page(booking: Booking) -> None:
    walk = await booking.walk(email=ADA)
    for nth in range(2):
        await bars(booking, walk, reason=f"log {nth}")
        booking.clock.advance(timedelta(minutes=1))
    signed_in(booking, "coordinator")
    first = await page(booking, "/booking/bars?limit=1")
    assert ("log 1" in first, "log 0" in first) == (True, False)
    following = first.split('href="/booking/bars?cursor=')[1].split('"')[0]
    assert "log 0" in await page(booking, f"/booking/bars?cursor={following}")
