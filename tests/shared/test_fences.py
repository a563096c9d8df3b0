"""The consumer's fences where only rows can tell: what is parked, what waits, what is left behind."""

from collections.abc import Awaitable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, cast

import asyncpg
import pytest
from aiokafka import TopicPartition

from shared import operations
from shared.clock import new_id
from shared.consumer import Consumer, batch, position
from shared.consumer.assigned import Assigned
from shared.consumer.offsets import Fenced, Mark
from shared.consumer.parking import STOP
from shared.consumer.position import Log, Trimmed
from shared.consumer.tender import Tender
from shared.events import Received
from shared.postgres import Connection, Database
from tests.shared import eventpath as path
from tests.shared.eventpath import TOPIC, parts
from tests.shared.reading import PARTITION, START, a_reading, an_arrival, place

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
    assert await _raises(Fetched, turn())
    async with shared_database.transaction() as connection:
        await connection.execute(STOP, "test", "a test's own")
    assert not await _raises(Fetched, turn())
    await path.operate(shared_database, operations.resume, "test", by="tests")
    assert await _raises(Fetched, turn())


async def test_a_log_that_has_lost_what_was_not_read_is_not_begun_anew(
    shared_database: Database,
) -> None:
    await _stand_at(shared_database, 4)
    trimmed = Log(5, 9, "cluster")
    assert await _raises(Trimmed, position.look(shared_database, PARTITION, trimmed))
    assert await place(shared_database) == (4, "cluster")


@pytest.mark.parametrize("log", [Log(0, 9, "another"), Log(0, 3, "cluster")])
async def test_another_cluster_or_a_shorter_log_is_read_from_its_start(
    shared_database: Database, log: Log
) -> None:
    await _stand_at(shared_database, 4)
    found = await position.look(shared_database, PARTITION, log)
    assert found.standing.mark == START
    assert await place(shared_database) == (0, log.cluster)


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


async def _stand_at(database: Database, number: int) -> None:
    """Have read so many records, each of a key of its own."""
    items = [an_arrival(offset, str(new_id()), 1) for offset in range(number)]
    await batch.apply(database, await a_reading(database), START, items)


async def _raises(what: type[Exception], attempt: Awaitable[Any]) -> bool:
    try:
        await attempt
    except what:
        return True
    return False


async def _execute(database: Database, statement: str) -> None:
    async with database.transaction() as connection:
        await connection.execute(statement)
