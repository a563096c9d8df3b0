"""The operators' commands over HTTP: the same as typed, once for each key, and written down."""

from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest

from shared import requests
from shared.clock import new_id
from shared.postgres import Database
from tests.doors import open_app
from tests.shared import eventpath as path
from tests.shared.eventpath import TOPIC, parts
from tests.shared.test_command_line import park
from tests.tokens import TestIssuer

BASE = "/reporting/v1/operations"


@pytest.fixture
async def admin(
    reporting_database: Database, issuer: TestIssuer
) -> AsyncGenerator[httpx.AsyncClient]:
    """An admin at reporting."""
    async with client(reporting_database, issuer, "reporting") as found:
        yield found


def client(database: Database, issuer: TestIssuer, service: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(open_app(service, database, issuer))
    headers = issuer.bearer("admin", subject="ada")
    return httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers)


async def audited(database: Database) -> list[dict[str, Any]]:
    """What was written down, without its times."""
    return await path.rows(database, "select actor, action, subject, reason from audit order by id")


async def test_parked_events_are_listed_page_by_page_and_tell_nothing_of_what_they_say(
    reporting_database: Database, admin: httpx.AsyncClient
) -> None:
    await park(reporting_database, key := str(new_id()))
    first = (await admin.get(f"{BASE}/parked", params={"limit": 3})).json()
    rest = (await admin.get(f"{BASE}/parked", params={"after": first["next"]})).json()
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (3, 1, None)
    shown = first["items"][0]
    assert (shown["topic"], shown["key"], shown["sequence"]) == (TOPIC, key, 1)
    assert (shown["cause"], shown["attempts"]) == ("refused: ValueError", 0)
    assert rest["items"][0]["retry_at"] is None  # not before it is asked for
    assert "larkmere" not in str(first)
    assert not {"value", "headers"} & set(shown)


async def test_an_event_is_tried_again_and_another_given_up_once_for_each_key(
    reporting_database: Database, admin: httpx.AsyncClient
) -> None:
    await park(reporting_database, str(new_id()))
    listed = (await admin.get(f"{BASE}/parked")).json()["items"]
    first, second = listed[0]["number"], listed[1]["number"]

    retried = await admin.post(f"{BASE}/parked/{first}/retry", json={"reason": "mended"})
    everything = await admin.post(f"{BASE}/parked/retry", json={})
    assert (retried.json(), everything.json()) == ({"retried": 1}, {"retried": 4})

    out_of_turn = await admin.post(f"{BASE}/parked/{second}/discard", json={"reason": "odd"})
    assert (out_of_turn.status_code, out_of_turn.headers["content-type"]) == (
        409,
        "application/problem+json",
    )
    once = {"Idempotency-Key": "just-once"}
    for _ in range(2):
        gone = await admin.post(
            f"{BASE}/parked/{first}/discard", json={"reason": "said twice"}, headers=once
        )
        assert (gone.status_code, gone.json()) == (200, {"discarded": first})
    assert await path.rows_parked(reporting_database, 3)
    assert await audited(reporting_database) == [
        {"actor": "ada", "action": "events.retry", "subject": str(first), "reason": "mended"},
        {"actor": "ada", "action": "events.retry", "subject": "all", "reason": None},
        {"actor": "ada", "action": "events.discard", "subject": str(first), "reason": "said twice"},
    ]


async def test_what_is_not_there_or_not_said_is_refused_and_not_written_down(
    reporting_database: Database, admin: httpx.AsyncClient
) -> None:
    for words, body, status in (
        ("parked/99/retry", {}, 404),
        ("parked/99/discard", {"reason": "gone"}, 404),
        ("parked/99/discard", {}, 422),
        ("parked/99/discard", {"reason": " "}, 422),
        ("parked/0/retry", {}, 422),
        (f"parked/{2**63}/retry", {}, 422),
        ("resume", {"why": "no such field"}, 422),
        ("expire", {}, 422),
        ("republish", {}, 422),
    ):
        answer = await admin.post(f"{BASE}/{words}", json=body)
        assert answer.status_code == status, (words, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
    for words in (f"republish/{new_id()}", "where/nothing", "parked?after=-1"):
        assert (await admin.get(f"{BASE}/{words}")).status_code in {404, 422}
    assert await audited(reporting_database) == []


async def test_a_declared_stop_is_ended_and_its_reason_told(
    reporting_database: Database, admin: httpx.AsyncClient
) -> None:
    async with reporting_database.transaction() as connection:
        await connection.execute(
            "insert into consumer_stop (consumer, reason) values ('reporting', 'too many')"
        )
    ended, again = [await admin.post(f"{BASE}/resume", json={}) for _ in range(2)]
    assert ended.json() == {"resumed": True, "stopped_for": "too many"}
    assert again.json() == {"resumed": False, "stopped_for": None}
    assert [row["reason"] for row in await audited(reporting_database)] == ["too many", None]


async def test_what_is_past_its_time_is_counted_and_then_let_go(
    reporting_database: Database, admin: httpx.AsyncClient
) -> None:
    async with reporting_database.transaction() as connection:
        await connection.execute(
            "insert into inbox (consumer, topic, key, last_sequence, last_used)"
            " values ('reporting', 't', 'k', 1, '2020-01-01')"
        )
    for dry_run, left in ((True, 1), (False, 0)):
        answer = await admin.post(f"{BASE}/expire", json={"dry_run": dry_run})
        assert answer.json()["dry_run"] is dry_run
        assert answer.json()["found"]["inbox rows"] == 1
        assert len(await path.rows(reporting_database, "select 1 from inbox")) == left
    assert [row["action"] for row in await audited(reporting_database)] == ["events.expire"]


async def test_doctor_and_where_answer_as_json(admin: httpx.AsyncClient) -> None:
    told = (await admin.get(f"{BASE}/doctor")).json()
    assert told["well"] is False
    (kafka,) = [each for each in told["findings"] if each["about"] == "kafka"]
    assert (kafka["well"], kafka["what"]) == (False, "does not answer")
    assert kafka["todo"]
    found = (await admin.get(f"{BASE}/where/{new_id()}")).json()
    assert (found["said"], found["on_kafka"], found["kept"]) == ([], [], [])
    assert found["kafka_fault"]


async def test_republishing_is_asked_for_done_by_a_worker_and_told(
    booking_database: Database, kafka_bootstrap: str, issuer: TestIssuer
) -> None:
    mine = parts(booking_database, kafka_bootstrap)
    await path.publish(mine, key := new_id(), key)
    base = "/booking/v1/operations/republish"
    body = {"since": "2026-01-01T00:00:00Z", "reason": "the broker was lost"}
    async with client(booking_database, issuer, "booking") as ada:
        asked, again = [
            await ada.post(base, json=body, headers={"Idempotency-Key": "one"}) for _ in range(2)
        ]
        assert (asked.status_code, asked.json()["state"]) == (202, "asked")
        assert asked.json() == again.json()
        assert asked.headers["location"] == f"{base}/{asked.json()['id']}"
        assert await requests.carry_out_next(mine)
        assert not await requests.carry_out_next(mine)
        told = (await ada.get(asked.headers["location"])).json()
    assert (told["state"], told["events"], told["failure"]) == ("done", 2, None)
    queued = "select sequence, republished from outbox order by seq"
    assert await path.rows(booking_database, queued) == [
        {"sequence": 1, "republished": True},
        {"sequence": 2, "republished": False},
    ]
    assert [row["reason"] for row in await audited(booking_database)] == ["the broker was lost"]


async def test_republishing_that_cannot_be_done_says_why(
    booking_database: Database, issuer: TestIssuer
) -> None:
    mine = parts(booking_database, "127.0.0.1:1")
    body = {"since": "2026-01-01T00:00:00Z"}
    async with client(booking_database, issuer, "booking") as ada:
        asked = await ada.post("/booking/v1/operations/republish", json=body)
        assert await requests.carry_out_next(mine)
        told = (await ada.get(asked.headers["location"])).json()
    assert (told["state"], told["events"]) == ("failed", None)
    assert told["failure"] == "Kafka did not answer: see doctor, then ask again."


async def test_a_worker_that_died_over_it_is_followed_by_another(
    booking_database: Database, kafka_bootstrap: str
) -> None:
    mine = parts(booking_database, kafka_bootstrap)
    async with booking_database.transaction() as connection:
        request = await requests.ask(connection, mine.clock())
        await connection.execute(requests.TAKE)  # and dies
    assert not await requests.carry_out_next(mine)
    async with booking_database.transaction() as connection:
        assert (await requests.find(connection, request)).state == "running"
        await connection.execute(
            "update republish_request set taken_until = now() - interval '1 s'"
        )
    assert await requests.carry_out_next(mine)
    async with booking_database.reading() as connection:
        assert (await requests.find(connection, request)).state == "done"
