"""A walk that is to end sooner than promised: for all who share it, told to her, and its alarm with it."""

import json
from datetime import timedelta

import pytest

from booking import domain, service
from shared.errors import Invalid
from shared.events.walks import INTERNAL, SHARED
from tests.booking.desk import Booking, Json, pointers, problem
from tests.booking.test_races import a_group
from tests.booking.visiting import page, sends, signed_in
from tests.booking.walks import POLICY, a_walk, telling
from tests.factories import START

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


async def shortens(booking: Booking, walk: Json, minutes: int = 20) -> Json:
    """An officer says that a walk is to be shorter."""
    answer = await booking.acts(walk, "shorten", json={"minutes": minutes, "reason": "weather"})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("minutes", [0, 30, 31])
def test_a_walk_ends_after_it_begins_and_sooner_than_promised(minutes: int) -> None:
    with pytest.raises(Invalid):
        domain.shorten(a_walk(), minutes, "weather", telling())


def test_an_end_that_has_passed_is_none() -> None:
    walk = a_walk()
    late = walk.times.starts_at + 10 * MINUTE
    with pytest.raises(Invalid):
        domain.shorten(walk, 10, "weather", telling(late))
    after, _ = domain.shorten(walk, 11, "weather", telling(late))
    assert after.end_due_at == walk.times.starts_at + 11 * MINUTE + POLICY.grace


def test_a_mark_for_a_start_that_is_missing_stays() -> None:
    walk = a_walk()
    marked = domain.mark_overdue(walk, walk.start_due_at)
    assert marked is not None
    after, _ = domain.shorten(marked[0], 20, "weather", telling(walk.start_due_at))
    assert after.overdue == marked[1]


async def test_she_and_the_others_of_her_slot_are_told_and_nobody_else(booking: Booking) -> None:
    slot = await a_group(booking, 2)
    walks = [(await booking.books(slot)).json() for _ in range(2)]
    after = await shortens(booking, walks[0])
    assert after["local"]["to"] == "19:20"
    told = [each for each in await booking.events(INTERNAL) if "rescheduled" in each["type"]]
    assert {each["key"] for each in told} == {walk["id"] for walk in walks}
    for each in told:
        said = json.loads(each["value"])
        assert (said["initiator"], said["shortened"]) == ("force", "weather")
        assert (said["old_ends_at"], said["ends_at"]) == (
            "2027-01-12T19:30:00Z",
            "2027-01-12T19:20:00Z",
        )
    assert await booking.types(SHARED) == ["walk.confirmed.v1"] * 2
    assert "7pm to 7:20pm" in await page(booking, walks[1]["manage_url"])


async def test_it_is_overdue_by_its_sooner_end_and_still_debriefed(booking: Booking) -> None:
    walk = await booking.walk()
    await shortens(booking, walk)
    booking.clock.at = START + HOUR
    await booking.acts(walk, "start")
    booking.clock.at = START + HOUR + 35 * MINUTE - timedelta(seconds=1)
    assert not await service.mark_next_overdue(booking.desk)
    booking.clock.at = START + HOUR + 35 * MINUTE
    assert await service.mark_next_overdue(booking.desk)
    for verb in ("end", "debrief"):
        assert (await booking.acts(walk, verb)).status_code == 200


async def test_once_it_has_started_it_is_broken_off_instead(booking: Booking) -> None:
    walk = await booking.walk()
    booking.clock.at = START + HOUR
    await booking.acts(walk, "start")
    answer = await booking.acts(walk, "shorten", json={"minutes": 20, "reason": "weather"})
    assert (answer.status_code, problem(answer)) == (409, "wrong-state")


async def test_what_is_no_shorter_length_is_refused_and_says_where(booking: Booking) -> None:
    walk = await booking.walk()
    answer = await booking.acts(walk, "shorten", json={"minutes": 30, "reason": "weather"})
    assert (answer.status_code, pointers(answer)) == (422, ["#/minutes"])


async def test_staff_shorten_it_on_its_page(booking: Booking) -> None:
    walk = await booking.walk()
    signed_in(booking, "officer")
    path = f"/booking/walks/{walk['id']}"
    for typed in ("thirty", "30", ""):
        shown = await page(booking, path)
        answer = await sends(booking, f"{path}/shorten", shown, minutes=typed, reason="safety")
        assert answer.status_code == 422
        assert "Enter fewer minutes than now" in answer.text
    answer = await sends(booking, f"{path}/shorten", shown, minutes="20", reason="safety")
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert "Shortened to end at 7:20pm: safety" in await page(booking, path)
