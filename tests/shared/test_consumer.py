"""The consumer's fences, one by one: offset, fingerprint, inbox, gaps, keys, stops, bad records."""

import json
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any

import asyncpg
import pytest

from shared import operations
from shared.clock import new_id
from shared.consumer import batch
from shared.consumer.offsets import Fenced, Mark
from shared.postgres import Database
from tests.infra import until
from tests.shared import eventpath as path, otherclient
from tests.shared.eventpath import TOPIC, consuming, parts, relaying
from tests.shared.reading import VALUE, a_reading, an_arrival


async def is_fenced(attempt: Awaitable[Any]) -> bool:
    """Whether the fence at the offset refuses it."""
    try:
        await attempt
    except Fenced:
        return True
    return False


async def test_a_zombie_cannot_move_the_offset_back(shared_database: Database) -> None:
    reading = await a_reading(shared_database)
    key = str(new_id())
    items = [an_arrival(offset, key, offset + 1) for offset in range(4)]
    await batch.apply(shared_database, reading, Mark(0, ""), items)
    refused = await is_fenced(batch.apply(shared_database, reading, Mark(0, ""), items[:2]))
    rows = await path.rows(shared_database, "select next_offset from consumer_offset")
    assert rows == [{"next_offset": 4}]
    assert refused


async def test_a_zombie_of_another_log_cannot_move_the_offset(shared_database: Database) -> None:
    reading = await a_reading(shared_database)
    items = [an_arrival(offset, str(new_id()), 1) for offset in range(4)]
    await batch.apply(shared_database, reading, Mark(0, ""), items[:2])
    of_another_log = Mark(2, str(new_id()))
    refused = await is_fenced(batch.apply(shared_database, reading, of_another_log, items[2:]))
    assert sum(len(each) for each in (await path.effects(shared_database)).values()) == 2
    assert refused


async def test_an_event_that_comes_twice_has_one_effect(shared_database: Database) -> None:
    reading = await a_reading(shared_database)
    key = str(new_id())
    again = [an_arrival(0, key, 1), an_arrival(1, key, 1), an_arrival(2, key, 2)]
    first = await batch.apply(shared_database, reading, Mark(0, ""), again)
    later = [an_arrival(3, key, 1), an_arrival(4, key, 2)]
    second = await batch.apply(shared_database, reading, first.mark, later)
    assert await path.effects(shared_database) == {key: [1, 2]}
    assert second.counts["duplicate"] == 2


async def test_a_gap_waits_until_what_is_missing_has_come(shared_database: Database) -> None:
    mine = parts(shared_database, "127.0.0.1:1")
    reading = await a_reading(shared_database)
    key, other = str(new_id()), str(new_id())
    items = [an_arrival(0, key, 1), an_arrival(1, key, 3), an_arrival(2, other, 1)]
    first = await batch.apply(shared_database, reading, Mark(0, ""), items)
    assert await path.effects(shared_database) == {key: [1], other: [1]}
    missing = [an_arrival(3, key, 4), an_arrival(4, key, 2)]
    await batch.apply(shared_database, reading, first.mark, missing)
    await path.drained(mine, "test")
    assert await path.effects(shared_database) == {key: [1, 2, 3, 4], other: [1]}


async def test_a_key_first_seen_in_the_middle_waits(shared_database: Database) -> None:
    reading = await a_reading(shared_database)
    key = str(new_id())
    await batch.apply(shared_database, reading, Mark(0, ""), [an_arrival(0, key, 5)])
    assert await path.effects(shared_database) == {}
    (row,) = await path.rows(shared_database, "select key, cause from parked")
    assert row == {"key": key, "cause": "gap"}


@pytest.mark.parametrize("trimmed_until", [10, 0])
async def test_a_key_may_be_met_midway_where_its_beginning_is_known_to_be_gone(
    shared_database: Database, trimmed_until: int
) -> None:
    reading = await a_reading(shared_database, trimmed_until=trimmed_until)
    key = str(new_id())
    marked = {} if trimmed_until else {"republished": "true"}
    items = [an_arrival(0, key, 5, **marked), an_arrival(1, key, 6)]
    await batch.apply(shared_database, reading, Mark(0, ""), items)
    assert await path.effects(shared_database) == {key: [5, 6]}


async def test_a_refused_event_holds_back_its_key_and_no_other(shared_database: Database) -> None:
    mine = parts(shared_database, "127.0.0.1:1")
    reading = await a_reading(shared_database)
    bad, good = str(new_id()), str(new_id())
    await path.refuse(shared_database, bad)
    items = [an_arrival(0, bad, 1), an_arrival(1, good, 1), an_arrival(2, bad, 2)]
    first = await batch.apply(shared_database, reading, Mark(0, ""), items)
    assert await path.effects(shared_database) == {good: [1]}
    await path.accept(shared_database, bad)
    # While its first two are parked, the third must queue behind them.
    await batch.apply(shared_database, reading, first.mark, [an_arrival(3, bad, 3)])
    assert await path.effects(shared_database) == {good: [1]}
    await path.operate(shared_database, operations.retry, "test", None, by="tests")
    await path.drained(mine, "test")
    assert await path.effects(shared_database) == {good: [1], bad: [1, 2, 3]}
    assert await path.rows(shared_database, "select 1 from parked") == []


async def test_a_discarded_event_lets_its_key_go_on(shared_database: Database) -> None:
    mine = parts(shared_database, "127.0.0.1:1")
    reading = await a_reading(shared_database)
    key = str(new_id())
    await path.refuse(shared_database, key)
    items = [an_arrival(0, key, 1), an_arrival(1, key, 2)]
    await batch.apply(shared_database, reading, Mark(0, ""), items)
    await path.accept(shared_database, key)
    first, second = await path.operate(shared_database, operations.parked, "test")
    with suppress(operations.Conflict):
        await path.operate(
            shared_database, operations.discard, "test", second.id, by="tests", reason="out of turn"
        )
    assert await path.rows_parked(shared_database, 2)
    await path.operate(
        shared_database, operations.discard, "test", first.id, by="tests", reason="tested"
    )
    await path.drained(mine, "test")
    assert await path.effects(shared_database) == {key: [2]}
    (kept,) = await path.rows(shared_database, "select sequence, reason from parked_discarded")
    assert kept == {"sequence": 1, "reason": "tested"}
    audited = await path.rows(shared_database, "select action, reason from audit")
    assert {"action": "events.discard", "reason": "tested"} in audited


async def test_an_unknown_type_is_passed_and_counts_in_its_keys_order(
    shared_database: Database,
) -> None:
    reading = await a_reading(shared_database)
    key = str(new_id())
    newer = {"type": "uk.walkandtalk.walk.levitated.v1"}
    items = [an_arrival(0, key, 1), an_arrival(1, key, 2, **newer), an_arrival(2, key, 3)]
    outcome = await batch.apply(shared_database, reading, Mark(0, ""), items)
    assert await path.effects(shared_database) == {key: [1, 3]}
    assert outcome.counts["unknown"] == 1


async def test_a_fault_of_the_infrastructure_parks_nothing(shared_database: Database) -> None:
    async def cut_off(connection: Any, _events: Any) -> None:
        pid = await connection.fetchval("select pg_backend_pid()")
        async with shared_database.pool.acquire() as other:
            await other.execute("select pg_terminate_backend($1)", pid)
        await connection.fetchval("select 1")

    reading = await a_reading(shared_database, handler=cut_off)
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)) as caught:
        await batch.apply(shared_database, reading, Mark(0, ""), [an_arrival(0, str(new_id()), 1)])
    assert batch.is_infrastructure(caught.value)
    assert await path.rows(shared_database, "select 1 from parked") == []
    assert await path.rows(shared_database, "select next_offset from consumer_offset") == [
        {"next_offset": 0}
    ]


async def test_too_many_parked_keys_stop_the_consumer_until_somebody_resumes_it(
    shared_database: Database, empty_topics: str
) -> None:
    mine = parts(shared_database, empty_topics, park_limit=3)
    await path.make_ledger(shared_database)
    name = f"test-{new_id()}"
    keys = [new_id() for _ in range(8)]
    await path.refuse(shared_database, *map(str, keys))
    async with relaying(mine), consuming(mine, name):
        await path.say(shared_database, *keys)
        await until(lambda: path.sample(mine, "consumer_stopped") == 1, 20)
        await path.accept(shared_database, *map(str, keys))
        stopped = await path.effects(shared_database)
        reason = await path.operate(shared_database, operations.resume, name, by="tests")
        assert reason is not None
        assert "more than 3 keys" in reason
        await path.operate(shared_database, operations.retry, name, None, by="tests")
        await until(lambda: path.number_of_effects(shared_database, 8), 20)
    assert stopped == {}
    assert await path.effects(shared_database) == {str(key): [1] for key in keys}


BAD: dict[str, dict[str, Any]] = {
    "not-json": {"value": b"{not json"},
    "wrong-schema": {"value": json.dumps({"at": "yesterday"}).encode()},
    "null-value": {"value": None},
    "too-large": {"value": b"[" + b"1," * 500_000 + b"1]"},
    "key": {"key": b"\xff\xfe"},
    "repeated-header": {"extra": [("ce_id", b"again")]},
    "no-envelope": {"headers": []},
    "envelope": {"extra": [("ce_traceparent", None)]},
    "sequence": {"changes": {"sequence": "one"}},
}


async def test_no_record_however_bad_stops_the_others(
    shared_database: Database, empty_topics: str
) -> None:
    mine = parts(shared_database, empty_topics)
    await path.make_ledger(shared_database)
    good = new_id()
    async with otherclient.producing(mine, max_request_size=2 * 1024 * 1024) as producer:
        for bad in BAD.values():
            key = str(new_id())
            proper = otherclient.headers_for(key, 1, **bad.get("changes", {}))
            headers = bad.get("headers", proper) + bad.get("extra", [])
            await producer.send_and_wait(
                TOPIC,
                bad.get("value", VALUE),
                key=bad.get("key", key.encode()),
                headers=headers,
                partition=0,
            )
    name = f"test-{new_id()}"
    async with relaying(mine), consuming(mine, name):
        await path.say(shared_database, good)
        await until(lambda: path.number_of_effects(shared_database, 1), 20)
        await until(lambda: path.rows_parked(shared_database, len(BAD)), 20)
    causes = await path.rows(shared_database, "select cause from parked order by cause")
    assert sorted(row["cause"] for row in causes) == sorted(BAD)
    assert await path.effects(shared_database) == {str(good): [1]}
