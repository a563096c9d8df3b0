"""The Kafka clients, with the settings under which nothing is lost.

Invariant: producers are idempotent and wait for all replicas; consumers commit nothing by
themselves and never guess a position; whatever waits on the broker has a deadline. aiokafka's own
defaults (acks=1, commits on a timer, ``latest``) lose data, so these functions are the only makers
of clients.
"""

import asyncio
import contextlib
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor

from shared.settings import ServiceSettings

DEADLINE_SECONDS = 10
MAX_REQUEST_BYTES = 256 * 1024


def make_producer(settings: ServiceSettings) -> AIOKafkaProducer:
    """A producer whose acknowledged records are on every in-sync replica, once, in order."""
    return AIOKafkaProducer(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        acks="all",
        enable_idempotence=True,
        linger_ms=0,
        max_request_size=MAX_REQUEST_BYTES,
        max_batch_size=MAX_REQUEST_BYTES,
        request_timeout_ms=DEADLINE_SECONDS * 1000,
    )


def make_consumer(settings: ServiceSettings, group: str) -> AIOKafkaConsumer:
    """A member of a consumer group that keeps its positions itself, in its database."""
    return AIOKafkaConsumer(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="none",
        fetch_max_wait_ms=settings.kafka_fetch_wait_ms,
        max_partition_fetch_bytes=2 * 1024 * 1024,
        # The sticky assignor keeps state across generations and can stall a group (aiokafka 1176).
        partition_assignment_strategy=(RoundRobinPartitionAssignor,),
        # Who is killed is missed for so long: short enough to be taken over soon, long enough for a
        # loaded machine. A member that is wrongly given up for dead is refused by the offset fence.
        session_timeout_ms=12_000,
        heartbeat_interval_ms=3_000,
        # A paused partition must not cost us our place in the group.
        max_poll_interval_ms=24 * 3600 * 1000,
        rebalance_timeout_ms=30_000,
        request_timeout_ms=40_000,
        metadata_max_age_ms=30_000,
    )


async def drop_producer(producer: AIOKafkaProducer) -> None:
    """Close a producer without flushing: what it still holds is sent again from the outbox.

    ``stop()`` flushes without a time limit, so its sender is ended first; then stop() has nothing
    to wait for but the sockets.
    """
    # There is no public way to drop what is buffered.
    sender = producer._sender.sender_task  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    if sender is not None:
        sender.cancel()
    with contextlib.suppress(TimeoutError, Exception):
        async with asyncio.timeout(DEADLINE_SECONDS):
            await producer.stop()
            return
    with contextlib.suppress(Exception):
        await producer.client.close()


async def drop_consumer(consumer: AIOKafkaConsumer) -> None:
    """Leave the group and close, within the deadline."""
    with contextlib.suppress(TimeoutError, Exception):
        async with asyncio.timeout(DEADLINE_SECONDS):
            await consumer.stop()


async def cluster_id(settings: ServiceSettings) -> str:
    """The identity of the cluster that answers; raises OSError or TimeoutError when none does.

    A producer writes on to a wiped broker without an error, so identity is the only thing that
    tells.
    """
    admin = AIOKafkaAdminClient(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        request_timeout_ms=DEADLINE_SECONDS * 1000,
    )
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            await admin.start()
            described: dict[str, Any] = await admin.describe_cluster()
    except Exception as error:  # noqa: BLE001 - whatever it was, nobody answered
        raise ConnectionError(type(error).__name__) from None
    finally:
        with contextlib.suppress(Exception):
            await admin.close()
    return settings.kafka_cluster or described["cluster_id"]
