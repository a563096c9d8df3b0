"""The consumer's fences where only rows can tell: what is parked, what waits, what is left behind."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any, cast

import asyncpg
import pytest
from aiokafka import TopicPartition

from shared import operations
from shared.clock import new_id
from shared.codec import Record
from shared.consumer import Consumer, batch
from shared.consumer.arrivals import read
from shared.consumer.assigned import Assigned
from shared.consumer.drainer import drain_due
from shared.consumer.offsets import Fenced, Mark
from shared.consumer.parking import STOP
from shared.consumer.tender import Tender
from shared.events import Received
from shared.postgres import Connection, Database
from tests.infra import until
from tests.shared import eventpath as path, otherclient
from tests.shared.eventpath import TOPIC, parts
from tests.shared.reading import START, a_reading, an_arrival, place, raises

NOWHERE = "127.0.0.1:1"


async def test_behind_a_blocked_key_even_a_republished_event_waits(
    shared_database: Database,
) -> None:
    mine = parts(shared_database, NOWHERE)
    reading = await a_reading(shared_database)
    key = str(new_id())
    await path.refuse(shared_database, key)
    first = await batch.apply(shared_database, reading, START, [an_arrival(0, key, 1)])
    await path.accept(shared_database, key)
    later = [an_arrival(1, key, 3, republished="true"), an_arrival(2, key, 4)]
    await batch.apply(shared_database, reading, first.mark, later)
    assert await path.effects(shared_database) == {}
    await path.operate(shared_database, operations.retry, "test", None, by="tests")
    await path.drained(mine, "test")
    assert await path.effects(shared_database) == {key: [1, 3, 4]}


async def test_what_cannot_be_parked_is_not_passed(shared_database: Database) -> None:
    reading = await a_reading(shared_database)
    key, other = str(new_id()), str(new_id())
    items = [an_arrival(0, other, 1), an_arrival(1, key, 2)]
    await _execute(shared_database, "alter table parked rename to parked_elsewhere")
    with suppress(asyncpg.UndefinedTableError, Fenced):
        await batch.apply(shared_database, reading, START, items)
    assert await place(shared_database) == (0, "cluster")
    assert await path.effects(shared_database) == {}
    await _execute(shared_database, "alter table parked_elsewhere rename to parked")
    await batch.apply(shared_database, reading, START, items)
    assert await path.rows_parked(shared_database, 1)
    assert await path.effects(shared_database) == {other: [1]}


async def test_no_handler_is_given_two_events_of_one_key_at_once(
    shared_database: Database,
) -> None:
    given: list[list[tuple[str, int]]] = []

    async def note(_connection: Connection, events: Sequence[Received]) -> None:
        given.append([(event.key, event.sequence) for event in events])

    reading = await a_reading(shared_database, handler=note)
    one, other = str(new_id()), str(new_id())
    items = [an_arrival(0, one, 1), an_arrival(1, one, 2), an_arrival(2, other, 1)]
    await batch.apply(shared_database, reading, START, items)
    assert given == [[(one, 1), (other, 1)], [(one, 2)]]


async def test_what_a_refused_event_has_done_so_far_is_undone(shared_database: Database) -> None:
    async def half(connection: Connection, events: Sequence[Received]) -> None:
        for event in events:
            await connection.execute(
                "insert into ledger (key, sequence) values ($1, $2)", event.key, event.sequence
            )
            if event.key == bad:
                raise ValueError

    reading = await a_reading(shared_database, handler=half)
    bad, good = str(new_id()), str(new_id())
    items = [an_arrival(0, bad, 1), an_arrival(1, good, 1)]
    await batch.apply(shared_database, reading, START, items)
    assert await path.effects(shared_database) == {good: [1]}


async def test_what_the_database_refuses_of_one_event_costs_no_other(
    shared_database: Database,
) -> None:
    async def divide(connection: Connection, events: Sequence[Received]) -> None:
        for event in events:
            if event.key == bad:
                await connection.execute("select 1 / 0")
        await path.note(connection, events)

    reading = await a_reading(shared_database, handler=divide)
    bad, goods = str(new_id()), [str(new_id()) for _ in range(3)]
    items = [an_arrival(nth, key, 1) for nth, key in enumerate([*goods[:2], bad, *goods[2:]])]
    await batch.apply(shared_database, reading, START, items)
    assert await path.effects(shared_database) == {key: [1] for key in goods}
    (row,) = await path.rows(shared_database, "select key, cause from parked")
    assert row == {"key": bad, "cause": "refused: DivisionByZeroError"}


@pytest.mark.parametrize(
    "fault",
    [
        asyncpg.DeadlockDetectedError("40P01"),
        asyncpg.TooManyConnectionsError("53300"),
        asyncpg.AdminShutdownError("57P01"),
        ConnectionResetError(),
        TimeoutError(),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.InternalClientError("cannot switch to state 15"),
    ],
)
async def test_a_fault_of_the_database_is_nobodys_event(
    shared_database: Database, fault: Exception
) -> None:
    async def is_away(_connection: Connection, _events: Sequence[Received]) -> None:
        raise fault

    reading = await a_reading(shared_database, handler=is_away)
    with suppress(type(fault)):
        await batch.apply(shared_database, reading, START, [an_arrival(0, str(new_id()), 1)])
    assert await path.rows(shared_database, "select cause from parked") == []
    assert await place(shared_database) == (0, "cluster")


async def test_a_flood_of_parked_keys_is_a_declared_stop(shared_database: Database) -> None:
    reading = await a_reading(shared_database, limit=3)
    few = [an_arrival(nth, str(new_id()), 2) for nth in range(3)]
    first = await batch.apply(shared_database, reading, START, few)
    assert await path.rows(shared_database, "select reason from consumer_stop") == []
    await batch.apply(shared_database, reading, first.mark, [an_arrival(3, str(new_id()), 2)])
    reasons = await path.rows(shared_database, "select reason from consumer_stop")
    assert ["more than 3 keys" in row["reason"] for row in reasons] == [True]


class Fetched(Exception):
    """The broker was asked for records."""


class NoRecords:
    """A broker's client that has been assigned nothing."""

    def assignment(self) -> set[TopicPartition]:
        return set()

    async def getmany(self, **_limits: Any) -> dict[TopicPartition, list[Any]]:
        raise Fetched


async def test_while_a_stop_is_declared_nothing_is_fetched(shared_database: Database) -> None:
    consumer = Consumer(parts(shared_database, NOWHERE), "test", path.work())
    turn = partial(consumer._turn, cast(Any, NoRecords()))  # pyright: ignore[reportPrivateUsage]
    assert await raises(Fetched, turn())
    async with shared_database.transaction() as connection:
        await connection.execute(STOP, "test", "a test's own")
    assert not await raises(Fetched, turn())
    await path.operate(shared_database, operations.resume, "test", by="tests")
    assert await raises(Fetched, turn())


async def test_on_a_trimmed_log_too_a_known_keys_gap_waits(shared_database: Database) -> None:
    reading = await a_reading(shared_database, trimmed_until=10)
    key = str(new_id())
    items = [an_arrival(0, key, 5), an_arrival(1, key, 7)]
    await batch.apply(shared_database, reading, START, items)
    assert await path.effects(shared_database) == {key: [5]}


async def test_a_value_that_cannot_be_read_is_parked_with_its_key(
    shared_database: Database,
) -> None:
    reading = await a_reading(shared_database)
    key = str(new_id())
    odd = read(Record(key.encode(), b"{", otherclient.headers_for(key, 1)), TOPIC, 0, 0)
    await batch.apply(shared_database, reading, START, [odd, an_arrival(1, key, 2)])
    rows = await path.rows(shared_database, "select sequence, cause from parked order by sequence")
    assert [tuple(row.values()) for row in rows] == [(1, "not-json"), (2, "behind")]
    assert await path.effects(shared_database) == {}


async def test_what_is_parked_and_comes_again_is_kept_once(shared_database: Database) -> None:
    reading = await a_reading(shared_database)
    key = str(new_id())
    nobodys = Record(b"nobody", None, [])
    ahead = an_arrival(0, key, 2)
    first = await batch.apply(shared_database, reading, START, [ahead, read(nobodys, TOPIC, 0, 1)])
    again = [an_arrival(2, key, 2), read(nobodys, TOPIC, 0, 3)]
    await batch.apply(shared_database, reading, first.mark, again)
    rows = await path.rows(shared_database, "select key, sequence from parked order by id")
    assert [tuple(row.values()) for row in rows] == [(key, 2), (None, None)]


async def test_a_batch_and_the_drainer_take_turns_at_a_key(shared_database: Database) -> None:
    at_work, go_on = asyncio.Event(), asyncio.Event()

    async def wait_at_another(connection: Connection, events: Sequence[Received]) -> None:
        if events[0].key == another:
            at_work.set()
            await go_on.wait()
        await path.note(connection, events)

    mine = parts(shared_database, NOWHERE)
    reading = await a_reading(shared_database, handler=wait_at_another)
    key, another = str(new_id()), str(new_id())
    await path.refuse(shared_database, key)
    first = await batch.apply(shared_database, reading, START, [an_arrival(0, key, 1)])
    await path.accept(shared_database, key)
    items = [an_arrival(1, another, 1), an_arrival(2, key, 2)]
    applying = asyncio.create_task(batch.apply(shared_database, reading, first.mark, items))
    await at_work.wait()
    draining = asyncio.create_task(path.drained(mine, "test"))

    async def is_done_or_waits() -> bool:
        return draining.done() or await _somebody_waits(shared_database)

    await until(is_done_or_waits)
    go_on.set()
    await asyncio.gather(applying, draining)
    await path.drained(mine, "test")
    assert await path.effects(shared_database) == {another: [1], key: [1, 2]}


async def test_what_a_parked_event_did_before_it_was_refused_again_is_undone(
    shared_database: Database,
) -> None:
    async def half(connection: Connection, events: Sequence[Received]) -> None:
        for event in events:
            await connection.execute(
                "insert into ledger (key, sequence) values ($1, $2)", event.key, event.sequence
            )
            raise ValueError

    reading = await a_reading(shared_database, handler=half)
    await batch.apply(shared_database, reading, START, [an_arrival(0, str(new_id()), 1)])
    await drain_due(parts(shared_database, NOWHERE), "test", path.work(half))
    assert await path.effects(shared_database) == {}
    (row,) = await path.rows(shared_database, "select attempts from parked")
    assert row == {"attempts": 1}


async def test_while_a_stop_is_declared_nothing_is_drained(shared_database: Database) -> None:
    mine = parts(shared_database, NOWHERE)
    reading = await a_reading(shared_database)
    key = str(new_id())
    await path.refuse(shared_database, key)
    await batch.apply(shared_database, reading, START, [an_arrival(0, key, 1)])
    await path.accept(shared_database, key)
    async with shared_database.transaction() as connection:
        await connection.execute(STOP, "test", "a test's own")
    await path.drained(mine, "test")
    assert await path.effects(shared_database) == {}
    await path.operate(shared_database, operations.resume, "test", by="tests")
    await path.drained(mine, "test")
    assert await path.effects(shared_database) == {key: [1]}


async def test_a_partition_that_waits_and_does_not_move_is_stuck(
    shared_database: Database,
) -> None:
    seconds = 0.0
    mine = parts(shared_database, NOWHERE)
    mine.progress.clock = lambda: seconds
    each = TopicPartition(TOPIC, 0)
    state = Assigned(await a_reading(shared_database), START, verify=False)
    tender = Tender(mine, "test", cast(Any, None), {each: state})
    watch = tender._watch  # pyright: ignore[reportPrivateUsage]
    watch({each: 3})
    seconds = mine.settings.stall_seconds + 1
    watch({each: 3})
    assert mine.progress.stuck() == [f"partition {TOPIC}/0"]
    state.mark = Mark(1, "moved")
    watch({each: 2})
    assert mine.progress.stuck() == []


async def _somebody_waits(database: Database) -> bool:
    """Whether a session of this database waits for another's lock."""
    waiting = """
    select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
    """
    return bool(await path.rows(database, waiting))


async def _execute(database: Database, statement: str) -> None:
    async with database.transaction() as connection:
        await connection.execute(statement)
