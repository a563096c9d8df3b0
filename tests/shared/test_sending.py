"""One producer's life, with a broker that answers when the test says; and who may lead.

The broker here stands in for the outside: what matters is what it was handed, and in which order.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from aiokafka.structs import RecordMetadata, TopicPartition

from shared import republish
from shared.clock import new_id
from shared.postgres import Database
from shared.relay import lease
from shared.relay.sending import Sending
from tests.infra import until
from tests.shared import eventpath as path, otherclient
from tests.shared.eventpath import TOPIC, parts, relaying


class Carton:
    """Records that go together; it tells their sequences and takes as many as come."""

    def __init__(self) -> None:
        self.sequences: list[int] = []

    def append(self, *, headers: Sequence[Any], **_rest: Any) -> bool:
        self.sequences.append(int(dict(headers)["ce_sequence"]))
        return True

    def close(self) -> None:
        pass


class SilentBroker:
    """Takes records, and says of each what the test tells it to."""

    def __init__(self) -> None:
        self.handed_over: list[int] = []
        self._answers: list[asyncio.Future[RecordMetadata]] = []

    def create_batch(self) -> "Carton":
        return Carton()

    async def send_batch(
        self, batch: "Carton", _topic: str, *, partition: int
    ) -> "asyncio.Future[RecordMetadata]":
        self.handed_over += batch.sequences
        self._answers.append(asyncio.get_running_loop().create_future())
        return self._answers[-1]

    async def partitions_for(self, _topic: str) -> set[int]:
        return {0}

    async def has(self, number: int) -> None:
        """Wait until so many records have been handed over."""
        await until(lambda: len(self.handed_over) >= number)

    def takes(self, nth: int) -> None:
        place = TopicPartition(TOPIC, 0)
        self._answers[nth].set_result(RecordMetadata(TOPIC, 0, place, nth, 0, 0, 0))

    def fails(self, nth: int) -> None:
        self._answers[nth].set_exception(ConnectionError("not written"))


async def _no_other_cluster(_known: str | None) -> None:
    """The broker is always the one it was."""


@asynccontextmanager
async def sending(
    database: Database,
    broker: SilentBroker,
    check_cluster: Callable[[str | None], Awaitable[None]] = _no_other_cluster,
) -> AsyncGenerator[tuple[Sending, "asyncio.Task[None]"]]:
    """A leading relay's sending to the broker while the block lasts."""
    token = new_id()
    async with database.transaction() as connection:
        await lease.release(connection, await _leader(database) or token)
        assert await lease.acquire(connection, token)
    one = Sending(
        parts(database, "127.0.0.1:1"),
        cast(Any, broker),
        token,
        source="/met/booking",
        check_cluster=check_cluster,
    )
    task = asyncio.create_task(one.run({TOPIC: 0}))
    try:
        yield one, task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, BaseExceptionGroup):
            await task


async def _leader(database: Database) -> UUID | None:
    (row,) = await path.rows(database, "select token from relay_lease")
    return row["token"]


async def _waiting(database: Database) -> list[int]:
    """The sequences that wait in the outbox."""
    return [row["sequence"] for row in await path.rows(database, "select sequence from outbox")]


async def test_a_row_stays_until_the_broker_has_it(shared_database: Database) -> None:
    await path.say(shared_database, new_id())
    broker = SilentBroker()
    async with sending(shared_database, broker) as (_, task):
        await broker.has(1)
        broker.fails(0)
        await until(task.done)
    assert await _waiting(shared_database) == [1]
    broker = SilentBroker()
    async with sending(shared_database, broker):
        await broker.has(1)
        broker.takes(0)
        await until(lambda: path.outbox_is_empty(shared_database))


async def test_after_a_failure_all_begins_again_at_the_head(shared_database: Database) -> None:
    key = new_id()
    await path.say(shared_database, key)
    broker = SilentBroker()
    async with sending(shared_database, broker) as (_, task):
        await broker.has(1)
        await path.say(shared_database, key)
        await broker.has(2)
        broker.fails(0)
        await until(lambda: task.done() or len(broker.handed_over) > 2)
        assert broker.handed_over == [1, 2]  # nothing more by a producer that has failed
    successor = SilentBroker()
    async with sending(shared_database, successor):
        await successor.has(2)
    assert successor.handed_over == [1, 2]


async def test_while_it_is_open_which_cluster_answers_nothing_is_sent(
    shared_database: Database,
) -> None:
    asked, answer = asyncio.Event(), asyncio.Event()

    async def slow(_known: str | None) -> None:
        asked.set()
        await answer.wait()

    broker = SilentBroker()
    async with sending(shared_database, broker, slow) as (one, _):
        # As if nobody had asked for long.
        one._identified_at = float("-inf")  # pyright: ignore[reportPrivateUsage]
        await path.say(shared_database, new_id())
        await until(asked.is_set)
        assert broker.handed_over == []
        answer.set()
        await broker.has(1)


async def test_without_a_lease_that_surely_holds_nothing_is_sent(
    shared_database: Database,
) -> None:
    broker = SilentBroker()
    async with sending(shared_database, broker) as (one, task):
        # As if paused for longer than its lease.
        one._lease_until = 0  # pyright: ignore[reportPrivateUsage]
        await path.say(shared_database, new_id())
        await until(lambda: task.done() or broker.handed_over)
    assert broker.handed_over == []
    assert await _waiting(shared_database) == [1]


async def test_one_relay_leads_until_its_lease_is_over(shared_database: Database) -> None:
    first, second = new_id(), new_id()
    async with shared_database.transaction() as connection:
        assert await lease.acquire(connection, first)
        assert await lease.acquire(connection, second) is None
    assert await _leader(shared_database) == first
    async with shared_database.transaction() as connection:
        await connection.execute("update relay_lease set expires_at = now() - interval '1 second'")
        assert await lease.acquire(connection, second)
        assert await lease.acquire(connection, first) is None
    assert await _leader(shared_database) == second


async def test_a_leader_that_lost_its_lease_prolongs_nobody_elses(
    shared_database: Database,
) -> None:
    first, second = new_id(), new_id()
    expiry = "update relay_lease set expires_at = now() + interval '5 seconds' returning expires_at"
    async with shared_database.transaction() as connection:
        assert await lease.acquire(connection, second)
        until_then = await connection.fetchval(expiry)
    with suppress(lease.LeaseLost):
        async with shared_database.transaction() as connection:
            await lease.renew(connection, first)
    assert await path.rows(shared_database, "select expires_at from relay_lease") == [
        {"expires_at": until_then}
    ]


async def test_who_asked_for_the_lease_gets_it_next(shared_database: Database) -> None:
    leader, asking, other = new_id(), new_id(), new_id()
    async with shared_database.transaction() as connection:
        assert await lease.acquire(connection, leader)
        await lease.ask_for(connection, asking, republish.PATIENCE_SECONDS)
        await lease.release(connection, leader)
        assert await lease.acquire(connection, other) is None
        assert await lease.acquire(connection, asking)


async def test_nothing_is_sent_to_another_cluster_than_the_one_that_holds_our_events(
    shared_database: Database, empty_topics: str
) -> None:
    mine = parts(shared_database, empty_topics)
    async with shared_database.transaction() as connection:
        await connection.execute("update relay_lease set cluster = 'another'")
    await path.say(shared_database, new_id(), at=path.START - timedelta(seconds=1))

    async def decided() -> bool:
        refused = path.sample(mine, "relay_foreign_cluster") == 1
        return refused or await path.outbox_is_empty(shared_database)

    async with relaying(mine):
        await until(decided, 20)
    assert await otherclient.on_topic(empty_topics) == []
    assert await _waiting(shared_database) == [1]
