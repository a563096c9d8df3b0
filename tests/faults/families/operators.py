"""Losses that no machine may mend alone: they need an operator, and the product says which command.

I6 promises a lag of 0 without hands "save where retention outran us or the cluster is another: then it stops
and says what to do". So each of these waits for what the product must say, and does just that.
"""

import asyncio
import random
from collections.abc import Sequence

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewPartitions

from tests.faults.checker.promised import ALERTS, LISTENERS, OWNERS
from tests.faults.families.family import Family
from tests.faults.ground import Ground
from tests.faults.measuring import ends
from tests.infra import until

SAYING = ("booking", "concerns", "notifications")
SINCE = "2020-01-01T00:00:00Z"
SAID_SECONDS = 90
GONE_SECONDS = 30
STOP = "select reason from consumer_stop where resumed_at is null"


async def topic_made_anew(ground: Ground, chance: random.Random) -> None:
    """A topic is deleted and made again, empty; its owner says all of it again."""
    topic = chance.choice(sorted(LISTENERS))
    owner = OWNERS[topic]
    # Its relay cannot know, and goes on where it was until it is asked to say all again.
    ground.unordered.add(topic)
    await asyncio.to_thread(_delete, ground.cluster.bootstrap, topic)
    await until(lambda: _is_gone(ground, topic), GONE_SECONDS, every=0.1)
    await asyncio.sleep(chance.uniform(0, 5))
    await ground.operate(owner, "topics", "apply")
    await ground.operate(owner, "events", "republish", "--since", SINCE)


def _delete(bootstrap: str, topic: str) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap})
    admin.delete_topics([topic])[topic].result(GONE_SECONDS)


async def _is_gone(ground: Ground, topic: str) -> bool:
    admin = AdminClient({"bootstrap.servers": ground.cluster.bootstrap})
    found = await asyncio.to_thread(lambda: admin.list_topics(timeout=10))
    return topic not in found.topics


async def partitions_added(ground: Ground, chance: random.Random) -> None:
    """Somebody gives a topic another partition, which the rules forbid: keys move, nothing may be lost."""
    topic = ALERTS
    number = len(await ends(ground.cluster, topic)) + 1
    await asyncio.to_thread(_add, ground.cluster.bootstrap, topic, number)
    await asyncio.sleep(chance.uniform(1, 5))


def _add(bootstrap: str, topic: str, number: int) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap})
    admin.create_partitions([NewPartitions(topic, number)])[topic].result(GONE_SECONDS)


async def records_expired(ground: Ground, chance: random.Random) -> None:
    """Retention outruns a reader that is down: it stops, and says who must say all again.

    Never booking: while it is down nobody tells of an overdue walk, and no alert is there to be lost.
    """
    reader, topic = chance.choice([name for name in LISTENERS[ALERTS] if name != "booking"]), ALERTS
    owner = OWNERS[topic]
    async with ground.supervisor.down(*ground.workers(reader)):
        before = await ends(ground.cluster, topic)

        async def more() -> bool:
            now = await ends(ground.cluster, topic)
            return any(now[place] > end for place, end in before.items())

        await until(more, SAID_SECONDS, every=0.5)
        await asyncio.to_thread(_trim, ground.cluster.bootstrap, topic)

    async def stopped() -> Sequence[str]:
        return [row["reason"] for row in await ground.rows(reader, STOP)]

    (reason,) = await until(stopped, SAID_SECONDS, every=0.5)
    assert f"{owner} events republish" in reason, reason
    await ground.operate(owner, "events", "republish", "--since", SINCE)
    await ground.operate(reader, "events", "resume")


def _trim(bootstrap: str, topic: str) -> None:
    """Every record of a topic is gone, as after its retention."""
    client = Consumer({"bootstrap.servers": bootstrap, "group.id": "trimming"})
    places: list[TopicPartition] = []
    for number in client.list_topics(topic, timeout=10).topics[topic].partitions:
        _, end = client.get_watermark_offsets(TopicPartition(topic, number), timeout=10)
        places.append(TopicPartition(topic, number, end))
    client.close()
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for done in admin.delete_records(places).values():
        done.result(GONE_SECONDS)


async def kafka_lost(ground: Ground, chance: random.Random) -> None:
    """The whole cluster is lost and comes back empty, as another: its owners say all of it again."""
    await ground.cluster.wipe()
    await asyncio.sleep(chance.uniform(0, 5))
    await ground.cluster.start()
    for name in SAYING:
        await ground.operate(name, "topics", "apply")
    await asyncio.gather(
        *(ground.operate(name, "events", "republish", "--since", SINCE) for name in SAYING)
    )
    ground.unordered.clear()


FAMILIES = (
    Family("topic deleted and made again", topic_made_anew, once=True),
    Family("partitions added", partitions_added, once=True),
    Family("records expired unread", records_expired, once=True),
    Family("Kafka lost and republished", kafka_lost, once=True),
)
