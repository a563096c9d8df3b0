"""The broker: librdkafka's own cluster, inside this process, speaking the Kafka protocol on a local port.

Invariant: it keeps nothing on disk. Each start is another cluster under a fresh id, which is what tells
the services to publish again what their event logs hold.
"""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from confluent_kafka import KafkaException, Producer

from embedded.refusals import PartFailed
from shared.clock import new_id

# What it keeps of each partition, in memory (librdkafka's rdkafka_mock.c); older records are dropped.
KEPT_BYTES = 5 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is, and which one it is."""

    bootstrap_servers: str
    cluster: str


@contextmanager
def open_broker() -> Generator[Broker]:
    """Start a broker of one node; it lives as long as the block. Topics come by themselves, 4 partitions."""
    host = Producer({"test.mock.num.brokers": 1, "log_level": 0})
    try:
        nodes = host.list_topics(timeout=10).brokers.values()
    except KafkaException as error:
        raise PartFailed(f"the broker did not start: {error}") from error
    try:
        yield Broker(",".join(f"{node.host}:{node.port}" for node in nodes), str(new_id()))
    finally:
        del host
