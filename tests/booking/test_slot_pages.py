"""The page on which a coordinator opens slots."""

import re
from datetime import datetime, timedelta

import httpx

from tests.booking.desk import OTHER_WARD, Booking
from tests.booking.visiting import page, sends, signed_in
from tests.factories import START


def slot_form(booking: Booking, **changes: str) -> dict[str, str]:
    """What a coordinator fills in."""
    return {
        "officer_id": booking.officers[0],
        "day": "13",
        "month": "1",
        "year": "2027",
        "wall": "18:30",
        "minutes": "30",
        "near": "the old mill",
        "place": "L05000001 0",
    } | changes


async def opens(booking: Booking, **changes: str) -> httpx.Response:
    """A coordinator opens a slot by the form."""
    signed_in(booking, "coordinator", subject="coordinator-1")
    shown = await page(booking, "/booking/roster")
    return await sends(booking, "/booking/roster", shown, **slot_form(booking, **changes))


async def test_a_coordinator_opens_a_slot_at_a_known_place(booking: Booking) -> None:
    answer = await opens(booking)
    assert answer.status_code == 303
    text = await page(booking, answer.headers["location"])
    assert "The slot on Wednesday 13 January, 6:30pm to 7pm is open." in text
    [row] = await booking.rows("select * from slot")
    assert row["meeting_name"] == "Mere End Boathouse"
    assert row["opened_by"] == "coordinator-1"
    signed_in(booking, "nobody")


async def test_a_coordinator_s_long_list_goes_on_on_another_page(booking: Booking) -> None:
    for day in range(1, 4):
        await booking.slot(at=START + timedelta(days=day))
    added = await opens(booking, day="20")
    text = await page(booking, f"{added.headers['location']}&limit=2")
    assert "The slot on Wednesday 20 January" in text
    assert "15 January" not in text
    following = re.search(r'href="(/booking/roster\?cursor=[^"]+)"', text)
    assert following
    assert "15 January" in await page(booking, following[1])


async def test_another_ward_s_slots_do_not_crowd_out_a_coordinator_s_own(booking: Booking) -> None:
    for day in range(1, 4):
        await booking.slot(at=START + timedelta(days=day))
    place = {"name": "Larkfield Parade", "coordinates": booking.place(OTHER_WARD)}
    await booking.slot(at=START + timedelta(days=4), ward=OTHER_WARD, meeting_point=place)
    signed_in(booking, "coordinator", ward=OTHER_WARD)
    text = await page(booking, "/booking/roster?limit=2")
    assert "Larkfield Parade, near" in text
    assert "Mill Lane bus stop" not in text


async def test_a_coordinator_opens_a_slot_at_a_place_of_her_own(booking: Booking) -> None:
    lon, lat = booking.place()
    answer = await opens(
        booking, place="", ward="L05000001", name="Kiosk", latitude=str(lat), longitude=str(lon)
    )
    assert answer.status_code == 303
    [row] = await booking.rows("select meeting_name, meeting_lat from slot")
    assert (row["meeting_name"], row["meeting_lat"]) == ("Kiosk", lat)


async def test_a_wall_time_that_never_comes_is_refused_in_words(booking: Booking) -> None:
    answer = await opens(booking, day="28", month="3", wall="1:30")
    assert answer.status_code == 422
    assert "this time does not exist" in answer.text
    assert 'value="1:30"' in answer.text


async def test_a_wall_time_that_comes_twice_is_asked_about(booking: Booking) -> None:
    asked = await opens(booking, day="31", month="10", wall="01:30")
    assert asked.status_code == 422
    assert "this time comes twice" in asked.text
    choices = re.findall(r'name="which"[^>]*value="([^"]+)"', asked.text)
    assert len(choices) == 2
    answer = await sends(
        booking,
        "/booking/roster",
        asked.text,
        **slot_form(booking, day="31", month="10", wall="01:30", which=choices[1]),
    )
    assert answer.status_code == 303
    [row] = await booking.rows("select starts_at, local_from from slot")
    assert row["starts_at"] == datetime.fromisoformat("2027-10-31T01:30:00+00:00")
    assert f"{row['local_from']:%H:%M}" == "01:30"


MISTAKES = [
    ({"officer_id": ""}, "Choose an officer"),
    ({"day": "32"}, "Enter a date"),
    ({"year": "99999999999"}, "Enter a date"),
    ({"wall": "evening"}, "Enter a date, and a time"),
    ({"year": "2026"}, "Must lie ahead"),
    ({"minutes": "0"}, "Enter how many minutes"),
    ({"minutes": "x"}, "Enter how many minutes"),
    ({"near": ""}, "Enter what the place is near"),
    ({"place": ""}, "Choose a ward"),
    ({"place": "", "ward": "L05000001", "name": "x"}, "Enter latitude and longitude"),
    ({"place": "L05000001 99"}, "Choose a ward"),
]


async def test_a_slot_form_with_a_mistake_says_which(booking: Booking) -> None:
    for changes, said in MISTAKES:
        answer = await opens(booking, **changes)
        assert answer.status_code == 422
        assert said in answer.text
    assert await booking.rows("select from slot") == []


async def test_a_slot_that_is_open_already_is_said_so(booking: Booking) -> None:
    await opens(booking)
    answer = await opens(booking)
    assert answer.status_code == 409
    assert "already has a slot" in answer.text
