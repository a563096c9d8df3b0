"""Where an event is now: in our log and outbox, on Kafka, and what this service made of it.

Invariant: it tells of places, numbers, causes and times, never of what an event says. A service
answers from its own database and the topics it may read: whoever wants to know all asks all four.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from aiokafka.errors import KafkaError

from shared import looking
from shared.consumer.arrivals import Arrival
from shared.events import OWNERS, READERS
from shared.postgres import Connection
from shared.service import Parts

MOST = 100

SAID = """
select e.topic, e.key, e.sequence, e.event_id, e.type, e.logged_at, o.publish_after as due
  from event_log e left join outbox o using (topic, key, sequence, logged_at)
 where (e.topic = any($1::text[]) and e.key = $2) or e.event_id = $3
 order by e.topic, e.key, e.sequence limit $4
"""
PARKED = """
select id, topic, partition, "offset", key, sequence, cause, attempts, parked_at from parked
 where consumer = $1 and (key = $2 or headers @> $3::jsonb) order by id limit $4
"""
DISCARDED = """
select id, topic, key, sequence, discarded_at from parked_discarded
 where consumer = $1 and key = $2 order by id limit $3
"""
APPLIED = (
    "select topic, key, last_sequence from inbox where consumer = $1 and key = any($2::text[])"
)
READ = "select topic, partition, next_offset from consumer_offset where consumer = $1"


@dataclass(frozen=True, slots=True)
class Said:
    """An event that this service has said; ``due`` is when it may go, None once it has gone."""

    topic: str
    key: str
    sequence: int
    event_id: UUID
    type: str
    logged_at: datetime
    due: datetime | None


@dataclass(frozen=True, slots=True)
class Seen:
    """A record on a topic; ``became`` is what this service made of it, None where it does not listen."""

    topic: str
    partition: int
    offset: int
    key: str | None
    sequence: int | None
    became: str | None


@dataclass(frozen=True, slots=True)
class Kept:
    """A parked or discarded event, which no longer depends on Kafka."""

    topic: str
    key: str | None
    sequence: int | None
    became: str


@dataclass(frozen=True, slots=True)
class Places:
    """All that this service knows of an event or a key; ``unread``: older records not looked at."""

    said: Sequence[Said]
    on_kafka: Sequence[Seen]
    kept: Sequence[Kept]
    unread: int
    kafka_fault: str | None


async def find(parts: Parts[Any], sought: UUID) -> Places:
    """Look for an event id, or for all events of a key."""
    consumer = parts.metrics.service
    async with parts.database.reading() as connection:
        rows = await connection.fetch(SAID, _said_by(consumer), str(sought), sought, MOST)
        said = [Said(**dict(row)) for row in rows]
        kept = await _kept(connection, consumer, sought)
        is_key = await connection.fetch(APPLIED, consumer, [str(sought)])
    keys = {each.key for each in said} | {row["key"] for row in is_key}
    items, unread, fault = await _on_kafka(parts, sought, keys)
    async with parts.database.reading() as connection:
        judge = await _judge(connection, consumer, items, kept)
    seen = [
        Seen(each.topic, each.partition, each.offset, each.key, each.sequence, judge.of(each))
        for each in items
    ]
    return Places(said, seen, [*kept.values()], unread, fault)


async def _on_kafka(
    parts: Parts[Any], sought: UUID, keys: Collection[str]
) -> tuple[Sequence[Arrival], int, str | None]:
    """The records, in the order of their places; or why they could not be looked for."""
    consumer = parts.metrics.service
    topics = {*_said_by(consumer), *_heard_by(consumer)}
    try:
        scan = await looking.scan(parts.settings, topics, str(sought), keys)
    except (OSError, TimeoutError, KafkaError) as error:
        return [], 0, type(error).__name__
    ordered = sorted(scan.found, key=lambda each: (each.topic, each.partition, each.offset))
    return ordered[:MOST], scan.unread, None


def _said_by(service: str) -> list[str]:
    return [topic for topic, owner in OWNERS.items() if owner == service]


def _heard_by(service: str) -> list[str]:
    return [topic for topic, readers in READERS.items() if service in readers]


Place = tuple[str, str | None, int | None]


async def _kept(connection: Connection, consumer: str, sought: UUID) -> dict[Place, Kept]:
    header = [[b"ce_id".hex(), str(sought).encode().hex()]]
    found: dict[Place, Kept] = {}
    for row in await connection.fetch(DISCARDED, consumer, str(sought), MOST):
        became = f"discarded {row['discarded_at']:%Y-%m-%d}, it was parked as {row['id']}"
        found[_place(row)] = Kept(*_place(row), became)
    for row in await connection.fetch(PARKED, consumer, str(sought), header, MOST):
        became = f"parked as {row['id']}: {row['cause']}, tried {row['attempts']} times"
        found[_place(row)] = Kept(*_place(row), became)
    return found


def _place(row: Any) -> Place:
    return row["topic"], row["key"], row["sequence"]


@dataclass(frozen=True, slots=True)
class _Judge:
    """What is needed to say what became of a record here."""

    heard: Collection[str]
    kept: dict[Place, Kept]
    applied: dict[tuple[str, str], int]
    read: dict[tuple[str, int], int]

    def of(self, item: Arrival) -> str | None:
        if item.topic not in self.heard:
            return None
        kept = self.kept.get((item.topic, item.key, item.sequence))
        if kept is not None:
            return kept.became
        if item.offset >= self.read.get((item.topic, item.partition), 0):
            return "not read yet"
        if item.key is None or item.sequence is None:
            return "read"
        if item.sequence <= self.applied.get((item.topic, item.key), 0):
            return "applied"
        return "read, and neither applied nor parked"


async def _judge(
    connection: Connection, consumer: str, items: Sequence[Arrival], kept: dict[Place, Kept]
) -> _Judge:
    keys = sorted({each.key for each in items if each.key})
    applied = await connection.fetch(APPLIED, consumer, keys)
    read = await connection.fetch(READ, consumer)
    return _Judge(
        _heard_by(consumer),
        kept,
        {(row["topic"], row["key"]): row["last_sequence"] for row in applied},
        {(row["topic"], row["partition"]): row["next_offset"] for row in read},
    )
