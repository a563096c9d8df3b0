"""What is on the topics, for operators' eyes: ends of logs, and records of a key or an event id.

Invariant: it reads only, belongs to no group, and ends after so many records or seconds whatever
there is; a value is never decoded.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.partitioner import DefaultPartitioner

from shared import kafka
from shared.consumer.arrivals import Arrival, arrival
from shared.settings import ServiceSettings

SCAN_RECORDS = 200_000
SCAN_SECONDS = 20
POLL_MS = 500


@dataclass(frozen=True, slots=True)
class Scan:
    """What a look through the topics found, and how many records it left unread before its place."""

    found: Sequence[Arrival]
    unread: int


async def partitions(settings: ServiceSettings, topics: Collection[str]) -> list[TopicPartition]:
    """Every partition of those of the topics that exist."""
    async with (
        asyncio.timeout(kafka.DEADLINE_SECONDS),
        kafka.open_admin(settings) as admin,
    ):
        existing = sorted(set(topics) & set(await admin.list_topics()))
        described = await admin.describe_topics(existing) if existing else []
    return [
        TopicPartition(topic["topic"], each["partition"])
        for topic in described
        for each in topic["partitions"]
    ]


async def bounds(
    settings: ServiceSettings, places: Collection[TopicPartition]
) -> Mapping[TopicPartition, tuple[int, int]]:
    """The first offset kept and the next to be written of each partition."""
    async with _reading(settings, places) as reader:
        return await _bounds(reader, places)


async def scan(
    settings: ServiceSettings, topics: Collection[str], sought: str, keys: Collection[str]
) -> Scan:
    """The records of which ``sought`` is the key or the event id, in the newest part of the logs.

    Where their keys are known, only the partitions that hold these are read.
    """
    places = await partitions(settings, topics)
    if keys:
        places = sorted({each for key in keys for each in partitions_of(key, places)})
    found: list[Arrival] = []
    async with _reading(settings, places) as reader:
        edges = await _bounds(reader, places)
        share = SCAN_RECORDS // max(1, len(places))
        begins = {each: max(start, end - share) for each, (start, end) in edges.items()}
        left = {each: end for each, (_, end) in edges.items() if begins[each] < end}
        for each in left:
            reader.seek(each, begins[each])
        deadline = time.monotonic() + SCAN_SECONDS
        while left and time.monotonic() < deadline:
            fetched = await reader.getmany(*left, timeout_ms=POLL_MS)
            for each, records in fetched.items():
                items = [arrival(raw) for raw in records]
                found += [item for item in items if sought in {item.key, item.fingerprint}]
                if records and records[-1].offset + 1 >= left[each]:
                    del left[each]
        unread = sum(begins[each] - start for each, (start, _) in edges.items())
        if left:
            unread += sum([left[each] - await reader.position(each) for each in left])
    return Scan(found, unread)


def partitions_of(key: str, places: Collection[TopicPartition]) -> list[TopicPartition]:
    """Where our producers put a key: one partition of each topic."""
    by_topic: dict[str, list[int]] = {}
    for each in places:
        by_topic.setdefault(each.topic, []).append(each.partition)
    choose = DefaultPartitioner()
    return [
        TopicPartition(topic, choose(key.encode(), sorted(numbers), sorted(numbers)))
        for topic, numbers in by_topic.items()
    ]


@asynccontextmanager
async def _reading(
    settings: ServiceSettings, places: Collection[TopicPartition]
) -> AsyncGenerator[AIOKafkaConsumer]:
    reader = kafka.make_reader(settings)
    try:
        async with asyncio.timeout(kafka.DEADLINE_SECONDS):
            await reader.start()
        reader.assign(sorted(places))
        yield reader
    finally:
        await kafka.drop_consumer(reader)


async def _bounds(
    reader: AIOKafkaConsumer, places: Collection[TopicPartition]
) -> Mapping[TopicPartition, tuple[int, int]]:
    async with asyncio.timeout(kafka.DEADLINE_SECONDS):
        starts = await reader.beginning_offsets(list(places))
        ends = await reader.end_offsets(list(places))
    return {each: (starts[each], ends[each]) for each in places}
