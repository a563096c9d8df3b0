"""Whose it is to act on a walk that is late: over grace, midnight, clock changes and restarts, until it is taken on."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from booking import domain, service
from booking.domain import Walk
from booking.worker import note_acknowledged
from shared.events import Received, WardRef, alerts
from shared.events.walks import INTERNAL, WalkOverdue
from tests.booking.desk import POLICY, WARD, Booking
from tests.booking.test_today_pages import page, signed_in
from tests.booking.test_worker import tick, working
from tests.booking.walks import a_slot, telling
from tests.factories import START

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
AWAY = "http://127.0.0.1:9"
STARTS = (
    datetime(2027, 1, 12, 19, tzinfo=UTC),
    datetime(2027, 1, 12, 23, 50, tzinfo=UTC),  # over London's midnight
    datetime(
        2027, 6, 12, 22, 50, tzinfo=UTC
    ),  # over it in summer, while it is still that day in UTC
    datetime(2027, 3, 28, 0, 50, tzinfo=UTC),  # over the hour that the clocks skip
    datetime(2027, 10, 31, 0, 50, tzinfo=UTC),  # over the hour that they show twice
)


def a_walk_at(starts_at: datetime, *, started: bool = False) -> Walk:
    """A walk of half an hour."""
    slot = a_slot(times=domain.promised(starts_at, 30, "2026a"))
    before = telling(starts_at - timedelta(hours=3))
    walk, _ = domain.book(slot, POLICY, domain.NewWalk(uuid4(), uuid4(), "0000-0001"), before)
    if started:
        deed = domain.Deed(starts_at, "officer-1")
        walk, _ = domain.start(walk, deed, telling(starts_at))
    return walk


@pytest.mark.parametrize("starts_at", STARTS, ids=lambda at: f"{at:%d%b-%H%M}")
@pytest.mark.parametrize("started", [False, True], ids=["no-start", "no-end"])
def test_it_climbs_by_the_real_minutes_since_its_planned_time(
    starts_at: datetime, *, started: bool
) -> None:
    walk = a_walk_at(starts_at, started=started)
    planned = starts_at + 30 * MINUTE if started else starts_at
    marked = domain.mark_overdue(walk, planned + 15 * MINUTE)
    assert marked is not None
    for each in (walk, marked[0]):  # marked or not yet: whoever asks sees the same
        assert domain.level(each, planned - SECOND) is None
        assert domain.level(each, planned) == "officer"
        assert domain.level(each, planned + 15 * MINUTE - SECOND) == "officer"
        assert domain.level(each, planned + 15 * MINUTE) == "supervisor"
        assert domain.level(each, planned + 20 * MINUTE - SECOND) == "supervisor"
        assert domain.level(each, planned + 20 * MINUTE) == "control_room"


@pytest.mark.parametrize(("late", "level"), [(0, "supervisor"), (5, "control_room")])
def test_what_is_told_says_whose_it_was_when_it_was_found(late: int, level: str) -> None:
    walk = a_walk_at(STARTS[0])
    marked = domain.mark_overdue(walk, walk.start_due_at + late * MINUTE)
    assert marked is not None
    fact = marked[2].fact
    assert isinstance(fact, WalkOverdue)
    assert fact.level == level


async def acknowledged(booking: Booking, walk_id: str, at: datetime) -> None:
    """Notifications says that somebody has taken a walk's alarm on."""
    fact = alerts.AlertAcknowledged(
        code="walk_overdue",
        walk_id=UUID(walk_id),
        ward=WardRef(code=WARD, set="larkmere-2026"),
        rung="supervisor",
        elapsed_seconds=60,
    )
    event = Received(uuid4(), fact.topic, fact.type, str(uuid4()), 2, at, fact)
    async with booking.database.transaction() as connection:
        await note_acknowledged(connection, [event])


async def marks(booking: Booking) -> list[dict[str, Any]]:
    """The duty list's marks."""
    answer = await booking.http.get(
        "/booking/v1/walks/overdue", headers=booking.issuer.bearer("duty")
    )
    return [each["overdue"] for each in answer.json()["items"]]


async def test_who_has_taken_it_on_keeps_it_from_climbing(booking: Booking) -> None:
    walk = await booking.walk()
    due_at = booking.clock.at = START + 75 * MINUTE
    assert await service.mark_next_overdue(booking.desk)
    await acknowledged(booking, walk["id"], due_at + 2 * MINUTE)
    booking.clock.at = due_at + timedelta(hours=1)
    [mark] = await marks(booking)
    assert mark["level"] == "supervisor"
    assert mark["acknowledged_at"] == "2027-01-12T19:17:00+00:00"


async def test_an_earlier_alarm_s_acknowledgement_is_not_the_next_one_s(booking: Booking) -> None:
    walk = await booking.walk()
    booking.clock.at = START + 75 * MINUTE
    assert await service.mark_next_overdue(booking.desk)
    await booking.acts(walk, "start")
    booking.clock.at = START + 105 * MINUTE
    assert await service.mark_next_overdue(booking.desk)
    await acknowledged(booking, walk["id"], START + 76 * MINUTE)  # heard of late
    [mark] = await marks(booking)
    assert mark == {
        "due_at": "2027-01-12T19:45:00+00:00",
        "missing": "end",
        "level": "supervisor",
        "acknowledged_at": None,
    }


async def test_a_forgotten_end_waits_for_its_officer_and_a_late_tap_clears_it(
    booking: Booking,
) -> None:
    walk = await booking.walk()
    booking.clock.at = START + timedelta(hours=1)
    await booking.acts(walk, "start")
    booking.clock.at = START + 105 * MINUTE
    assert await service.mark_next_overdue(booking.desk)
    await acknowledged(booking, walk["id"], booking.clock.at)
    booking.clock.advance(timedelta(days=1))
    assert [mark["missing"] for mark in await marks(booking)] == ["end"]
    ended = await booking.acts(walk, "end", json={"at": (START + 92 * MINUTE).isoformat()})
    assert ended.status_code == 200, ended.text
    assert ended.json()["ended"]["late"]
    assert ended.json()["overdue"] is None
    assert await marks(booking) == []
    assert (await booking.types(INTERNAL))[-2:] == ["walk.ended.v1", "walk.overdue_cleared.v1"]


async def test_a_worker_that_was_away_goes_on_where_the_clock_is(booking: Booking) -> None:
    """One dies after the first mark; the next finds the second, late, and starts no ladder anew."""
    one, other = [await booking.walk(officer=nth) for nth in (0, 1)]
    booking.clock.at = START + timedelta(hours=1)
    await booking.acts(other, "start")
    booking.clock.at = START + 75 * MINUTE
    async with working(booking, AWAY) as work:
        await tick(work, "overdue")
    booking.clock.at = START + 112 * MINUTE
    async with working(booking, AWAY) as work:
        await tick(work, "overdue")
    events = [event for event in await booking.events(INTERNAL) if "overdue" in event["type"]]
    said = [(event["key"], json.loads(event["value"])["level"]) for event in events]
    assert said == [(one["id"], "supervisor"), (other["id"], "control_room")]
    assert [mark["level"] for mark in await marks(booking)] == ["control_room"] * 2


async def test_staff_pages_show_whose_it_is(booking: Booking) -> None:
    walk = await booking.walk()
    signed_in(booking, "officer")
    booking.clock.at = START + 61 * MINUTE
    assert "Past its time" in await page(booking, "/booking/today")
    assert "No walk is overdue." in await page(booking, "/booking/duty")
    booking.clock.at = START + 75 * MINUTE
    await service.mark_next_overdue(booking.desk)
    assert "Overdue: supervisor" in await page(booking, f"/booking/walks/{walk['id']}")
    assert "Nobody has taken it on" in await page(booking, "/booking/duty")
    await acknowledged(booking, walk["id"], START + 81 * MINUTE)
    booking.clock.at = START + 100 * MINUTE
    assert "Overdue: control room" in await page(booking, "/booking/today")
    text = await page(booking, "/booking/duty")
    assert "Control room" in text
    assert "Taken on at 7:21pm" in text
