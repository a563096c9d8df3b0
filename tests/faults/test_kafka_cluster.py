"""The tests' own three nodes keep what they say: one may die, with two gone nothing is taken."""

import asyncio

import pytest
from confluent_kafka import KafkaError, KafkaException, Producer

from shared.events import walks
from tests.faults.checker.topics import partitions_of
from tests.faults.measuring import ends
from tests.infra import until
from tests.kafka_cluster import KafkaCluster
from tests.keyring import librdkafka
from tests.shared.otherclient import on_topic

PARTITIONS = 12


async def write(bootstrap: str, value: bytes, *, seconds: float) -> KafkaError | None:
    """Send one record to partition 0, to every copy; what went wrong, if anything did."""
    said: list[KafkaError | None] = []
    producer = Producer(
        {
            **librdkafka(bootstrap),
            "acks": "all",
            "message.timeout.ms": int(seconds * 1000),
            # A leader that waits for its copies keeps the request so long, whatever the message's own limit.
            "request.timeout.ms": int(seconds * 1000),
        }
    )
    producer.produce(
        walks.INTERNAL,
        value,
        partition=0,
        headers={"ce_sequence": "1"},
        on_delivery=lambda error, _: said.append(error),
    )
    await asyncio.to_thread(producer.flush, 2 * seconds + 5)
    return said[0]


@pytest.mark.soak
async def test_one_node_may_die_and_two_may_not_and_all_may_come_back() -> None:
    async with KafkaCluster.running() as cluster:
        assert await write(cluster.bootstrap, b"with three", seconds=20) is None
        await until(lambda: _knows_a_coordinator(cluster))
        first = await cluster.leader(walks.INTERNAL, 0)
        await first.kill()
        assert len(await ends(cluster, walks.INTERNAL)) == PARTITIONS
        assert await write(cluster.bootstrap, b"with two", seconds=30) is None
        second = await cluster.leader(walks.INTERNAL, 0)
        await second.kill()
        assert await write(cluster.bootstrap, b"with one", seconds=5) is not None
        await cluster.kill()
        await cluster.start()
        held = await asyncio.to_thread(partitions_of, cluster.bootstrap, walks.INTERNAL)
        assert len(held) == PARTITIONS
        assert await write(cluster.bootstrap, b"again", seconds=20) is None
        values = [record.value for record in await on_topic(cluster.bootstrap)]
        assert values[:2] == [b"with three", b"with two"]
        assert values[-1] == b"again"


async def _knows_a_coordinator(cluster: KafkaCluster) -> bool:
    try:
        return await cluster.coordinator("booking") in cluster.nodes
    except KafkaException:  # the topic in which groups are kept is made when it is first asked for
        return False
