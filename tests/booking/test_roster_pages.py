"""Pages for coordinators, without script: teams, weeks and shifts, absences."""

from datetime import timedelta

import pytest

from tests.booking.desk import OTHER_WARD, WARD, Booking
from tests.booking.rostering import added, opened
from tests.booking.test_absences import recorded
from tests.booking.test_teams import TERMS, changes, team
from tests.booking.visiting import page, sends, signed_in
from tests.factories import START

SHIFT = {
    "weekday": "wednesday",
    "from": "18:00",
    "to": "20:00",
    "begins_day": "1",
    "begins_month": "1",
    "begins_year": "2027",
    "near": "the old mill",
    "capacity": "2",
}
AWAY = {
    "kind": "suspended",
    "from_day": "12",
    "from_month": "1",
    "from_year": "2027",
    "from_wall": "16:00",
}
PAGES = ("teams", "week", "shifts", "absences", "roster")


@pytest.mark.parametrize("path", PAGES)
async def test_the_pages_are_for_coordinators(booking: Booking, path: str) -> None:
    signed_in(booking, "officer")
    await page(booking, f"/booking/{path}", 403)
    signed_in(booking, "coordinator")
    await page(booking, f"/booking/{path}")


def place(booking: Booking, ward: str = WARD) -> dict[str, str]:
    """The first place that a ward names, as the form's option."""
    assert booking.desk.areas.by_code[ward].places
    return {"place": f"{ward} 0"}


async def test_a_policy_is_changed_on_its_page_and_the_old_one_stays_in_sight(
    booking: Booking,
) -> None:
    signed_in(booking, "coordinator")
    path = f"/booking/teams/{await team(booking)}/policy"
    shown = await page(booking, path)
    assert 'value="28"' in shown
    fields = {name: str(value) for name, value in TERMS.items()}
    wrong = await sends(booking, path, shown, **(fields | {"horizon_days": "many", "youth": ""}))
    assert wrong.status_code == 422
    assert "Enter how far ahead walks can be booked, in days, from 1 to 366" in wrong.text
    assert "Choose: under 18" in wrong.text
    assert 'value="120"' in wrong.text
    answer = await sends(booking, path, shown, **fields)
    assert answer.status_code == 303, answer.text
    after = await page(booking, answer.headers["location"])
    assert "Walks that are booked keep what was promised" in after
    assert "Version 2, since" in after
    assert "Version 1 of Mill" in after
    late = await sends(booking, path, shown, **fields)
    assert late.status_code == 412
    assert "Somebody else has changed this meanwhile" in late.text
    assert (await sends(booking, path, late.text, **fields)).status_code == 303


async def test_a_team_s_wards_are_chosen_on_a_page(booking: Booking) -> None:
    signed_in(booking, "coordinator")
    path = f"/booking/teams/{await team(booking)}/wards"
    shown = await page(booking, path)
    chosen = {f"ward-{WARD}": "own", f"ward-{OTHER_WARD}": "borrowed"}
    answer = await sends(booking, path, shown, **chosen)
    assert answer.status_code == 303
    [found] = (await booking.http.get("/booking/v1/teams")).json()["items"]
    assert found["wards"] == {"own": [WARD], "borrowed": [OTHER_WARD]}
    late = await sends(booking, path, shown)
    assert (late.status_code, "Somebody else" in late.text) == (412, True)


async def test_a_coordinator_of_another_ward_sees_nothing_of_a_team(booking: Booking) -> None:
    assert (await changes(booking, "wards", {"own": [WARD]})).status_code == 200
    signed_in(booking, "coordinator", ward=OTHER_WARD)
    assert "No team walks in your wards" in await page(booking, "/booking/teams")
    assert "There is no officer yet" in await page(booking, "/booking/week")
    await page(booking, f"/booking/teams/{await team(booking)}/policy", 403)


async def test_a_shift_is_added_and_removed_on_pages_and_its_walks_are_named(
    booking: Booking,
) -> None:
    signed_in(booking, "coordinator")
    officer = booking.officers[1]
    shown = await page(booking, f"/booking/shifts?officer={officer}")
    fields = SHIFT | place(booking) | {"officer_id": officer}
    answer = await sends(booking, "/booking/shifts", shown, **fields)
    assert answer.status_code == 200, answer.text
    assert "The shift is added: 8 slots opened" in answer.text
    assert "The week of PC Robin 2" in answer.text
    walk = (await booking.books((await booking.slots())[0]["id"])).json()
    week = await page(booking, f"/booking/week?officer={officer}")
    assert "Wednesdays, 18:00 to 20:00" in week
    assert "1 booked" in week
    [shift] = await booking.rows("select id from shift")
    path = f"/booking/shifts/{shift['id']}/remove"
    gone = await sends(booking, path, week, officer_id=officer, version="1")
    assert "Walks that are outside the roster now" in gone.text
    assert walk["reference"] in gone.text
    assert await opened(booking) == ["2027-01-13 18:00"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"officer_id": ""}, "Choose an officer"),
        ({"weekday": ""}, "Choose a weekday"),
        ({"from": "six"}, "Enter a time like 18:00"),
        ({"to": "18:00"}, "and not the one from which"),
        ({"begins_day": "31", "begins_month": "2"}, "Enter the first day"),
        ({"place": ""}, "Choose a meeting point"),
        ({"near": ""}, "Enter what the place is near"),
        ({"capacity": "many"}, "from 1 to 20"),
    ],
)
async def test_a_wrong_shift_is_said_and_what_was_typed_is_kept(
    booking: Booking, wrong: dict[str, str], said: str
) -> None:
    signed_in(booking, "coordinator")
    shown = await page(booking, "/booking/shifts")
    fields = SHIFT | place(booking) | {"officer_id": booking.officers[0]} | wrong
    answer = await sends(booking, "/booking/shifts", shown, **fields)
    assert answer.status_code == 422
    assert said in answer.text
    assert "the old mill" in answer.text or "near" in wrong
    assert await booking.rows("select from shift") == []


async def test_a_shift_that_overlaps_another_is_said(booking: Booking) -> None:
    await added(booking)
    signed_in(booking, "coordinator")
    shown = await page(booking, "/booking/shifts")
    fields = SHIFT | place(booking) | {"officer_id": booking.officers[0]}
    answer = await sends(booking, "/booking/shifts", shown, **fields)
    assert (answer.status_code, "another shift at that time" in answer.text) == (409, True)


async def test_an_absence_is_recorded_and_ended_on_pages(booking: Booking) -> None:
    walk = await booking.walk(at=START + timedelta(hours=3))
    signed_in(booking, "coordinator")
    shown = await page(booking, "/booking/absences")
    assert "Nobody is away" in shown
    fields = AWAY | {"officer_id": booking.officers[0]}
    answer = await sends(booking, "/booking/absences", shown, **fields)
    assert answer.status_code == 303, answer.text
    one = await page(booking, answer.headers["location"])
    assert "Suspended" in one
    assert walk["reference"] in one
    assert "Not known" in one
    assert "PC Robin 1" in await page(booking, "/booking/absences")
    ended = await sends(booking, f"{answer.headers['location']}/end", one, version="1")
    assert ended.status_code == 303
    [row] = await booking.rows("select upper(during) as until from absence")
    assert row["until"] == START
    again = await sends(booking, f"{answer.headers['location']}/end", one, version="2")
    assert (again.status_code, "has ended" in again.text) == (409, True)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"officer_id": ""}, "Choose an officer"),
        ({"kind": ""}, "Choose why"),
        ({"from_day": ""}, "Enter the day from which"),
        ({"from_day": "28", "from_month": "3", "from_wall": "01:30"}, "Enter the day from which"),
        ({"until_day": "40"}, "Enter the day until which"),
        (
            {"until_day": "1", "until_month": "1", "until_year": "2027"},
            "ust lie ahead, and after its beginning",
        ),
    ],
)
async def test_a_wrong_absence_is_said_and_what_was_typed_is_kept(
    booking: Booking, wrong: dict[str, str], said: str
) -> None:
    signed_in(booking, "coordinator")
    shown = await page(booking, "/booking/absences")
    fields = AWAY | {"officer_id": booking.officers[0]} | wrong
    answer = await sends(booking, "/booking/absences", shown, **fields)
    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="2027"' in answer.text
    assert await booking.rows("select from absence") == []


async def test_why_somebody_is_away_is_on_no_other_page(booking: Booking) -> None:
    await booking.slot()
    await booking.walk(officer=1)
    await recorded(booking, "suspended", until=None)
    for role, paths in {
        "coordinator": ("teams", "week", "shifts", "roster", "today", "duty", ""),
        "officer": ("today", "duty", ""),
        "duty": ("duty",),
    }.items():
        signed_in(booking, role)
        for path in paths:
            shown = (await page(booking, f"/booking/{path}")).lower()
            assert "suspended" not in shown, (role, path)
            assert "pc robin 1" not in shown, (role, path)
