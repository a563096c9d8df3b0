"""Pages that change a shift, end it, or make one of its days differ: without script, and what came of it."""

import pytest

from tests.booking.desk import OTHER_WARD, WARD, Booking, Json, some_id
from tests.booking.rostering import added, opened
from tests.booking.test_teams import TERMS, changes
from tests.booking.visiting import page, sends, signed_in
from tests.provider import hidden_fields

# What is in force of a shift that ``added`` makes, as the form that changes it sends it.
FORM = {
    "weekday": "wednesday",
    "from": "18:00",
    "to": "20:00",
    "begins_day": "1",
    "begins_month": "1",
    "begins_year": "2027",
    "place": "as it is",
    "near": "the old mill",
    "capacity": "1",
}
OFF = {"on_day": "20", "on_month": "1", "on_year": "2027", "how": "off"}


async def a_shift(booking: Booking, **said: object) -> str:
    """The address of a shift of the first officer, on Wednesdays from 18:00 to 20:00."""
    shift = await added(booking, **({"to": "20:00"} | said))
    return f"/booking/shifts/{shift['id']}"


async def booked(booking: Booking, start: str) -> Json:
    """A walk on the slot that begins at a wall time."""
    [slot] = [
        each
        for each in await booking.slots()
        if f"{each['local']['date']} {each['local']['from']}" == start
    ]
    return (await booking.books(slot["id"])).json()


async def test_the_pages_are_for_coordinators_of_the_officer_s_team(booking: Booking) -> None:
    path = await a_shift(booking)
    assert (await changes(booking, "wards", {"own": [WARD]})).status_code == 200
    for role in ("officer", "duty"):
        signed_in(booking, role)
        await page(booking, path, 403)
        await page(booking, f"{path}/day", 403)
    signed_in(booking, "coordinator")
    mine = {to: await page(booking, to) for to in (path, f"{path}/day")}
    signed_in(booking, "coordinator", ward=OTHER_WARD)
    token = hidden_fields(await page(booking, "/booking/bars"))
    for to, fields in {path: FORM, f"{path}/day": OFF, f"{path}/remove": {}}.items():
        if to in mine:
            await page(booking, to, 403)
        answer = await sends(booking, to, "", **(token | {"version": "1"} | fields))
        assert answer.status_code == 403
    [row] = await booking.rows("select version from shift")
    assert row["version"] == 1
    await page(booking, f"/booking/shifts/{some_id()}", 404)


async def test_a_form_is_filled_with_what_is_in_force_and_says_what_came_of_a_change(
    booking: Booking,
) -> None:
    path = await a_shift(booking)
    walk = await booked(booking, "2027-01-20 18:00")
    signed_in(booking, "coordinator")
    week = await page(booking, "/booking/week")
    assert f'href="{path}"' in week
    shown = await page(booking, path)
    for value in ("18:00", "20:00", "2027", "the old mill"):
        assert f'value="{value}"' in shown
    assert '<option value="as it is" selected>Mill Lane bus stop' in shown
    answer = await sends(booking, path, shown, **(FORM | {"from": "19:00", "to": "21:00"}))
    assert answer.status_code == 200, answer.text
    assert "The shift is changed: " in answer.text
    assert "Walks that are outside the roster now" in answer.text
    assert f'href="/booking/walks/{walk["id"]}"' in answer.text
    assert "Wednesdays, 19:00 to 21:00" in answer.text
    assert (await opened(booking, day="2027-01-13"))[0] == "2027-01-13 19:00"


async def test_a_shift_is_ended_and_moved_to_another_place(booking: Booking) -> None:
    path = await a_shift(booking)
    signed_in(booking, "coordinator")
    place = booking.desk.areas.by_code[WARD].places[0]
    fields = FORM | {
        "ends_day": "20",
        "ends_month": "1",
        "ends_year": "2027",
        "place": f"{WARD} 0",
        "near": "the station",
        "capacity": "3",
    }
    answer = await sends(booking, path, await page(booking, path), **fields)
    assert f"At {place.name}, from 1 January 2027 to 20 January 2027" in answer.text
    [row] = await booking.rows("select near, capacity, meeting_name from shift")
    assert tuple(row.values()) == ("the station", 3, place.name)
    assert {each[:10] for each in await opened(booking)} == {"2027-01-13", "2027-01-20"}
    shown = await page(booking, path)
    assert f'<option value="{WARD} 0" selected>' in shown
    assert 'id="ends_day" name="ends_day" type="text" value="20"' in shown
    assert "as it is" not in shown


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"weekday": ""}, "Choose a weekday"),
        ({"from": "six"}, "Enter a time like 18:00"),
        ({"to": "17:30"}, "and not the one from which"),
        ({"begins_day": ""}, "Enter the first day"),
        ({"ends_day": "3"}, "Enter the last day"),
        ({"ends_day": "1", "ends_month": "1", "ends_year": "2026"}, "not before the first"),
        ({"place": ""}, "Choose a meeting point"),
        ({"near": ""}, "Enter what the place is near"),
        ({"capacity": "21"}, "from 1 to 20"),
    ],
)
async def test_a_wrong_change_is_said_and_what_was_typed_is_kept(
    booking: Booking, wrong: dict[str, str], said: str
) -> None:
    path = await a_shift(booking)
    signed_in(booking, "coordinator")
    fields = FORM | {"from": "17:30"} | wrong
    answer = await sends(booking, path, await page(booking, path), **fields)
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert said in answer.text
    assert ('value="17:30"' in answer.text) is ("from" not in wrong)
    [row] = await booking.rows("select version from shift")
    assert row["version"] == 1


async def test_who_comes_second_is_shown_what_holds_now_and_may_send_it_again(
    booking: Booking,
) -> None:
    path = await a_shift(booking)
    signed_in(booking, "coordinator")
    first = second = await page(booking, path)
    assert (await sends(booking, path, first, **(FORM | {"to": "21:00"}))).status_code == 200
    late = await sends(booking, path, second, **(FORM | {"from": "17:00"}))
    assert late.status_code == 412
    assert "Somebody else has changed this shift meanwhile" in late.text
    assert "What holds now" in late.text
    assert "Wednesdays, 18:00 to 21:00" in late.text
    assert 'value="17:00"' in late.text
    again = await sends(booking, path, late.text, **(FORM | {"from": "17:00"}))
    assert "Wednesdays, 17:00 to 20:00" in again.text
    removed = await sends(booking, f"{path}/remove", second)
    assert (removed.status_code, "It has changed since you read it" in removed.text) == (412, True)


async def test_a_shift_that_would_overlap_another_is_refused_in_words(booking: Booking) -> None:
    path = await a_shift(booking)
    await added(booking, weekday="thursday")
    signed_in(booking, "coordinator")
    answer = await sends(
        booking, path, await page(booking, path), **(FORM | {"weekday": "thursday"})
    )
    assert (answer.status_code, "another shift at that time" in answer.text) == (409, True)


async def test_a_day_off_other_hours_and_the_usual_ones_again(booking: Booking) -> None:
    path = f"{await a_shift(booking)}/day"
    walk = await booked(booking, "2027-01-20 18:00")
    signed_in(booking, "coordinator")
    shown = await page(booking, path)
    assert "None." in shown
    answer = await sends(booking, path, shown, **OFF)
    assert answer.status_code == 200, answer.text
    assert "The shift is changed: 0 slots opened, 1 withdrawn" in answer.text
    assert f'href="/booking/walks/{walk["id"]}"' in answer.text
    assert "Not on 20 January" in answer.text
    assert "Week of 18 January 2027" in answer.text
    shown = await page(booking, f"{path}?day=2027-01-20")
    assert "Wednesday 20 January 2027</a>: not worked" in shown
    assert 'value="off" checked' in shown
    other = OFF | {"on_day": "27", "how": "other", "from": "21:00", "to": "24:00"}
    answer = await sends(booking, path, shown, **other)
    assert "On 27 January from 21:00 to 24:00" in answer.text
    shown = await page(booking, f"{path}?day=2027-01-27")
    assert 'value="24:00"' in shown
    answer = await sends(booking, path, shown, **(other | {"how": "usual"}))
    assert "On 27 January" not in answer.text
    late = await sends(booking, path, shown, **OFF)
    assert late.status_code == 412
    assert "Somebody else has changed this shift meanwhile" in late.text
    assert 'value="20"' in late.text


async def test_a_time_that_the_clocks_skip_is_named(booking: Booking) -> None:
    await changes(booking, "policy", TERMS | {"horizon_days": 120})
    path = f"{await a_shift(booking, weekday='sunday')}/day"
    signed_in(booking, "coordinator")
    spring = {"on_day": "28", "on_month": "3", "how": "other", "from": "01:00", "to": "03:00"}
    answer = await sends(booking, path, await page(booking, path), **(OFF | spring))
    assert "Times that are left out" in answer.text
    assert "Sunday 28 March 2027, 01:00" in answer.text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"on_day": ""}, "Enter a day of this shift"),
        ({"on_day": "21"}, "Enter a day of this shift"),
        ({"how": ""}, "Choose how it is worked that day"),
        ({"how": "other", "from": "six", "to": "20:00"}, "Enter a time like 18:00"),
        ({"how": "other", "from": "18:00", "to": "18:00"}, "and not the one from which"),
        ({"how": "other"}, "Enter a time like 18:00"),
    ],
)
async def test_a_wrong_day_is_said_and_what_was_typed_is_kept(
    booking: Booking, wrong: dict[str, str], said: str
) -> None:
    path = f"{await a_shift(booking)}/day"
    signed_in(booking, "coordinator")
    answer = await sends(booking, path, await page(booking, path), **(OFF | wrong))
    assert answer.status_code == 422
    assert ("There is a problem" in answer.text, said in answer.text) == (True, True)
    assert 'value="2027"' in answer.text
    assert await booking.rows("select from shift_exception") == []
