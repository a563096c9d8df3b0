"""Alerts over HTTP: who may, what is answered, and what bad input gets."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.notifications.desk import ENDS_AT, WARD, Desk, heard
from tests.tokens import TestIssuer

OVERDUE = "/notifications/v1/overdue-walks"
ALERTS = "/notifications/v1/alerts"


def an_alarm(**changes: Any) -> dict[str, Any]:
    usual = {
        "event_id": str(uuid4()),
        "walk_id": str(uuid4()),
        "ward": {"code": WARD.code, "set": WARD.set},
        "due_at": ENDS_AT.isoformat(),
        "missing": "end",
    }
    return {name: value for name, value in (usual | changes).items() if value is not ...}


@pytest.fixture
def from_booking(issuer: TestIssuer) -> dict[str, str]:
    return issuer.bearer_service("booking", audience="notifications")


@pytest.fixture
def duty(issuer: TestIssuer) -> dict[str, str]:
    return issuer.bearer("duty")


async def the_alert(client: httpx.AsyncClient, desk: Desk, duty: dict[str, str]) -> str:
    """The id of an alert just raised, as the duty desk finds it."""
    await desk.hears(heard("overdue"))
    found = await client.get(ALERTS, headers=duty)
    return found.json()["items"][0]["id"]


async def test_booking_raises_an_alert_and_is_told_which(
    client: httpx.AsyncClient, desk: Desk, from_booking: dict[str, str]
) -> None:
    alarm = an_alarm()
    first = await client.post(OVERDUE, json=alarm, headers=from_booking)
    again = await client.post(OVERDUE, json=alarm, headers=from_booking)
    [alert] = await desk.rows("alert")
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json() == {"alert_id": str(alert["id"])}


async def test_the_alarm_by_http_and_its_event_from_kafka_are_one_alert(
    client: httpx.AsyncClient, desk: Desk, from_booking: dict[str, str]
) -> None:
    event = heard("overdue")
    alarm = an_alarm(event_id=str(event.id), walk_id=str(event.subject))
    await client.post(OVERDUE, json=alarm, headers=from_booking)
    await desk.hears(event)
    assert len(await desk.rows("alert")) == 1
    assert await desk.said() == [("alert.raised.v1", 1)]


async def test_an_alarm_with_a_field_of_a_newer_booking_is_taken(
    client: httpx.AsyncClient, from_booking: dict[str, str]
) -> None:
    answer = await client.post(OVERDUE, json=an_alarm(grace=15), headers=from_booking)
    assert answer.status_code == 202


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"due_at": "2027-01-12T19:00:00"}, "#/due_at"),
        ({"due_at": "3027-01-12T19:00:00Z"}, "#/due_at"),
        ({"missing": "middle"}, "#/missing"),
        ({"walk_id": "walk"}, "#/walk_id"),
        ({"ward": {"code": "L0\x00", "set": "x"}}, "#/ward/code"),
        ({"ward": {"code": "x" * 51, "set": "x"}}, "#/ward/code"),
        ({"ward": ...}, "#/ward"),
    ],
)
async def test_an_alarm_that_makes_no_sense_is_refused_by_field(
    client: httpx.AsyncClient, from_booking: dict[str, str], changes: dict[str, Any], pointer: str
) -> None:
    answer = await client.post(OVERDUE, json=an_alarm(**changes), headers=from_booking)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_broken_json_is_400(client: httpx.AsyncClient, from_booking: dict[str, str]) -> None:
    answer = await client.post(
        OVERDUE, content=b'{"walk', headers=from_booking | {"Content-Type": "application/json"}
    )
    assert answer.status_code == 400


async def test_only_booking_raises_alarms(client: httpx.AsyncClient, issuer: TestIssuer) -> None:
    statuses = {
        who: (await client.post(OVERDUE, json=an_alarm(), headers=headers)).status_code
        for who, headers in {
            "nobody": {},
            "duty": issuer.bearer("duty"),
            "another service": issuer.bearer_service("reporting", audience="notifications"),
            "booking, for another": issuer.bearer_service("booking", audience="concerns"),
        }.items()
    }
    assert statuses == {
        "nobody": 401,
        "duty": 401,
        "another service": 403,
        "booking, for another": 401,
    }


@pytest.mark.parametrize("role", ["officer", "analyst", "partner"])
async def test_a_role_that_may_not_is_refused(
    client: httpx.AsyncClient, issuer: TestIssuer, role: str
) -> None:
    headers = issuer.bearer(role)
    assert (await client.get(ALERTS, headers=headers)).status_code == 403
    answer = await client.post(f"{ALERTS}/{uuid4()}/acknowledge", headers=headers)
    assert answer.status_code == 403


async def test_a_coordinator_sees_alerts_and_cannot_acknowledge_them(
    client: httpx.AsyncClient, issuer: TestIssuer
) -> None:
    headers = issuer.bearer("coordinator")
    assert (await client.get(ALERTS, headers=headers)).status_code == 200
    answer = await client.post(f"{ALERTS}/{uuid4()}/acknowledge", headers=headers)
    assert answer.status_code == 403


async def test_an_alert_is_shown_with_its_ward_by_name_and_its_times(
    client: httpx.AsyncClient, desk: Desk, duty: dict[str, str]
) -> None:
    event = heard("overdue")
    await desk.hears(event)
    [alert] = (await client.get(ALERTS, headers=duty)).json()["items"]
    assert alert.pop("id")
    assert alert["ward"].pop("name")
    assert alert == {
        "code": "walk_overdue",
        "state": "raised",
        "rung": "supervisor",
        "walk_id": str(event.subject),
        "ward": {"code": WARD.code, "set": WARD.set},
        "missing": "end",
        "due_at": "2027-01-12T19:00:00Z",
        "raised_at": "2027-01-12T18:00:00Z",
        "escalated_at": None,
        "acknowledged": None,
        "cleared_at": None,
    }


async def test_alerts_are_listed_newest_first_page_by_page(
    client: httpx.AsyncClient, desk: Desk, duty: dict[str, str]
) -> None:
    for _ in range(5):
        await desk.hears(heard("overdue"))
        desk.passes(1)
    expected = [str(row["id"]) for row in reversed(await desk.rows("alert"))]
    seen: list[str] = []
    address: str | None = f"{ALERTS}?limit=2&state=open"
    while address:
        answer = await client.get(address, headers=duty)
        seen += [alert["id"] for alert in answer.json()["items"]]
        assert ("next" in answer.links) == (answer.json()["next"] is not None)
        address = answer.links["next"]["url"] if answer.json()["next"] else None
    assert seen == expected


@pytest.mark.parametrize(
    "query", ["cursor=AAAA", "cursor=%00", "cursor=Ä", "limit=0", "limit=101", "state=odd"]
)
async def test_an_odd_query_is_refused(
    client: httpx.AsyncClient, duty: dict[str, str], query: str
) -> None:
    answer = await client.get(f"{ALERTS}?{query}", headers=duty)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == f"#/query/{query.partition('=')[0]}"


async def test_acknowledging_names_the_person_and_the_moment(
    client: httpx.AsyncClient, desk: Desk, duty: dict[str, str], issuer: TestIssuer
) -> None:
    alert_id = await the_alert(client, desk, duty)
    desk.passes(30)
    answer = await client.post(f"{ALERTS}/{alert_id}/acknowledge", headers=duty)
    assert answer.status_code == 200
    assert answer.json()["state"] == "acknowledged"
    assert answer.json()["acknowledged"] == {"name": "duty-1", "at": "2027-01-12T18:00:30Z"}
    assert await desk.said() == [("alert.raised.v1", 1), ("alert.acknowledged.v1", 2)]


async def test_the_same_person_again_gets_the_same_answer_later_too(
    client: httpx.AsyncClient, desk: Desk, duty: dict[str, str]
) -> None:
    alert_id = await the_alert(client, desk, duty)
    first = await client.post(f"{ALERTS}/{alert_id}/acknowledge", headers=duty)
    desk.passes(60)
    again = await client.post(f"{ALERTS}/{alert_id}/acknowledge", headers=duty)
    assert (again.status_code, again.json()) == (200, first.json())


async def test_somebody_else_is_told_since_when_it_is_taken_but_not_by_whom(
    client: httpx.AsyncClient, desk: Desk, duty: dict[str, str], issuer: TestIssuer
) -> None:
    alert_id = await the_alert(client, desk, duty)
    await client.post(f"{ALERTS}/{alert_id}/acknowledge", headers=duty)
    other = issuer.bearer("duty", subject="duty-2")
    answer = await client.post(f"{ALERTS}/{alert_id}/acknowledge", headers=other)
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("/already-acknowledged")
    assert answer.json()["since"] == "2027-01-12T18:00:00+00:00"
    assert "duty-1" not in answer.text


async def test_a_repeated_key_replays_its_answer_and_another_body_is_refused(
    client: httpx.AsyncClient, desk: Desk, duty: dict[str, str]
) -> None:
    alert_id = await the_alert(client, desk, duty)
    headers = duty | {"Idempotency-Key": "key-1"}
    address = f"{ALERTS}/{alert_id}/acknowledge"
    first = await client.post(address, headers=headers)
    again = await client.post(address, headers=headers)
    odd = await client.post(address, headers=headers, content=b"{}")
    assert (first.status_code, again.json()) == (200, first.json())
    assert odd.status_code == 422
    assert odd.json()["type"].endswith("/idempotency-key-reused")


async def test_an_alert_that_is_not_there_is_404(
    client: httpx.AsyncClient, duty: dict[str, str]
) -> None:
    answer = await client.post(f"{ALERTS}/{uuid4()}/acknowledge", headers=duty)
    assert answer.status_code == 404
    answer = await client.post(f"{ALERTS}/alert/acknowledge", headers=duty)
    assert answer.status_code == 422


async def test_an_alarm_is_raised_and_acknowledged_while_nothing_else_answers(
    client: httpx.AsyncClient, desk: Desk, duty: dict[str, str], from_booking: dict[str, str]
) -> None:
    """Booking says nothing, no mail can be sent, there is no Kafka: the duty desk still works."""
    desk.booking.status = 503
    desk.mail.answers["MAIL"] = ["421 go away"]
    raised = await client.post(OVERDUE, json=an_alarm(), headers=from_booking)
    await desk.sends()
    address = f"{ALERTS}/{raised.json()['alert_id']}/acknowledge"
    assert (await client.post(address, headers=duty)).status_code == 200
