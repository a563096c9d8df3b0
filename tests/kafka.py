"""The Kafka that tests use: the best that can be had here, and nodes of one's own for fault tests.

Invariant: with CI=true only a real Kafka will do; what was used is said at the end of the session.
"""

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import pytest
from confluent_kafka import Producer

from tests.infra import SAID, in_ci
from tests.kafka_node import NODES, SECURED, SHIPPED, VERSION, KafkaNode, jars_can_run
from tests.kafka_topics import apply_topics


@asynccontextmanager
async def choose_kafka() -> AsyncGenerator[str]:
    """The session's Kafka, with our topics on it: the first that can be had, and says which."""
    async with AsyncExitStack() as stack:
        if given := os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
            SAID.append(f"Kafka: {given}, from KAFKA_BOOTSTRAP_SERVERS")
            bootstrap = given
        elif (VERSION, SECURED, NODES) == (SHIPPED, False, 1) and engine_answers():
            SAID.append("Kafka: a container")
            bootstrap = await stack.enter_async_context(_in_a_container())
        elif jars_can_run():
            SAID.append(
                f"Kafka: Apache Kafka {VERSION} from Maven's jars, {NODES} node(s)"
                + ", secured" * SECURED
            )
            bootstrap = await stack.enter_async_context(_from_jars())
        elif in_ci():
            pytest.exit("CI=true and no real Kafka: needs an engine or Java 17 and Maven", 3)
        else:
            SAID.append(
                "NO REAL KAFKA (no engine, no Java 17 with Maven): librdkafka's mock instead."
            )
            SAID.append("Fault tests were skipped. What passed here has NOT been shown on Kafka.")
            producer = Producer(
                {"test.mock.num.brokers": 1}
            )  # the cluster lives as long as it does
            brokers = producer.list_topics(timeout=5).brokers.values()
            yield ",".join(f"{broker.host}:{broker.port}" for broker in brokers)
            return
        await apply_topics(bootstrap)
        yield bootstrap


def engine_answers() -> bool:
    """Whether a container engine is there and running."""
    if shutil.which("docker") is None:
        return False
    with suppress(OSError, subprocess.SubprocessError):
        asked = subprocess.run(["docker", "info"], capture_output=True, timeout=5, check=False)
        return asked.returncode == 0
    return False


@asynccontextmanager
async def _in_a_container() -> AsyncGenerator[str]:
    from testcontainers.kafka import KafkaContainer  # noqa: PLC0415  (asks the engine on import)

    container = KafkaContainer("apache/kafka:4.3.1").with_kraft()
    await asyncio.to_thread(container.start)
    try:
        yield container.get_bootstrap_server()
    finally:
        await asyncio.to_thread(container.stop)


@asynccontextmanager
async def _from_jars() -> AsyncGenerator[str]:
    from tests.kafka_cluster import KafkaCluster  # noqa: PLC0415  (it is made of the nodes here)

    async with KafkaNode.running() if NODES == 1 else KafkaCluster.running() as found:
        yield found.bootstrap
