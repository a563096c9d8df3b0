"""The relay: leads by lease, sends from the head, deletes after the acknowledgement.

Invariant: no transaction is open while it sends; on any send error, or when an acknowledgement
takes longer than the deadline, the producer is dropped without flushing and all begins again at the
head. So first occurrences keep each key's order, and a crash or a lost lease can only repeat.
"""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaProducer
from aiokafka.errors import ClusterAuthorizationFailedError

from shared import kafka, republish
from shared.backoff import Backoff
from shared.clock import new_id
from shared.events import OWNERS
from shared.relay import lease
from shared.relay.sending import HandedOver, Sending, TopicRefused
from shared.service import Parts

RESTART_SECONDS = 0.2, 5
REFUSED_SECONDS = 30
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


class ForeignCluster(Exception):
    """Another cluster answers than the one that holds our events: republish, or mend the address."""


class Relay:
    """One service's relay; ``run`` until cancelled. Several may run: one leads."""

    def __init__(self, parts: Parts[Any], service: str) -> None:
        self._parts = parts
        self._database = parts.database
        self._source = f"/{parts.settings.force}/{service}"
        self._topics = [topic for topic, owner in OWNERS.items() if owner == service]
        self._refused_until: dict[str, float] = {}

    async def run(self) -> None:
        """Lead whenever the lease is to be had; begin again after every fault, with backoff."""
        restart = Backoff(*RESTART_SECONDS)
        while True:
            self._parts.progress.moved("relay")
            led = False
            try:
                led = await self._lead(new_id())
            except ForeignCluster as error:
                self._note(error)
                await self._refill()
            except Exception as error:  # noqa: BLE001 - whatever it was, the outbox still holds it all
                self._note(error)
            if led:
                restart.reset()
            seconds = restart.next()
            self._parts.progress.moved("relay", resting=seconds)
            await asyncio.sleep(seconds)

    async def _lead(self, token: UUID) -> bool:
        """One reign: from taking the lease to a fault or to handing over. False: somebody else
        leads.
        """
        async with self._database.transaction() as connection:
            held = await lease.acquire(connection, token)
        if held is None:  # what is blocked, whoever leads will say
            self._parts.metrics.relay_topic_blocked.clear()
            self._parts.metrics.relay_foreign_cluster.set(0)
            return False
        self._parts.metrics.relay_leading.set(1)
        try:
            await self._check_cluster(token, held.cluster)
            await self._send(token)
        finally:
            self._parts.metrics.relay_leading.set(0)
            async with self._database.transaction() as connection:
                await lease.release(connection, token)
        return True

    async def _refill(self) -> None:
        """Publish all again where the broker is known to forget (embedded: its parent names each
        one).

        Anywhere else another cluster is for a person to judge, and nothing is sent.
        """
        if self._parts.settings.kafka_cluster is None:
            return
        try:
            await republish.republish(self._parts, BEGINNING)
        except Exception as error:  # noqa: BLE001 - the next round asks again
            self._note(error)

    async def _send(self, token: UUID) -> None:
        producer = kafka.make_producer(self._parts.settings)
        try:
            await self._start(producer)
            sending = Sending(
                self._parts,
                producer,
                token,
                source=self._source,
                check_cluster=lambda known: self._check_cluster(token, known),
            )
            await sending.run(self._topics_and_waits())
        except* HandedOver:
            self._parts.log.info("relay.handed_over")
        finally:
            self._parts.progress.forget("outbox")
            await kafka.drop_producer(producer)

    async def _start(self, producer: AIOKafkaProducer) -> None:
        """Raises the group of our topics' refusals where we may write none of them: then there is no
        producer to be had.
        """
        try:
            async with asyncio.timeout(kafka.DEADLINE_SECONDS):
                await producer.start()
        except ClusterAuthorizationFailedError as error:
            cause = type(error).__name__
            refusals = [TopicRefused(topic, cause) for topic in self._topics]
            raise ExceptionGroup(cause, refusals) from None

    def _topics_and_waits(self) -> dict[str, float]:
        """Our topics, each with the seconds for which a refusal still keeps its rows waiting."""
        at = asyncio.get_running_loop().time()
        return {topic: max(0, self._refused_until.get(topic, 0) - at) for topic in self._topics}

    async def _check_cluster(self, token: UUID, known: str | None) -> None:
        """Ask who answers, before the first send and at each renewal. Raises ForeignCluster."""
        answering = await kafka.cluster_id(self._parts.settings)
        foreign = known is not None and known != answering
        self._parts.metrics.relay_foreign_cluster.set(foreign)
        if foreign:
            raise ForeignCluster
        if known is None:
            async with self._database.transaction() as connection:
                await lease.set_cluster(connection, token, answering)

    def _note(self, error: BaseException) -> None:
        """Record why a reign ended, by the classes of its faults only."""
        if isinstance(error, BaseExceptionGroup):
            for each in error.exceptions:
                self._note(each)
            return
        if isinstance(error, TopicRefused):
            self._refused_until[error.topic] = asyncio.get_running_loop().time() + REFUSED_SECONDS
            self._parts.metrics.relay_topic_blocked.labels(error.topic).set(1)
            self._parts.log.error("relay.topic_blocked", topic=error.topic, cause=error.cause)
        # Where the parent names each broker, another one is what a restart brings: it is filled again.
        if isinstance(error, ForeignCluster) and self._parts.settings.kafka_cluster is None:
            self._parts.log.error(
                "relay.foreign_cluster", advice="events republish, or mend the address"
            )
        self._parts.metrics.relay_restarts.labels(type(error).__name__).inc()
        self._parts.log.warning("relay.restarted", cause=type(error).__name__)
