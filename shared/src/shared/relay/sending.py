"""One producer's life: rows from the head, enqueued in order, deleted once acknowledged.

Invariant: a row is enqueued only while our lease is surely unexpired, and deleted only after the
broker's answer. The first fault of any kind ends it, whatever else is in flight; the caller drops
the producer.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaProducer
from aiokafka.errors import ClusterAuthorizationFailedError, TopicAuthorizationFailedError

from shared.backoff import Backoff
from shared.kafka import DEADLINE_SECONDS
from shared.relay import lease, parcels, queue
from shared.relay.lease import LEASE_SECONDS, LeaseLost
from shared.relay.pace import Pace
from shared.relay.parcels import Ack, Batch, Parcel
from shared.service import Parts

BATCH_ROWS = 500
BATCHES_IN_FLIGHT = 4
RENEW_SECONDS = 1
# Sending waits when nobody has asked for longer than this which cluster answers: a broker that was
# wiped cannot be back so soon.
IDENTITY_SECONDS = 2
HEAD_SECONDS = 2
IDLE_SECONDS = 0.02, 0.25
TOPIC_RETRY_SECONDS = 5, 60
ENVELOPE = 700  # bytes of headers and key, roughly, beside a record's value


class HandedOver(Exception):
    """Somebody has asked for the lease, and nothing is in flight any more."""


class Sending:
    """Sends until a fault, a lost lease, or a request to hand over; ``run`` always ends by raising."""

    def __init__(
        self,
        parts: Parts[Any],
        producer: AIOKafkaProducer,
        token: UUID,
        *,
        source: str,
        check_cluster: Callable[[str | None], Awaitable[None]],
    ) -> None:
        self._parts = parts
        self._database = parts.database
        self._producer = producer
        self._token = token
        self._source = source
        self._check_cluster = check_cluster
        self._in_flight: set[int] = set()
        self._sendable: set[str] = set()
        self._blocked: set[str] = set()
        self._room = asyncio.Semaphore(BATCHES_IN_FLIGHT)
        self._pace = Pace(parts.settings, parts.progress)
        self._lease_until = asyncio.get_running_loop().time() + LEASE_SECONDS - 1
        self._identified_at = asyncio.get_running_loop().time()
        self._wanted = False

    async def run(self, topics: Mapping[str, float]) -> None:
        """Send what is due on ``topics``, each after so many seconds.

        Raises the group of what went wrong; HandedOver comes in such a group too.
        """
        self._parts.progress.watch("outbox", limit=self._parts.settings.stall_seconds)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._renew())
            tasks.create_task(self._watch_head([*topics]))
            for topic, seconds in topics.items():
                tasks.create_task(self._probe(topic, seconds))
            await self._pump(tasks)

    async def _pump(self, tasks: asyncio.TaskGroup) -> None:
        idle = Backoff(*IDLE_SECONDS)
        while True:
            self._parts.progress.moved("relay")
            if self._wanted:
                await self._drain()
            await self._room.acquire()
            await self._pace.room()
            await self._identified()
            batch = await self._read()
            if not batch:
                self._room.release()
                await self._database.committed.wait(idle.next())
                continue
            idle.reset()
            tasks.create_task(self._settle(batch, await self._enqueue(batch)))

    async def _read(self) -> Batch:
        async with self._database.reading() as connection:
            return await queue.head(
                connection,
                self._parts.clock(),
                in_flight=self._in_flight,
                topics=self._sendable,
                limit=BATCH_ROWS,
            )

    async def _enqueue(self, batch: Batch) -> list[tuple[Parcel, Ack]]:
        """Hand the rows to the producer in order, while the lease surely holds."""
        if asyncio.get_running_loop().time() > self._lease_until:
            raise LeaseLost
        self._in_flight.update(row["seq"] for row in batch)
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await parcels.hand_over(self._producer, batch, self._source, self._parts.clock())

    async def _settle(self, batch: Batch, sent: Sequence[tuple[Parcel, Ack]]) -> None:
        """Wait for the broker's answers, then let the rows go."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            for parcel, ack in sent:
                await self._acknowledged(parcel, ack)
        seqs = [row["seq"] for row in batch]
        async with self._database.transaction() as connection:
            await queue.delete(connection, seqs, self._token)
        self._in_flight.difference_update(seqs)
        self._room.release()
        for topic, number in Counter(row["topic"] for row in batch).items():
            self._parts.metrics.relay_sent.labels(topic).inc(number)
            self._parts.metrics.relay_topic_blocked.labels(topic).set(0)

    async def _acknowledged(self, parcel: Parcel, ack: Ack) -> None:
        try:
            first = await ack
        except (TopicAuthorizationFailedError, ClusterAuthorizationFailedError) as error:
            raise TopicRefused(parcel.place.topic, type(error).__name__) from None
        for offset, size in enumerate(parcel.sizes, first.offset):
            self._pace.sent(parcel.place, offset, size + ENVELOPE)

    async def _probe(self, topic: str, seconds: float) -> None:
        """Rows of a topic wait, and only they, until the broker knows the topic and lets us see it."""
        if seconds:
            self._blocked.add(topic)
        await asyncio.sleep(seconds)
        wait = Backoff(*TOPIC_RETRY_SECONDS)
        blocked = self._parts.metrics.relay_topic_blocked.labels(topic)
        while True:
            try:
                async with asyncio.timeout(DEADLINE_SECONDS):
                    await self._producer.partitions_for(topic)
            except Exception as error:  # noqa: BLE001 - missing, forbidden or silent: all the same here
                blocked.set(1)
                self._blocked.add(topic)
                self._parts.log.error(  # noqa: TRY400 - a trace may quote what was sent
                    "relay.topic_blocked", topic=topic, cause=type(error).__name__
                )
                await asyncio.sleep(wait.next())
                continue
            if (
                not seconds
            ):  # one that refused us is seen before it is writable: an answer will tell
                blocked.set(0)
            self._blocked.discard(topic)
            self._sendable.add(topic)
            self._database.committed.ring()
            return

    async def _renew(self) -> None:
        """Keep the lease, watch which cluster answers, and notice who asks for the lease."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            asked_at = asyncio.get_running_loop().time()
            async with self._database.transaction() as connection:
                held = await lease.renew(connection, self._token)
            self._lease_until = asked_at + LEASE_SECONDS - 1
            self._wanted = held.wanted
            await self._check_cluster(held.cluster)
            self._identified_at = asked_at

    async def _identified(self) -> None:
        """Wait while the question which cluster answers is open: a wiped one takes writes as well."""
        now = asyncio.get_running_loop().time
        while now() - self._identified_at > IDENTITY_SECONDS:  # noqa: ASYNC110 - renewed by time
            await asyncio.sleep(IDLE_SECONDS[0])

    async def _watch_head(self, topics: Sequence[str]) -> None:
        """A stall: the same row is always the next one, and nobody has declared why."""
        before: int | None = None
        while True:
            open_to_us = [topic for topic in topics if topic not in self._blocked]
            async with self._database.reading() as connection:
                first = await queue.first(connection, self._parts.clock(), open_to_us)
            if first is None or first != before:
                self._parts.progress.moved("outbox")
            before = first
            await asyncio.sleep(HEAD_SECONDS)

    async def _drain(self) -> None:
        """Let everything in flight land, then stop."""
        for _ in range(BATCHES_IN_FLIGHT):
            await self._room.acquire()
        raise HandedOver


class TopicRefused(Exception):
    """We may not write this topic; only its rows must wait."""

    def __init__(self, topic: str, cause: str) -> None:
        super().__init__(topic)
        self.topic, self.cause = topic, cause
