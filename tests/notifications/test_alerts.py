"""An overdue walk alarms somebody, climbs until a person has it, and falls silent when it is accounted for."""

import asyncio
import json
from dataclasses import replace
from uuid import uuid4

import pytest

from shared.postgres import Database
from tests.notifications.desk import ENDS_AT, STARTS_AT, WARD, Desk, a_desk, events_of, heard
from tests.notifications.doubles import (
    BookingDouble,
    MailServer,
    text_of,
)


@pytest.mark.parametrize("kind", ["missed", "rescheduled", "aborted"])
async def test_an_alert_whose_walk_has_been_accounted_for_is_cleared(desk: Desk, kind: str) -> None:
    walk_id = uuid4()
    await desk.hears(heard("overdue", walk_id))
    later = heard(kind, walk_id, sequence=2)
    await desk.hears(replace(later, time=ENDS_AT))
    [row] = await desk.rows("alert")
    assert row["cleared_at"] is not None


async def test_an_overdue_walk_raises_one_alert_and_tells_the_supervisor(desk: Desk) -> None:
    await desk.hears(heard("overdue"))
    await desk.sends()
    [alert] = await desk.rows("alert")
    assert (alert["rung"], alert["missing"], alert["due_at"]) == ("supervisor", "end", ENDS_AT)
    assert desk.mail.recipients == ["supervisor@force.example"]
    [mail] = desk.mail.taken
    assert mail["Subject"] == "An alert is waiting"
    assert "not ended by Tuesday 12 January at 7pm" in text_of(mail)
    assert "/notifications/alerts" in text_of(mail)


async def test_an_alert_that_nobody_acknowledges_climbs_once_and_tells_the_control_room(
    desk: Desk,
) -> None:
    await desk.hears(heard("overdue"))
    desk.passes(299)
    await desk.climbs()
    assert await desk.said() == [("alert.raised.v1", 1)]
    desk.passes(1)
    await desk.climbs()
    await desk.climbs()
    await desk.sends()
    assert await desk.said() == [("alert.raised.v1", 1), ("alert.escalated.v1", 2)]
    assert sorted(desk.mail.recipients) == [
        "control-room@force.example",
        "supervisor@force.example",
    ]


async def test_two_climbers_at_once_climb_every_alert_once(
    notifications_database: Database, booking: BookingDouble, mail: MailServer
) -> None:
    async with (
        a_desk(notifications_database, booking, mail) as one,
        a_desk(notifications_database, booking, mail) as two,
    ):
        await one.hears(*(heard("overdue") for _ in range(20)))
        one.passes(300)
        two.passes(300)
        await asyncio.gather(*(desk.climbs() for desk in (one, two, one, two)))
        said = [kind for kind, _ in await one.said()]
        assert said.count("alert.escalated.v1") == 20
        assert [row["rung"] for row in await one.rows("alert")] == ["control_room"] * 20


async def test_a_worker_started_later_climbs_what_waited(
    notifications_database: Database, booking: BookingDouble, mail: MailServer
) -> None:
    async with a_desk(notifications_database, booking, mail) as desk:
        await desk.hears(heard("overdue"))
    async with a_desk(notifications_database, booking, mail) as desk:
        desk.passes(3600)
        await desk.climbs()
        assert [kind for kind, _ in await desk.said()] == ["alert.raised.v1", "alert.escalated.v1"]


@pytest.mark.parametrize("kind", ["cleared", "ended", "cancelled"])
async def test_an_alert_whose_walk_is_settled_after_all_climbs_no_more_and_is_kept(
    desk: Desk, kind: str
) -> None:
    walk_id = uuid4()
    await desk.hears(heard("overdue", walk_id, sequence=3), heard(kind, walk_id, sequence=4))
    desk.passes(3600)
    await desk.climbs()
    await desk.sends()
    [alert] = await desk.rows("alert")
    assert alert["cleared_at"] is not None
    assert alert["rung"] == "supervisor"
    assert "supervisor@force.example" not in desk.mail.recipients


async def test_a_start_clears_the_alert_that_it_was_missing_and_no_other(desk: Desk) -> None:
    walk_id = uuid4()
    await desk.hears(
        heard("overdue", walk_id, sequence=2, missing="start", due_at=STARTS_AT),
        heard("overdue", walk_id, sequence=3, missing="end", due_at=ENDS_AT),
        heard("started", walk_id, sequence=4),
    )
    cleared = {row["missing"]: row["cleared_at"] for row in await desk.rows("alert")}
    assert cleared == {"start": STARTS_AT, "end": None}


async def test_clearing_one_deadline_leaves_the_walks_other_alert_open(desk: Desk) -> None:
    walk_id = uuid4()
    await desk.hears(
        heard("overdue", walk_id, sequence=2, missing="start", due_at=STARTS_AT),
        heard("overdue", walk_id, sequence=3, missing="end", due_at=ENDS_AT),
        heard("cleared", walk_id, sequence=4, due_at=STARTS_AT, at=STARTS_AT),
    )
    cleared = {row["missing"]: row["cleared_at"] for row in await desk.rows("alert")}
    assert cleared == {"start": STARTS_AT, "end": None}


async def test_the_supervisor_can_be_given_time_before_being_told(
    notifications_database: Database, booking: BookingDouble, mail: MailServer
) -> None:
    async with a_desk(notifications_database, booking, mail, ladder_supervisor_seconds=60) as desk:
        await desk.hears(heard("overdue"))
        await desk.sends()
        assert mail.taken == []
        desk.passes(60)
        await desk.sends()
        assert mail.recipients == ["supervisor@force.example"]


async def test_the_events_of_an_alert_say_its_walk_and_ward_and_nothing_more(desk: Desk) -> None:
    event = heard("overdue")
    await desk.hears(event)
    [row] = await events_of(desk.database)
    [alert] = await desk.rows("alert")
    assert row["topic"] == "internal.notifications.alerts.v1"
    assert row["key"] == str(alert["id"])
    assert row["headers"]["causationid"] == str(event.id)
    assert json.loads(row["value"]) == {
        "code": "walk_overdue",
        "walk_id": str(event.subject),
        "ward": {"code": WARD.code, "set": WARD.set},
        "rung": "supervisor",
        "due_at": ENDS_AT.isoformat().replace("+00:00", "Z"),
    }
