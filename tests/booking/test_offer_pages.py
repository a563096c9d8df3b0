"""The page on which a coordinator offers a slot that the matching would not."""

from tests.booking.desk import OTHER_WARD, WARD, Booking
from tests.booking.visiting import asks_by_form, page, sends, signed_in
from tests.booking.wishes import DAY, works
from tests.factories import START

GONE = "00000000-0000-4000-8000-000000000000"


async def path_of(booking: Booking, **changes: str) -> tuple[str, str]:
    """Her page, and where a coordinator offers a slot, of a wish for Wednesdays after dark."""
    answer = await asks_by_form(booking, **changes)
    assert answer.status_code == 303, answer.text
    await works(booking)
    [row] = await booking.rows("select id from request")
    return answer.headers["location"], f"/booking/requests/{row['id']}/offers"


async def test_a_coordinator_offers_a_slot_beside_what_she_wished_and_she_is_asked(
    booking: Booking,
) -> None:
    thursday = await booking.slot(at=START + 2 * DAY)
    hers, path = await path_of(booking)
    signed_in(booking, "coordinator")
    assert path in await page(booking, "/booking/requests")
    shown = await page(booking, path)
    assert "Not what she wished: another time" in shown
    assert "Ada" not in shown
    offered = await sends(booking, path, shown, slot_id=thursday)
    assert (offered.status_code, offered.headers["location"]) == (303, "/booking/requests")
    assert "Offer 1, until" in await page(booking, "/booking/requests")
    assert "We have a time for you" in await page(booking, hers)
    again = await page(booking, path, 409)
    assert "no offer can be made now" in again


async def test_what_cannot_be_offered_is_said_and_what_is_left_is_shown(booking: Booking) -> None:
    thursday = await booking.slot(at=START + 2 * DAY)
    friday = await booking.slot(at=START + 3 * DAY, officer=1)
    _, path = await path_of(booking)
    signed_in(booking, "coordinator")
    shown = await page(booking, path)
    assert thursday in shown
    unchosen = await sends(booking, path, shown)
    assert (unchosen.status_code, "Choose a slot" in unchosen.text) == (422, True)
    assert (await booking.books(thursday)).status_code == 201
    gone = await sends(booking, path, shown, slot_id=thursday)
    assert gone.status_code == 409
    assert "This slot has just gone" in gone.text
    assert (thursday in gone.text, friday in gone.text) == (False, True)
    assert await booking.rows("select from offer") == []


async def test_only_officers_who_fit_and_wards_of_ones_own_are_listed(booking: Booking) -> None:
    await booking.slot(at=START + 2 * DAY)
    _, path = await path_of(booking, woman="yes")
    signed_in(booking, "coordinator")
    assert "No slot of your wards can be offered just now" in await page(booking, path)
    signed_in(booking, "coordinator", ward=OTHER_WARD)
    assert "none of your wards" in await page(booking, path, 403)
    signed_in(booking, "coordinator", ward=WARD)
    await page(booking, path.replace(path.split("/")[3], GONE), 404)
