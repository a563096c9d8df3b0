"""The Kafka clients, with the settings under which nothing is lost.

Invariant: producers are idempotent and wait for all replicas; consumers commit nothing by
themselves and never guess a position; whatever waits on the broker has a deadline. aiokafka's own
defaults (acks=1, commits on a timer, ``latest``) lose data, so these functions are the only makers
of clients.
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor

from shared.settings import KafkaSettings, ServiceSettings

DEADLINE_SECONDS = 10
MAX_REQUEST_BYTES = 256 * 1024


class _PasswordFile(str):
    """The path of a password; a client encodes its password for each connection, and reads it then.

    So a rotated password needs no restart: what is connected stays so, what connects is told the new one.
    """

    __slots__ = ()

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        """The password as it is now. Raises OSError."""
        return Path(self).read_text().strip().encode(encoding, errors)


def reach(settings: KafkaSettings) -> dict[str, Any]:
    """Where the brokers are, how the line is secured, and who we are."""
    protocol = settings.kafka_security_protocol
    found: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_bootstrap_servers,
        "security_protocol": protocol,
    }
    if protocol.endswith("SSL"):
        found["ssl_context"] = ssl.create_default_context(cafile=settings.kafka_ca_file)
    if protocol.startswith("SASL"):
        found["sasl_mechanism"] = settings.kafka_sasl_mechanism
        found["sasl_plain_username"] = settings.kafka_username
        found["sasl_plain_password"] = _PasswordFile(settings.kafka_password_file)
    return found


def make_producer(settings: ServiceSettings) -> AIOKafkaProducer:
    """A producer whose acknowledged records are on every in-sync replica, once, in order."""
    return AIOKafkaProducer(
        **reach(settings),
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
        **reach(settings),
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


def make_reader(settings: ServiceSettings) -> AIOKafkaConsumer:
    """A reader for operators' eyes: member of no group, it commits nothing."""
    return AIOKafkaConsumer(
        **reach(settings),
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="none",
        request_timeout_ms=DEADLINE_SECONDS * 1000,
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


@contextlib.asynccontextmanager
async def open_admin(settings: KafkaSettings) -> AsyncGenerator[AIOKafkaAdminClient]:
    """A client for asking about and changing a cluster, while the block lasts."""
    admin = AIOKafkaAdminClient(**reach(settings), request_timeout_ms=DEADLINE_SECONDS * 1000)
    try:
        await admin.start()
        yield admin
    finally:
        with contextlib.suppress(Exception):
            await admin.close()


async def cluster_id(settings: ServiceSettings) -> str:
    """The identity of the cluster that answers; raises OSError or TimeoutError when none does.

    A producer writes on to a wiped broker without an error, so identity is the only thing that
    tells.
    """
    try:
        async with asyncio.timeout(DEADLINE_SECONDS), open_admin(settings) as admin:
            described: dict[str, Any] = await admin.describe_cluster()
    except Exception as error:  # noqa: BLE001 - whatever it was, nobody answered
        raise ConnectionError(type(error).__name__) from None
    return settings.kafka_cluster or described["cluster_id"]
