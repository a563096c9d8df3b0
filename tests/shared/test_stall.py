"""What is connected but does not move is found; what is in declared backoff is not; the metrics are true."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from aiokafka.admin import NewTopic
from fastapi import FastAPI

from shared import outbox, requests, retention
from shared.clock import new_id
from shared.consumer.tender import Tender
from shared.events import Received
from shared.events.walks import SHARED
from shared.kafka import open_admin
from shared.postgres import Connection, Database
from shared.relay.sending import Sending
from shared.run import working
from shared.service import Parts, Service, Timer, Work
from shared.settings import ServiceSettings
from tests.factories import SERVICES, KeptParts, parts_for
from tests.infra import until
from tests.kafka_topics import renew_topics
from tests.keyring import as_operator
from tests.shared import eventpath as path
from tests.shared.eventpath import consuming, parts, relaying


async def test_a_consumer_that_is_assigned_but_never_fetches_is_stuck(
    shared_database: Database, empty_topics: str
) -> None:
    mine = parts(shared_database, empty_topics, stall_seconds=2)
    await path.make_ledger(shared_database)
    async with relaying(mine), consuming(mine, f"test-{new_id()}") as consumer:
        await path.say(shared_database, new_id())
        await until(lambda: path.number_of_effects(shared_database, 1), 20)
        assert consumer.client is not None
        consumer.client.pause(*consumer.client.assignment())  # as if its fetcher had died
        await path.say(shared_database, *(new_id() for _ in range(50)))
        await until(lambda: any("partition " in name for name in mine.progress.stuck()), 30)


async def test_a_partition_in_declared_backoff_is_not_stuck(
    shared_database: Database, empty_topics: str
) -> None:
    async def database_is_away(_connection: Connection, _events: Sequence[Received]) -> None:
        raise ConnectionError

    mine = parts(shared_database, empty_topics, stall_seconds=1)
    given = path.work(database_is_away)
    async with relaying(mine), consuming(mine, f"test-{new_id()}", given):
        await path.say(shared_database, new_id())
        await until(lambda: path.sample(mine, "consumer_backoffs_total") >= 5, 30)
        assert not [name for name in mine.progress.stuck() if name.startswith("partition ")]


async def test_lag_is_zero_and_fresh_when_all_is_applied(
    shared_database: Database, empty_topics: str
) -> None:
    mine = parts(shared_database, empty_topics)
    await path.make_ledger(shared_database)
    async with relaying(mine), consuming(mine, name := f"test-{new_id()}"):
        await path.say(shared_database, *(new_id() for _ in range(10)))
        await until(lambda: path.number_of_effects(shared_database, 10), 20)

        async def caught_up() -> bool:
            rows = await path.rows(
                shared_database,
                "select lag, as_of from consumer_progress where consumer = $1",
                name,
            )
            return [(row["lag"], row["as_of"]) for row in rows] == [(0, mine.clock())]

        await until(caught_up, 30)


def a_service(*timers: Timer) -> Service[Any]:
    """A service that says what booking says, listens to nothing, and runs these timers."""

    @asynccontextmanager
    async def create_worker(_: Parts[Any]) -> AsyncGenerator[Work]:
        yield Work(listens={}, timers=timers)

    return Service("booking", ServiceSettings, lambda _: FastAPI(), create_worker, {})


def moved(mine: KeptParts, name: str) -> float:
    """When something last moved, or until when it rests."""
    return mine.progress._moved[name]  # pyright: ignore[reportPrivateUsage]


async def die(*_: object) -> None:
    """What a task sees that awaits something cancelled elsewhere."""
    raise asyncio.CancelledError


async def test_a_loop_that_has_ended_is_found_at_once(shared_database: Database) -> None:
    mine = parts(shared_database, "127.0.0.1:1")  # by its settings it would be missed after 84 s
    timer = Timer("dead", timedelta(hours=1), die)
    async with working(a_service(timer), mine):
        assert await until(mine.progress.stuck) == ["timer dead"]
    assert mine.progress.stuck() == []


async def test_a_timer_at_rest_is_not_stuck(shared_database: Database) -> None:
    async def run() -> None: ...

    mine = parts(shared_database, "127.0.0.1:1", stall_seconds=60)
    hand = [0.0]
    mine.progress.clock = lambda: hand[0]
    async with working(a_service(Timer("seldom", timedelta(hours=1), run)), mine):
        await until(lambda: moved(mine, "timer seldom") == 3600)
        hand[0] = 3600 + 83
        assert "timer seldom" not in mine.progress.stuck()
        hand[0] = 3600 + 85
        assert "timer seldom" in mine.progress.stuck()


async def test_a_row_that_stays_at_the_head_is_found(
    shared_database: Database, empty_topics: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Sending, "_settle", die)
    mine = parts(shared_database, empty_topics, stall_seconds=3)
    async with relaying(mine):
        await path.say(shared_database, new_id())
        assert await until(lambda: "outbox" in mine.progress.stuck(), 30)


async def test_rows_of_a_topic_that_is_blocked_are_no_stall(
    shared_database: Database, empty_topics: str
) -> None:
    await path.without_topic(empty_topics, SHARED)
    mine = parts(shared_database, empty_topics, stall_seconds=3)
    async with shared_database.transaction() as connection:
        await outbox.append(connection, path.a_shared_start(new_id()))
    async with relaying(mine):
        blocked = {"topic": SHARED}
        await until(lambda: path.sample(mine, "relay_topic_blocked", **blocked) == 1, 30)
        watched = moved(mine, "outbox")
        await until(lambda: moved(mine, "outbox") > watched + 6, 30)
        assert "outbox" not in mine.progress.stuck()
    await renew_topics(empty_topics)


async def test_a_watch_that_has_ended_before_its_membership_is_found(
    shared_database: Database, empty_topics: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = parts(shared_database, empty_topics, stall_seconds=3)
    await path.make_ledger(shared_database)
    async with relaying(mine), consuming(mine, f"test-{new_id()}"):
        await path.say(shared_database, new_id())
        await until(lambda: path.number_of_effects(shared_database, 1), 30)
        monkeypatch.setattr(Tender, "_look", die)
        assert await until(lambda: "tender" in mine.progress.stuck(), 30)


async def test_a_member_more_than_there_are_partitions_is_not_stuck(
    shared_database: Database, kafka_bootstrap: str
) -> None:
    topic, name = f"tried.{new_id().hex}.v1", f"test-{new_id()}"
    given = path.work(topic=topic)
    async with open_admin(as_operator(kafka_bootstrap)) as admin:
        await admin.create_topics([NewTopic(topic, 1, 1)])
        one, two = (path.parts(shared_database, kafka_bootstrap, stall_seconds=3) for _ in range(2))
        async with consuming(one, name, given), consuming(two, name, given):
            await until(lambda: "tender" in two.progress._limits, 30)  # pyright: ignore[reportPrivateUsage]
            watched = moved(two, "tender")
            await until(lambda: moved(two, "tender") > watched + 6, 30)
            assert "assignment" not in one.progress.stuck() + two.progress.stuck()
        await admin.delete_topics([topic])


async def test_what_waits_in_the_outbox_is_told_while_kafka_is_away(
    shared_database: Database,
) -> None:
    mine = parts(shared_database, "127.0.0.1:1")
    await path.say(shared_database, new_id(), at=mine.clock() - timedelta(seconds=75))
    async with working(a_service(), mine):
        await until(lambda: path.sample(mine, "outbox_oldest_due_seconds") == 75)
        assert path.sample(mine, "outbox_rows") == 1


async def test_how_far_behind_it_is_is_told_while_kafka_is_away(shared_database: Database) -> None:
    mine = parts(shared_database, "127.0.0.1:1")
    async with shared_database.transaction() as connection:
        await connection.execute(
            "insert into partition_progress (consumer, topic, partition, lag, as_of)"
            " values ('test', $1, 0, 0, $2), ('test', 'no-longer-heard', 0, 0, '2020-01-01')",
            path.TOPIC,
            mine.clock() - timedelta(seconds=90),
        )
    await path.drained(mine, "test")
    assert path.sample(mine, "consumer_lag_seconds") == 90


async def test_relay_and_consumer_count_what_they_do(
    shared_database: Database, empty_topics: str
) -> None:
    mine = parts(shared_database, empty_topics)
    await path.make_ledger(shared_database)
    await path.refuse(shared_database, str(refused := new_id()))
    async with relaying(mine), consuming(mine, f"test-{new_id()}"):
        await path.say(shared_database, *(new_id() for _ in range(5)), refused)
        await until(lambda: path.rows_parked(shared_database, 1), 30)
        await until(lambda: path.number_of_effects(shared_database, 5), 30)
        await until(lambda: counted(mine, refused=1), 30)
        assert path.sample(mine, "relay_leading") == 1


def counted(mine: KeptParts, *, refused: int) -> bool:
    """Whether five went through and the rest is parked, by the metrics alone."""
    topic = {"topic": path.TOPIC}
    return (
        path.sample(mine, "relay_sent_total", **topic) == 5 + refused
        and path.sample(mine, "consumer_events_total", **topic, outcome="applied") == 5
        and path.sample(mine, "consumer_events_total", **topic, outcome="parked") == refused
        and path.sample(mine, "parked_events", cause="refused: ValueError") == refused
        and path.sample(mine, "consumer_lag_events") == 0
    )


@pytest.mark.parametrize("service", SERVICES)
async def test_no_two_loops_of_a_worker_have_one_name(
    service: str, shared_database: Database
) -> None:
    mine = parts_for(service, shared_database)
    found = import_module(f"{service}.app").SERVICE
    async with found.create_worker(mine) as work:
        names = [timer.name for timer in work.timers]
    shared = [requests.timer(mine).name, retention.timer(mine).name]
    assert len({*names, *shared}) == len(names) + len(shared)
