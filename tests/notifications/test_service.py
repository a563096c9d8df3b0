"""Use cases: what they leave in the tables and in the outbox."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from notifications import domain, service
from notifications.domain.alerts import (
    Acknowledgement,
    Alert,
    AlreadyAcknowledged,
    Ladder,
    Overdue,
)
from shared.errors import NotFound
from shared.idempotency import Once, once
from shared.postgres import Database
from tests.factories import START
from tests.notifications.desk import ENDS_AT, WARD, Desk, events_of, heard

LADDER = Ladder(timedelta(0), timedelta(minutes=5))
UNNAMED = Once("", None, b"")


def by(who: str) -> Acknowledgement:
    return Acknowledgement(who, f"Person {who}", START + timedelta(seconds=30))


def show(alert: Alert) -> dict[str, Any]:
    return {"id": str(alert.id), "state": alert.state}


async def raised(database: Database, walk_id: UUID, request: Once = UNNAMED) -> UUID:
    overdue = Overdue(uuid4(), walk_id, WARD, ENDS_AT, "end")
    answer = await service.alerts.raise_overdue(database, overdue, LADDER, request, at=START)
    return UUID(answer["alert_id"])


async def said(database: Database) -> list[tuple[str, int]]:
    return [(row["type"], row["sequence"]) for row in await events_of(database)]


async def test_raising_twice_is_one_alert_one_event_and_one_message(desk: Desk) -> None:
    walk_id = uuid4()
    assert await raised(desk.database, walk_id) == await raised(desk.database, walk_id)
    assert await said(desk.database) == [("alert.raised.v1", 1)]
    assert len(await desk.rows("message")) == 1


@pytest.mark.parametrize("first", ["http", "kafka"])
async def test_an_alarm_by_http_and_by_kafka_is_one_alert_whichever_comes_first(
    desk: Desk, first: str
) -> None:
    event = heard("overdue")
    steps = [lambda: raised(desk.database, event.subject), lambda: desk.hears(event)]
    for step in steps if first == "http" else reversed(steps):
        await step()
    assert len(await desk.rows("alert")) == 1
    assert await said(desk.database) == [("alert.raised.v1", 1)]


async def test_an_alarm_by_http_and_by_kafka_at_the_same_time_is_one_alert(desk: Desk) -> None:
    for _ in range(10):
        event = heard("overdue")
        await asyncio.gather(
            *(raised(desk.database, event.subject) for _ in range(3)), desk.hears(event)
        )
    assert len(await desk.rows("alert")) == 10
    assert await said(desk.database) == [("alert.raised.v1", 1)] * 10


async def test_another_deadline_of_the_same_walk_is_another_alert(desk: Desk) -> None:
    walk_id = uuid4()
    await raised(desk.database, walk_id)
    await desk.hears(heard("overdue", walk_id, due_at=START, missing="start"))
    assert len(await desk.rows("alert")) == 2


async def test_a_repeated_request_is_answered_from_what_was_kept(desk: Desk) -> None:
    walk_id, request = uuid4(), once("POST /x booking", "key-1", b"body")
    first = await raised(desk.database, walk_id, request)
    assert await raised(desk.database, uuid4(), request) == first
    assert len(await desk.rows("alert")) == 1


async def test_acknowledging_is_stored_with_who_and_when_and_said_without_who(desk: Desk) -> None:
    alert_id = await raised(desk.database, uuid4())
    answer = await service.alerts.acknowledge(desk.database, alert_id, by("a"), UNNAMED, show)
    assert answer == {"id": str(alert_id), "state": "acknowledged"}
    [alert] = await desk.rows("alert")
    assert (alert["acknowledged_by"], alert["acknowledged_name"]) == ("a", "Person a")
    assert alert["acknowledged_at"] == by("a").at
    rows = await events_of(desk.database)
    assert [(row["type"], row["sequence"], row["key"]) for row in rows] == [
        ("alert.raised.v1", 1, str(alert_id)),
        ("alert.acknowledged.v1", 2, str(alert_id)),
    ]
    assert b"Person" not in rows[1]["value"]


async def test_the_same_person_again_is_answered_and_says_nothing_new(desk: Desk) -> None:
    alert_id = await raised(desk.database, uuid4())
    for _ in range(2):
        await service.alerts.acknowledge(desk.database, alert_id, by("a"), UNNAMED, show)
    assert [kind for kind, _ in await said(desk.database)].count("alert.acknowledged.v1") == 1


async def test_of_two_people_at_once_one_has_it_and_the_other_is_refused(desk: Desk) -> None:
    for _ in range(10):
        alert_id = await raised(desk.database, uuid4())
        answers = await asyncio.gather(
            *(
                service.alerts.acknowledge(desk.database, alert_id, by(who), UNNAMED, show)
                for who in "ab"
            ),
            return_exceptions=True,
        )
        assert [type(answer) for answer in answers].count(AlreadyAcknowledged) == 1


async def test_acknowledging_and_climbing_at_once_leave_one_story(desk: Desk) -> None:
    for _ in range(10):
        alert_id = await raised(desk.database, uuid4())
        await asyncio.gather(
            service.alerts.climb(desk.database, at=START + timedelta(minutes=5)),
            service.alerts.acknowledge(desk.database, alert_id, by("a"), UNNAMED, show),
        )
    await service.alerts.climb(desk.database, at=START + timedelta(hours=1))
    keys: dict[str, list[str]] = {}
    for row in await events_of(desk.database):
        keys.setdefault(row["key"], []).append(row["type"])
    assert len(keys) == 10
    for story in keys.values():
        assert story[0] == "alert.raised.v1"
        assert story.count("alert.acknowledged.v1") == 1
        assert story[-1] == "alert.acknowledged.v1"


async def test_an_alert_that_is_not_there_cannot_be_acknowledged(desk: Desk) -> None:
    with pytest.raises(NotFound):
        await service.alerts.acknowledge(desk.database, uuid4(), by("a"), UNNAMED, show)


async def test_a_rung_is_not_told_of_an_alert_that_somebody_already_has(desk: Desk) -> None:
    alert_id = await raised(desk.database, uuid4())
    await service.alerts.acknowledge(desk.database, alert_id, by("a"), UNNAMED, show)
    await desk.sends()
    assert desk.mail.taken == []
    assert await desk.states() == [("withheld", "not-open")]


async def test_nothing_is_raised_when_the_event_cannot_be_appended(desk: Desk) -> None:
    async with desk.database.transaction() as connection:
        await connection.execute("alter table outbox rename to elsewhere")
    with pytest.raises(Exception, match="outbox"):
        await raised(desk.database, uuid4())
    assert await desk.rows("alert") == await desk.rows("message") == []


def test_every_purpose_has_its_placeholders_and_a_template() -> None:
    assert domain.words.PLACEHOLDERS.keys() == {*domain.messages.TEMPLATES, "silent"}
