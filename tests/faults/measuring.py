"""How long it took: seen from outside, in the topics and the databases.

Invariant: times are told from the moment of the fault to the first moment at which the outside can see
that it is over; nothing is asked of the processes that are measured.
"""

import asyncio
import time
from collections.abc import Mapping

from confluent_kafka import Consumer, KafkaException, TopicPartition

from tests.faults.checker.promised import LISTENERS, OWNERS
from tests.faults.ground import Ground
from tests.infra import until
from tests.kafka_cluster import KafkaCluster

LOOK_SECONDS = 0.2
PATIENCE_SECONDS = 120
# Partitions that nobody has written to for so long after a fault say nothing about it.
GROWING_SECONDS = 5
OFFSETS = "select topic, partition, next_offset from consumer_offset where consumer = $1"
DUE = "select count(*) as rows from outbox where publish_after <= now()"

Places = dict[tuple[str, int], int]


async def ends(cluster: KafkaCluster, *topics: str) -> Places:
    """Where the next record goes, in each partition; asks until every partition has a broker that answers."""
    return await until(
        lambda: asyncio.to_thread(_ends, cluster.bootstrap, topics),
        PATIENCE_SECONDS,
        every=LOOK_SECONDS,
    )


def _ends(bootstrap: str, topics: tuple[str, ...]) -> Places:
    """None of them when one does not answer: half an answer would be taken for a topic that has shrunk."""
    client = Consumer({"bootstrap.servers": bootstrap, "group.id": "measuring", "log_level": 0})
    found: Places = {}
    try:
        for topic in topics:
            described = client.list_topics(topic, timeout=3).topics[topic]
            if described.error:
                raise KafkaException(described.error)
            for number in described.partitions:
                place = TopicPartition(topic, number)
                _, found[topic, number] = client.get_watermark_offsets(place, timeout=3)
    except KafkaException:
        return {}
    finally:
        client.close()
    return found


def owned(service: str) -> tuple[str, ...]:
    """The topics that a service writes."""
    return tuple(topic for topic, owner in OWNERS.items() if owner == service)


async def publishing_again(ground: Ground, what: str, since: float, before: Places) -> None:
    """Note the seconds until one of these partitions has grown."""

    async def grown() -> bool:
        now = await ends(ground.cluster, *sorted({topic for topic, _ in before}))
        return any(now[place] > end for place, end in before.items())

    await until(grown, PATIENCE_SECONDS, every=LOOK_SECONDS)
    ground.recoveries[f"{what} -> publishing again"].append(time.monotonic() - since)


async def taken_over(ground: Ground, what: str, service: str, since: float) -> None:
    """Note the seconds until a consumer has read on in every partition that has grown since the fault.

    What took less than GROWING_SECONDS is told as so long.
    """
    topics = tuple(topic for topic, names in LISTENERS.items() if service in names)
    before = await ends(ground.cluster, *topics)
    await asyncio.sleep(GROWING_SECONDS)
    grown = {
        place: end
        for place, end in (await ends(ground.cluster, *topics)).items()
        if end > before[place]
    }
    await until(lambda: has_read(ground, service, grown), PATIENCE_SECONDS, every=LOOK_SECONDS)
    ground.recoveries[f"{what} -> taken over"].append(time.monotonic() - since)


async def has_read(ground: Ground, service: str, places: Mapping[tuple[str, int], int]) -> bool:
    """Whether a consumer has come so far in each partition."""
    rows = await ground.rows(service, OFFSETS, service)
    reached = {(row["topic"], row["partition"]): row["next_offset"] for row in rows}
    return all(reached.get(place, 0) >= end for place, end in places.items())


async def due(ground: Ground, service: str) -> int:
    """How many rows of an outbox are due and not yet sent."""
    return int((await ground.rows(service, DUE))[0]["rows"])


class Outage:
    """What came in while Kafka was away, and how fast it went out afterwards."""

    def __init__(self, ground: Ground, service: str) -> None:
        self._ground, self._service = ground, service
        self._began, self._waiting = 0.0, 0

    async def begin(self) -> None:
        """Kafka has just gone."""
        self._began, self._waiting = time.monotonic(), await due(self._ground, self._service)

    async def over(self) -> tuple[float, float]:
        """Kafka is back: inflow while it was away, and rate at which the outbox was drained, a second."""
        back, waiting = time.monotonic(), await due(self._ground, self._service)
        inflow = (waiting - self._waiting) / (back - self._began)
        before = sum((await ends(self._ground.cluster, *owned(self._service))).values())

        async def drained() -> bool:
            return await due(self._ground, self._service) <= max(1.0, inflow)

        await until(drained, 4 * PATIENCE_SECONDS, every=LOOK_SECONDS)
        took = time.monotonic() - back
        sent = sum((await ends(self._ground.cluster, *owned(self._service))).values()) - before
        self._ground.recoveries["broker outage -> drained"].append(took)
        return inflow, sent / took
