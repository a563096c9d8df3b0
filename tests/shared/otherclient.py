"""What a client that is not ours sees and does on Kafka: read a topic from its start, trim it, write what is bad."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaProducer
from confluent_kafka import Consumer as OtherClient, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient

from shared import kafka
from shared.clock import new_id
from shared.events.walks import WalkStarted
from tests.factories import KeptParts
from tests.keyring import librdkafka
from tests.shared.eventpath import TOPIC


async def commit(bootstrap: str, group: str, place: Any, offset: int) -> None:
    """A reader's group notes in Kafka how far it has read."""
    await asyncio.to_thread(_commit, bootstrap, group, place, offset)


def _commit(bootstrap: str, group: str, place: Any, offset: int) -> None:
    client = OtherClient(librdkafka(bootstrap) | {"group.id": group})
    at = TopicPartition(place.topic, place.partition, offset)
    client.commit(offsets=[at], asynchronous=False)
    client.close()


async def trim(bootstrap: str, *, leave: int, topic: str = TOPIC) -> None:
    """Delete the oldest records of every partition, as retention would, but for the last few."""
    await asyncio.to_thread(_trim, bootstrap, topic, leave)


def _trim(bootstrap: str, topic: str, leave: int) -> None:
    client = OtherClient(librdkafka(bootstrap) | {"group.id": str(new_id())})
    places: list[TopicPartition] = []
    for number in client.list_topics(topic, timeout=10).topics[topic].partitions:
        start, end = client.get_watermark_offsets(TopicPartition(topic, number), timeout=10)
        places.append(TopicPartition(topic, number, max(start, end - leave)))
    client.close()
    admin = AdminClient(librdkafka(bootstrap))  # must outlive its answers
    for done in admin.delete_records(places).values():
        done.result(10)


async def is_on_topic(bootstrap: str, key: str, topic: str = TOPIC) -> bool:
    """Whether a record of the key is on the topic; not, while the broker is coming up."""
    try:
        return key in {record.key for record in await on_topic(bootstrap, topic)}
    except KafkaException:
        return False


@dataclass(frozen=True, slots=True)
class OnTopic:
    """One record as a client that is not ours read it."""

    partition: int
    offset: int
    timestamp: int
    key: str
    value: bytes | None
    headers: dict[str, str]

    @property
    def sequence(self) -> int:
        return int(self.headers["ce_sequence"])


async def on_topic(bootstrap: str, topic: str = TOPIC) -> list[OnTopic]:
    """Everything on a topic from offset 0, read by librdkafka."""
    return await asyncio.to_thread(_read_all, bootstrap, topic)


def _read_all(bootstrap: str, topic: str) -> list[OnTopic]:
    client = OtherClient(librdkafka(bootstrap) | {"group.id": str(new_id())})
    try:
        partitions = client.list_topics(topic, timeout=10).topics[topic].partitions
        ends: dict[int, int] = {}
        for number in partitions:
            start, end = client.get_watermark_offsets(TopicPartition(topic, number), timeout=10)
            if end > start:
                ends[number] = end
        client.assign([TopicPartition(topic, number, 0) for number in ends])
        found: list[OnTopic] = []
        while ends:
            message = client.poll(10)
            assert message is not None, "the topic went silent"
            assert message.error() is None
            number, offset = message.partition() or 0, message.offset() or 0
            headers = {name: str(given, "utf-8") for name, given in _headers_of(message)}
            raw_key, value = message.key(), message.value()
            key = raw_key.decode(errors="replace") if isinstance(raw_key, bytes) else ""
            assert not isinstance(value, str)
            found.append(OnTopic(number, offset, message.timestamp()[1], key, value, headers))
            if offset + 1 >= ends.get(number, 0):  # more may come while others are still read
                ends.pop(number, None)
    finally:
        client.close()
    return found


def _headers_of(message: Message) -> list[tuple[str, bytes]]:
    found: Any = message.headers() or []
    return [(name, value or b"") for name, value in found]


def first_occurrences(records: Sequence[OnTopic]) -> dict[str, list[int]]:
    """Each key's sequences in the order in which they were first seen."""
    found: dict[str, list[int]] = defaultdict(list)
    for record in records:
        if record.sequence not in found[record.key]:
            found[record.key].append(record.sequence)
    return dict(found)


@asynccontextmanager
async def producing(parts: KeptParts, **changes: Any) -> AsyncGenerator[AIOKafkaProducer]:
    """A producer of the test's own, to put bad records on a topic."""
    producer = AIOKafkaProducer(**kafka.reach(parts.settings), acks="all", **changes)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


def headers_for(key: str, number: int, **changes: str) -> list[tuple[str, bytes]]:
    """The envelope of an event that never was."""
    attributes = {
        "specversion": "1.0",
        "id": str(new_id()),
        "source": "/met/booking",
        "type": f"uk.walkandtalk.{WalkStarted.type}",
        "subject": key,
        "time": datetime.now(UTC).isoformat(),
        "sequence": f"{number:012d}",
    } | changes
    return [(f"ce_{name}", value.encode()) for name, value in attributes.items()]
