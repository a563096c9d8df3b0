"""What the tests of the event path share: facts to say, a ledger that notes effects, and a second client.

The ledger is the tests' own table: each effect is one row, so an effect done twice shows as two.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from aiokafka.errors import KafkaError

from shared import outbox
from shared.bands import band_of
from shared.clock import now
from shared.consumer import Consumer
from shared.consumer.drainer import drain_due, drain_forever
from shared.events import Outgoing, Received, WardRef, internal, walks
from shared.events.walks import SharedWalkStarted, WalkStarted
from shared.kafka import open_admin
from shared.postgres import Connection, Database
from shared.relay import Relay
from shared.republish import republish
from shared.service import Handler, Parts, Work
from tests.factories import Clock, KeptParts, parts_for
from tests.infra import until
from tests.kafka_topics import apply_topics
from tests.keyring import SUITE, as_operator, reach

START = now()
TOPIC = walks.INTERNAL
LEDGER = """
create table if not exists ledger (nth bigint generated always as identity, key text, sequence bigint)
"""
REFUSED = "create table if not exists refused (key text primary key)"


def a_start(at: datetime = START) -> WalkStarted:
    """A fact of the kind that every test may say."""
    return WalkStarted(
        ward=WardRef(code="L05000001", set="larkmere-2026"),
        starts_at=START,
        ends_at=START + timedelta(minutes=30),
        local_date=date(2027, 1, 12),
        light="dark",
        at=at,
    )


async def say(database: Database, *keys: UUID, at: datetime = START) -> None:
    """Append one event for each key, each in a transaction of its own."""
    for key in keys:
        async with database.transaction() as connection:
            await outbox.append(connection, internal(a_start(), key, at=at))


def clock_of(mine: KeptParts) -> Clock:
    """The clock behind the parts, to be moved."""
    assert isinstance(mine.clock, Clock)
    return mine.clock


def sample(mine: KeptParts, name: str, **labels: str) -> float:
    """A metric's value; 0 before its first."""
    return mine.metrics.registry.get_sample_value(name, labels) or 0


async def make_ledger(database: Database) -> None:
    """The tests' own tables: effects, and the keys whose effects are refused."""
    async with database.transaction() as connection:
        await connection.execute(LEDGER)
        await connection.execute(REFUSED)


async def note(connection: Connection, events: Sequence[Received]) -> None:
    """The handler of the tests: one row an event; refuses the keys that stand in ``refused``."""
    for event in events:
        if await connection.fetchval("select true from refused where key = $1", event.key):
            raise ValueError("refused")
        await connection.execute(
            "insert into ledger (key, sequence) values ($1, $2)", event.key, event.sequence
        )


async def effects(database: Database) -> dict[str, list[int]]:
    """What has been applied: the sequences of each key in the order of their effects."""
    async with database.reading() as connection:
        rows = await connection.fetch("select key, sequence from ledger order by nth")
    found: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        found[row["key"]].append(row["sequence"])
    return dict(found)


async def rows(database: Database, statement: str, *arguments: Any) -> list[dict[str, Any]]:
    """Rows of a statement of the test's own."""
    async with database.reading() as connection:
        return [dict(row) for row in await connection.fetch(statement, *arguments)]


def a_shared_start(key: UUID) -> Outgoing:
    """An event on the shared topic, due at once."""
    band = band_of(START - timedelta(days=2))
    ward = WardRef(code="L05000001", set="larkmere-2026")
    fact = SharedWalkStarted(ward=ward, local_date=band.date, band=band.label)
    return Outgoing(fact.topic, fact.type, key, fact, band.starts_at, band.ends_at)


async def topics_again(bootstrap: str) -> None:
    """Make our topics on a cluster that has just been wiped."""
    await apply_topics(bootstrap)


async def somebody_waits_for_the_outbox(database: Database) -> bool:
    """Whether a session stands before the outbox's lock."""
    waiting = "select 1 from pg_locks where relation = 'outbox'::regclass and not granted"
    return bool(await rows(database, waiting))


async def operate(database: Database, operation: Any, *arguments: Any, **named: Any) -> Any:
    """One of the operators' operations, in a transaction of its own."""
    async with database.transaction() as connection:
        return await operation(connection, *arguments, **named)


async def refuse(database: Database, *keys: str) -> None:
    """From now on the handler refuses these keys."""
    async with database.transaction() as connection:
        await connection.execute("insert into refused select unnest($1::text[])", list(keys))


async def accept(database: Database, *keys: str) -> None:
    """The cause is mended."""
    async with database.transaction() as connection:
        await connection.execute("delete from refused where key = any($1)", list(keys))


async def drained(parts: Parts[Any], name: str) -> None:
    """Whatever is due has been tried once."""
    await drain_due(parts, name, work())


async def rows_parked(database: Database, number: int) -> bool:
    """Whether just so many events are parked."""
    return len(await rows(database, "select 1 from parked")) == number


async def stops(database: Database) -> list[str]:
    """Why consumers stand still."""
    return [row["reason"] for row in await rows(database, "select reason from consumer_stop")]


async def republish_all(parts: Parts[Any]) -> int:
    """What an operator does after a loss."""
    return await republish(parts, datetime(2000, 1, 1, tzinfo=UTC))


async def number_of_effects(database: Database, number: int) -> bool:
    """Whether so many effects have happened (or more)."""
    return sum(len(each) for each in (await effects(database)).values()) >= number


async def outbox_is_empty(database: Database) -> bool:
    """Whether everything has been sent."""
    return not await rows(database, "select 1 from outbox limit 1")


async def rows_of_topic(database: Database, topic: str, number: int) -> bool:
    """Whether the outbox holds just so many rows of a topic."""
    return len(await rows(database, "select 1 from outbox where topic = $1", topic)) == number


async def is_settled(database: Database, key: str) -> bool:
    """Whether all that was said of a key has been sent and acknowledged."""
    return not await rows(database, "select 1 from outbox where key = $1", key)


def work(handler: Handler = note, topic: str = TOPIC) -> Work:
    """Listen to one topic with one handler for its starts."""
    return Work(listens={topic: {WalkStarted.type: handler}}, timers=())


def parts(database: Database, bootstrap: str, **settings: Any) -> KeptParts:
    """Parts on a real Kafka, by the real time: a broker refuses records from the future."""
    given = reach(bootstrap, SUITE) | settings
    return parts_for("shared", database, clock=Clock(now()), **given)


@asynccontextmanager
async def relaying(parts: Parts[Any], service: str = "booking") -> AsyncGenerator[Relay]:
    """A relay at work while the block lasts."""
    relay = Relay(parts, service)
    async with running(relay.run()):
        yield relay


async def publish(mine: KeptParts, *keys: UUID) -> None:
    """Say one event for each key, and return when all that was said is on its topic."""
    await say(mine.database, *keys)
    async with relaying(mine):
        await until(lambda: outbox_is_empty(mine.database), 30)


async def without_topic(bootstrap: str, topic: str) -> None:
    """Delete a topic, and return when it is gone: until then it takes records and loses them."""
    async with open_admin(as_operator(bootstrap)) as admin:
        await admin.delete_topics([topic])

        async def is_gone() -> bool:
            try:
                return topic not in await admin.list_topics()
            except KafkaError:
                return False

        await until(is_gone)


@asynccontextmanager
async def consuming(
    parts: Parts[Any], name: str, given: Work | None = None
) -> AsyncGenerator[Consumer]:
    """A consumer and its drainer at work while the block lasts."""
    given = given or work()
    consumer = Consumer(parts, name, given)
    async with running(consumer.run()), running(drain_forever(parts, name, given)):
        yield consumer


@asynccontextmanager
async def running(coroutine: Any) -> AsyncGenerator["asyncio.Task[None]"]:
    """A task while the block lasts."""
    task = asyncio.create_task(coroutine)
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
