"""Shifts over HTTP, the timer that opens their slots, and what a change of a shift does to walks."""

import asyncio
from datetime import date, datetime, time

import pytest

from booking import domain
from tests.booking.desk import OTHER_WARD, Booking, Json, pointers, problem, some_id
from tests.booking.rostering import (
    DAY,
    a_shift,
    added,
    adds,
    between,
    excepts,
    opened,
    path,
    puts,
    timer,
)
from tests.booking.test_teams import TERMS, changes
from tests.factories import START


async def test_a_shift_opens_its_slots_as_far_as_the_horizon(booking: Booking) -> None:
    answer = await adds(booking)
    assert answer.status_code == 201, answer.text
    assert answer.json()["slots"] == {"opened": 16, "withdrawn": 0}
    assert answer.headers["etag"] == '"1"'
    found = await opened(booking)
    assert found[:4] == [f"2027-01-13 {hour}:00" for hour in range(18, 22)]
    assert {each[:10] for each in found} == {
        f"2027-{day}" for day in ("01-13", "01-20", "01-27", "02-03")
    }
    [slot, *_] = await booking.slots()
    assert slot["local"] == {
        "date": "2027-01-13", "from": "18:00", "to": "18:30", "timezone": "Europe/London",
    }  # fmt: skip
    assert (await booking.books(slot["id"])).status_code == 201


async def test_the_timer_opens_what_the_horizon_has_reached_and_is_idempotent(
    booking: Booking,
) -> None:
    await added(booking)
    assert await timer(booking) == 0
    booking.clock.advance(7 * DAY)
    assert await timer(booking) == 1
    assert await timer(booking) == 0
    assert (await opened(booking, day="2027-02-10")) == [
        f"2027-02-10 {h}:00" for h in range(18, 22)
    ]
    rows = await booking.rows("select officer_id, starts_at from slot")
    assert len(rows) == len({(row["officer_id"], row["starts_at"]) for row in rows}) == 20


async def test_two_workers_open_each_slot_once(booking: Booking) -> None:
    await added(booking)
    booking.clock.advance(14 * DAY)
    await asyncio.gather(*(timer(booking) for _ in range(4)))
    rows = await booking.rows("select starts_at from slot where state = 'open'")
    assert len(rows) == len({row["starts_at"] for row in rows}) == 24


@pytest.mark.parametrize("change", ["2026-10-25", "2027-03-28", "2027-10-31"])
async def test_slots_stay_at_six_on_the_wall_across_a_change_of_the_clocks(
    booking: Booking, change: str
) -> None:
    day = date.fromisoformat(change)
    booking.clock.at = datetime.combine(day - 10 * DAY, time(12), domain.LONDON)
    names = ("saturday", "sunday", "monday")
    for name in names:
        hours = between("18:00", "19:00")
        await added(booking, weekday=name, from_date="2026-01-01", **hours)
    rows = await booking.rows("select starts_at, local_from from slot order by starts_at")
    assert len(rows) == 12
    for row in rows:
        assert row["starts_at"].astimezone(domain.LONDON).time() == time(18) == row["local_from"]
    assert len({row["starts_at"].time() for row in rows}) == 2


async def test_a_time_that_the_clocks_skip_is_named_in_the_answer(booking: Booking) -> None:
    booking.clock.at = START + 60 * DAY
    answer = await adds(booking, weekday="sunday", **between("00:30", "04:00"))
    assert answer.json()["left_out"] == ["2027-03-28T01:30"]
    assert await opened(booking, day="2027-03-28") == [
        "2027-03-28 00:30", "2027-03-28 02:30", "2027-03-28 03:30",
    ]  # fmt: skip


async def test_until_midnight_and_over_it(booking: Booking) -> None:
    midnight = await added(booking, **between("23:00", "24:00"))
    assert midnight["to"] == "24:00"
    over = await added(booking, weekday="friday", **between("23:00", "01:00"))
    assert over["to"] == "01:00"
    found = await opened(booking)
    assert found[:3] == ["2027-01-13 23:00", "2027-01-15 23:00", "2027-01-16 00:00"]


async def test_a_shortened_shift_withdraws_its_open_slots_and_names_its_walks(
    booking: Booking,
) -> None:
    shift = await added(booking)
    booked = (await booking.slots())[2]
    assert booked["local"]["from"] == "20:00"
    walk = (await booking.books(booked["id"])).json()
    answer = await puts(booking, shift, to="20:00")
    assert answer.status_code == 200, answer.text
    assert answer.json()["slots"] == {"opened": 0, "withdrawn": 7}
    assert [each["reference"] for each in answer.json()["walks"]] == [walk["reference"]]
    assert "Ada" not in answer.text
    assert [each[-5:] for each in await opened(booking, day="2027-01-13")] == [
        "18:00", "19:00", "20:00",
    ]  # fmt: skip
    [row] = await booking.rows("select state from walk")
    assert row["state"] == "confirmed"
    assert await timer(booking) == 0
    again = await puts(booking, answer.json()["shift"], to="22:00")
    assert again.json()["slots"] == {"opened": 7, "withdrawn": 0}
    assert again.json()["walks"] == []


async def test_a_removed_shift_leaves_its_walks(booking: Booking) -> None:
    shift = await added(booking)
    walk = (await booking.books((await booking.slots())[0]["id"])).json()
    headers = booking.coordinator | {"If-Match": '"1"'}
    answer = await booking.http.delete(path(booking, shift), headers=headers)
    assert answer.json()["slots"] == {"opened": 0, "withdrawn": 15}
    assert [each["reference"] for each in answer.json()["walks"]] == [walk["reference"]]
    assert await booking.slots() == []
    assert (await booking.http.get(path(booking), headers=booking.coordinator)).json()[
        "items"
    ] == []
    assert len(await booking.rows("select from walk where state = 'confirmed'")) == 1


async def test_a_slot_that_somebody_withdrew_is_not_opened_again(booking: Booking) -> None:
    await added(booking)
    walk = (await booking.books((await booking.slots())[0]["id"])).json()
    assert (await booking.acts(walk, "cancel")).status_code == 200
    booking.clock.advance(DAY / 48)
    assert (await changes(booking, "policy", TERMS | {
        "walk_minutes": 30, "buffer_minutes": 15, "debrief_minutes": 0, "horizon_days": 28,
    })).status_code == 200  # fmt: skip
    assert await timer(booking) == 1
    assert (await opened(booking))[0] == "2027-01-13 19:00"


async def test_not_even_at_another_place_is_it_opened_again(booking: Booking) -> None:
    shift = await added(booking)
    walk = (await booking.books((await booking.slots())[0]["id"])).json()
    assert (await booking.acts(walk, "cancel")).status_code == 200
    place = {"name": "The green", "coordinates": booking.place(OTHER_WARD)}
    answer = await puts(booking, shift, ward=OTHER_WARD, near="the green", meeting_point=place)
    assert answer.json()["slots"] == {"opened": 15, "withdrawn": 15}
    assert (await opened(booking))[0] == "2027-01-13 19:00"


async def test_another_place_opens_the_slots_anew(booking: Booking) -> None:
    shift = await added(booking)
    place = {"name": "The green", "coordinates": booking.place(OTHER_WARD)}
    answer = await puts(booking, shift, ward=OTHER_WARD, near="the green", meeting_point=place)
    assert answer.json()["slots"] == {"opened": 16, "withdrawn": 16}
    assert {slot["near"] for slot in await booking.slots()} == {"the green"}


async def test_the_policy_s_next_version_changes_open_slots_and_no_walk(booking: Booking) -> None:
    await added(booking)
    assert (await booking.books((await booking.slots())[0]["id"])).status_code == 201
    before = await booking.rows("select * from walk")
    assert (await changes(booking, "policy", TERMS)).status_code == 200
    assert await timer(booking) == 1
    assert await booking.rows("select * from walk") == before
    assert await opened(booking) == ["2027-01-13 18:00", "2027-01-13 19:55"]
    assert await timer(booking) == 0


async def test_a_day_off_and_a_day_at_other_times(booking: Booking) -> None:
    shift = await added(booking)
    off = await excepts(booking, shift, "2027-01-13", {})
    assert off.status_code == 200, off.text
    assert off.json()["shift"]["exceptions"] == [{"day": "2027-01-13", "from": None, "to": None}]
    assert await opened(booking, day="2027-01-13") == []
    other = await excepts(
        booking, off.json()["shift"], "2027-01-20", {"from": "20:00", "to": "21:00"}
    )
    assert await opened(booking, day="2027-01-20") == ["2027-01-20 20:00"]
    usual = {"from": "18:00", "to": "22:00"}
    back = await excepts(booking, other.json()["shift"], "2027-01-13", usual)
    assert [each["day"] for each in back.json()["shift"]["exceptions"]] == ["2027-01-20"]
    assert len(await opened(booking, day="2027-01-13")) == 4
    wrong = await excepts(booking, back.json()["shift"], "2027-01-14", {})
    assert (wrong.status_code, pointers(wrong)) == (422, ["#/path/day"])


async def test_who_changes_a_shift_has_read_it(booking: Booking) -> None:
    shift = await added(booking)
    for method in ("PUT", "DELETE"):
        body: Json = {"json": a_shift(booking)} if method == "PUT" else {}
        where = path(booking, shift)
        blind = await booking.http.request(method, where, headers=booking.coordinator, **body)
        assert blind.status_code == 428
        stale = booking.coordinator | {"If-Match": '"9"'}
        assert (await booking.http.request(method, where, headers=stale, **body)).status_code == 412
    shown = await booking.http.get(path(booking, shift), headers=booking.officer)
    assert (shown.json(), shown.headers["etag"]) == (shift, '"1"')
    other = await booking.http.get(path(booking, shift, officer=1), headers=booking.officer)
    assert other.status_code == 404


async def test_an_officer_s_shifts_do_not_overlap(booking: Booking) -> None:
    shift = await added(booking)
    answer = await adds(booking, **between("21:00", "23:00"))
    assert (answer.status_code, problem(answer)) == (409, "shifts-overlap")
    assert (await adds(booking, officer=1)).status_code == 201
    both = [adds(booking, weekday="monday"), adds(booking, weekday="monday")]
    answers = await asyncio.gather(*both)
    assert sorted(each.status_code for each in answers) == [201, 409]
    assert (await puts(booking, shift, to="21:00")).status_code == 200


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"from": "24:00"}, "#/from"),
        ({"to": "25:00"}, "#/to"),
        ({"to": "18:00"}, "#"),
        ({"weekday": "3"}, "#/weekday"),
        ({"until_date": "2026-12-31"}, "#"),
        ({"from_date": 20270101}, "#/from_date"),
        ({"ward": "nowhere"}, "#/ward"),
        ({"capacity": 0}, "#/capacity"),
    ],
)
async def test_a_shift_that_cannot_be_is_refused(
    booking: Booking, said: Json, pointer: str
) -> None:
    answer = await adds(booking, **said)
    assert (answer.status_code, pointers(answer)) == (422, [pointer]), answer.text
    assert await booking.rows("select from shift") == []


async def test_shifts_are_for_coordinators_of_the_ward(booking: Booking) -> None:
    where, body = path(booking), a_shift(booking)
    assert (await booking.http.post(where, json=body, headers=booking.officer)).status_code == 403
    hers = booking.issuer.bearer("coordinator", wards=[OTHER_WARD])
    assert (await booking.http.post(where, json=body, headers=hers)).status_code == 403
    nobody = f"/booking/v1/officers/{some_id()}/shifts"
    answer = await booking.http.post(nobody, json=body, headers=booking.coordinator)
    assert answer.status_code == 404


async def test_a_booking_in_the_middle_of_a_change_keeps_its_slot(booking: Booking) -> None:
    shift = await added(booking)
    slots = [slot for slot in await booking.slots() if slot["local"]["date"] == "2027-01-13"]
    tries = [booking.books(slot["id"]) for slot in slots]
    change, *booked = await asyncio.gather(puts(booking, shift, to="19:00"), *tries)
    named = {each["reference"] for each in change.json()["walks"]}
    for slot, answer in zip(slots, booked, strict=True):
        [row] = await booking.rows("select state from slot where id = $1", slot["id"])
        walked = answer.status_code == 201
        outside = slot["local"]["from"] > "18:00"
        assert row["state"] == ("open" if walked or not outside else "withdrawn")
        assert walked or outside
        if walked and outside:
            assert answer.json()["reference"] in named
