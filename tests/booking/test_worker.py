"""What booking's worker does by itself: the overdue alarm, its reports, the count of concerns."""

import json
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from booking.app import create_worker
from shared.events import Received, concerns
from shared.events.walks import INTERNAL
from shared.service import Work
from tests.booking.desk import WARD, Booking
from tests.booking.doubles import NotificationsDouble, running_notifications
from tests.factories import START, parts_for

DUE = START + timedelta(hours=1, minutes=15)


@pytest.fixture
def notifications() -> Generator[NotificationsDouble]:
    """Notifications as booking's worker meets it."""
    with running_notifications() as double:
        yield double


@asynccontextmanager
async def working(booking: Booking, url: str) -> AsyncGenerator[Work]:
    """The worker of this booking, which finds issuer and notifications at ``url``."""
    parts = parts_for(
        "booking",
        booking.database,
        clock=booking.clock,
        oidc_issuer=url,
        notifications_url=url,
    )
    async with create_worker(parts) as work:
        yield work


async def tick(work: Work, name: str) -> None:
    """Run a timer once."""
    [timer] = [timer for timer in work.timers if timer.name == name]
    await timer.run()


async def overdue(booking: Booking, work: Work) -> dict[str, Any]:
    """A walk that nobody started in time."""
    walk = await booking.walk()
    booking.clock.at = DUE
    await tick(work, "overdue")
    return walk


async def test_every_overdue_walk_is_marked_told_and_reported_once(
    booking: Booking, notifications: NotificationsDouble
) -> None:
    async with working(booking, notifications.url) as work:
        walks = [await booking.walk(officer=officer) for officer in (0, 1)]
        booking.clock.at = DUE - timedelta(seconds=1)
        await tick(work, "overdue")
        assert await booking.types(INTERNAL) == ["walk.confirmed.v1"] * 2
        booking.clock.at = DUE
        for _ in range(2):
            await tick(work, "overdue")
            await tick(work, "overdue_reports")
    events = [event for event in await booking.events(INTERNAL) if "overdue" in event["type"]]
    assert {event["key"] for event in events} == {walk["id"] for walk in walks}
    expected = {
        str(event["event_id"]): {
            "event_id": str(event["event_id"]),
            "walk_id": event["key"],
            "ward": {"code": WARD, "set": "larkmere-2026"},
            "due_at": DUE.isoformat(),
            "missing": "start",
        }
        for event in events
    }
    assert len(notifications.reports) == 2
    assert {report["event_id"]: report for report in notifications.reports} == expected


async def test_a_report_is_sent_until_it_is_answered(
    booking: Booking, notifications: NotificationsDouble
) -> None:
    notifications.status = 503
    async with working(booking, notifications.url) as work:
        await overdue(booking, work)
        await tick(work, "overdue_reports")
        [row] = await booking.rows("select attempts, reported_at from overdue_report")
        assert dict(row) == {"attempts": 1, "reported_at": None}
        notifications.status = 202
        await tick(work, "overdue_reports")
        assert notifications.reports == []
        booking.clock.advance(timedelta(seconds=1))
        await tick(work, "overdue_reports")
        assert len(notifications.reports) == 1
        booking.clock.advance(timedelta(days=1))
        await tick(work, "overdue_reports")
        assert len(notifications.reports) == 1


async def test_with_notifications_away_the_duty_list_shows_the_walk(booking: Booking) -> None:
    async with working(booking, "http://127.0.0.1:9") as work:
        walk = await overdue(booking, work)
        await tick(work, "overdue_reports")
    headers = booking.issuer.bearer("duty")
    answer = await booking.http.get("/booking/v1/walks/overdue", headers=headers)
    assert [each["id"] for each in answer.json()["items"]] == [walk["id"]]
    [row] = await booking.rows("select reported_at from overdue_report")
    assert row["reported_at"] is None


async def test_a_token_that_is_refused_is_asked_for_again(
    booking: Booking, notifications: NotificationsDouble
) -> None:
    async with working(booking, notifications.url) as work:
        await overdue(booking, work)
        await tick(work, "overdue_reports")
        await booking.walk(at=booking.clock() + timedelta(hours=1), officer=1)
        booking.clock.advance(timedelta(hours=2))
        await tick(work, "overdue")
        notifications.token = "another"
        await tick(work, "overdue_reports")
        assert len(notifications.reports) == 1
        booking.clock.advance(timedelta(seconds=1))
        await tick(work, "overdue_reports")
        assert len(notifications.reports) == 2


@pytest.mark.parametrize("verb", ["start", "cancel"])
async def test_what_is_no_longer_overdue_is_not_reported_any_more(
    booking: Booking, notifications: NotificationsDouble, verb: str
) -> None:
    async with working(booking, notifications.url) as work:
        walk = await overdue(booking, work)
        assert (await booking.acts(walk, verb)).status_code == 200
        await tick(work, "overdue_reports")
    assert notifications.reports == []
    assert (await booking.types(INTERNAL))[-1] == "walk.overdue_cleared.v1"
    headers = booking.issuer.bearer("duty")
    answer = await booking.http.get("/booking/v1/walks/overdue", headers=headers)
    assert answer.json()["items"] == []


async def test_a_walk_that_is_not_ended_is_overdue_as_well(
    booking: Booking, notifications: NotificationsDouble
) -> None:
    async with working(booking, notifications.url) as work:
        walk = await booking.walk()
        await booking.acts(walk, "start")
        booking.clock.at = DUE
        await tick(work, "overdue")
        assert "walk.overdue.v1" not in await booking.types(INTERNAL)
        booking.clock.advance(timedelta(minutes=30))
        await tick(work, "overdue")
        await tick(work, "overdue_reports")
    assert [report["missing"] for report in notifications.reports] == ["end"]
    told = json.loads((await booking.events(INTERNAL))[-1]["value"])
    assert told["missing"] == "end"


async def test_two_workers_mark_a_walk_once(
    booking: Booking, notifications: NotificationsDouble
) -> None:
    async with (
        working(booking, notifications.url) as one,
        working(booking, notifications.url) as other,
    ):
        await overdue(booking, one)
        await tick(other, "overdue")
        await tick(one, "overdue_reports")
        await tick(other, "overdue_reports")
    assert len(notifications.reports) == 1


def captured(walk_id: UUID | None) -> Received:
    """A concern, said on a walk or not."""
    fact = concerns.ConcernCaptured(
        walk_id=walk_id,
        ward=None,
        categories=["badly_lit"],
        category_version="1",
        severity=2,
        light="dark",
        source="walk",
        observed_at=START,
        local_date=START.date(),
    )
    return Received(uuid4(), fact.topic, fact.type, str(uuid4()), 1, START, fact)


async def test_concerns_are_counted_for_their_walks(booking: Booking) -> None:
    one, other = [UUID((await booking.walk(officer=nth))["id"]) for nth in (0, 1)]
    events = [captured(walk) for walk in (one, other, one, None, uuid4())]
    async with working(booking, "http://127.0.0.1:9") as work:
        count = work.listens[concerns.INTERNAL]["concern.captured.v1"]
        async with booking.database.transaction() as connection:
            await count(connection, events)
    rows = await booking.rows("select id, concern_count from walk")
    assert {row["id"]: row["concern_count"] for row in rows} == {one: 2, other: 1}


async def test_the_worker_erases_what_is_old(booking: Booking) -> None:
    await booking.walk()
    booking.clock.advance(timedelta(days=30))
    async with working(booking, "http://127.0.0.1:9") as work:
        await tick(work, "retention")
    assert await booking.rows("select from participant") == []
