"""Three Kafka nodes as one cluster: each topic has three copies, and two must have a record before it counts.

Invariant: any one node may be killed and the cluster takes writes; with two gone it refuses them.
"""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from tests.infra import until
from tests.kafka_node import SECURED, KafkaNode, new_identity, require_jars
from tests.kafka_topics import apply_topics
from tests.keyring import Keyring, librdkafka

NODES = 3
START_SECONDS = 90


def copies(nodes: int) -> dict[str, str]:
    """How many copies Kafka keeps of its own topics, and how many must have a record before it counts."""
    every, most = str(min(3, nodes)), str(min(2, nodes))
    return {
        "offsets.topic.replication.factor": every,
        "transaction.state.log.replication.factor": every,
        "transaction.state.log.min.isr": most,
        "default.replication.factor": every,
        "min.insync.replicas": most,
    }


class KafkaCluster:
    """Some nodes, each broker and controller, on ports of their own; three unless said.

    ``settings`` go to every node; nodes may be given more of their own before the first ``wipe``.
    """

    def __init__(
        self,
        folder: Path,
        settings: Mapping[str, str] | None = None,
        nodes: int = NODES,
        keys: Keyring | None = None,
    ) -> None:
        self.nodes: list[KafkaNode] = []
        for number in range(1, nodes + 1):
            of_its_own = folder / str(number)
            of_its_own.mkdir(parents=True)
            self.nodes.append(KafkaNode(of_its_own, keys=keys))
        voters = ",".join(
            f"{number}@127.0.0.1:{node.controller_port}"
            for number, node in enumerate(self.nodes, start=1)
        )
        for number, node in enumerate(self.nodes, start=1):
            node.settings |= {"node.id": str(number), "controller.quorum.voters": voters}
            node.settings |= {**copies(nodes), **(settings or {})}
        if keys:
            keys.know(self.bootstrap)

    @classmethod
    @asynccontextmanager
    async def running(
        cls, settings: Mapping[str, str] | None = None, *, secured: bool = SECURED
    ) -> AsyncGenerator["KafkaCluster"]:
        """Three started nodes with our topics; skips the test where none can be run."""
        require_jars()
        folder = Path(tempfile.mkdtemp(prefix="walkandtalk-kafka-"))
        cluster = cls(folder, settings, keys=Keyring(folder / "secrets") if secured else None)
        try:
            await cluster.wipe()
            await cluster.start()
            await apply_topics(cluster.bootstrap)
            yield cluster
        finally:
            await cluster.kill()
            shutil.rmtree(folder, ignore_errors=True)

    @property
    def bootstrap(self) -> str:
        """The addresses of all nodes."""
        return ",".join(node.bootstrap for node in self.nodes)

    async def wipe(self, *more: str) -> None:
        """Throw all data away: the next start is an empty cluster with an id of its own.

        ``more`` are words for Kafka's storage tool, as ``--add-scram``.
        """
        identity = new_identity()
        await asyncio.gather(*(node.wipe(identity, *more) for node in self.nodes))

    async def start(self) -> None:
        """Start every node that does not run, and return when all answer."""
        for node in self.nodes:
            if not node.alive:
                node.launch()
        await until(self.is_whole, START_SECONDS, every=0.2)

    async def kill(self) -> None:
        """Kill -9 all; the data stays."""
        await asyncio.gather(*(node.kill() for node in self.nodes))

    async def is_whole(self) -> bool:
        """Whether all nodes are in the cluster, and every partition has all its copies."""
        return await asyncio.to_thread(self._is_whole)

    def _is_whole(self) -> bool:
        if not all(node.alive for node in self.nodes):
            return False
        try:
            found = self._admin().list_topics(timeout=2)
        except KafkaException:
            return False
        partitions = [each for topic in found.topics.values() for each in topic.partitions.values()]
        return len(found.brokers) == len(self.nodes) and all(
            len(each.isrs) == len(each.replicas) for each in partitions
        )

    async def leader(self, topic: str, partition: int) -> KafkaNode:
        """The node that takes a partition's writes."""
        found = await asyncio.to_thread(lambda: self._admin().list_topics(topic, timeout=10))
        return self.nodes[found.topics[topic].partitions[partition].leader - 1]

    async def led_by(self, node: KafkaNode, topic: str) -> set[int]:
        """The partitions of a topic whose writes a node takes."""
        found = await asyncio.to_thread(lambda: self._admin().list_topics(topic, timeout=10))
        number = self.nodes.index(node) + 1
        partitions = found.topics[topic].partitions
        return {each for each, known in partitions.items() if known.leader == number}

    async def coordinator(self, group: str) -> KafkaNode:
        """The node that keeps a consumer group."""
        admin = self._admin()  # kept: its answer never comes once the client is gone
        asked = admin.describe_consumer_groups([group])[group]
        described = await asyncio.to_thread(asked.result, 10)
        return self.nodes[described.coordinator.id - 1]

    def _admin(self) -> AdminClient:
        return AdminClient({**librdkafka(self.bootstrap), "log_level": 0})
