"""The wheel: fetch, hand each partition's records to its batch, wait out faults, stop when told.

Invariant: a partition is read only from the place that the database names, and each fetch is held
against it; a partition in backoff is paused, others go on; a declared stop closes the consumer
until its row is gone. At each rebalance all places are looked up again, for the cluster that answers
by then: a group begins anew where Kafka was lost. Whoever reads by a stale place is refused by the
fence.
"""

import asyncio
from collections.abc import Collection, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import NoOffsetForPartitionError, OffsetOutOfRangeError

from shared import kafka
from shared.backoff import Backoff
from shared.consumer import batch, parking, position
from shared.consumer.arrivals import Arrival, arrival
from shared.consumer.assigned import RETRY_SECONDS, Assigned
from shared.consumer.batch import Reading
from shared.consumer.offsets import Fenced, Mark, Partition
from shared.consumer.position import Log, Trimmed
from shared.consumer.tender import Tender
from shared.events import OWNERS
from shared.postgres import is_infrastructure
from shared.service import Parts, Work

if TYPE_CHECKING:
    RawRecord = ConsumerRecord[bytes | None, bytes | None]
else:  # it is generic in its stubs only
    RawRecord = ConsumerRecord

BATCH_RECORDS = 1000
BATCHES_A_TURN = 8
SLICE_RECORDS = 100
POLL_MS = 200
STOP_POLL_SECONDS = 1


class LookAgain(ConsumerRebalanceListener):
    """Forgets every place when the group is formed anew, so that each is looked up again."""

    def __init__(self, assigned: MutableMapping[TopicPartition, Assigned]) -> None:
        self._assigned = assigned

    def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:  # noqa: ARG002 - aiokafka's
        """Whatever we keep, it is another generation's: its log may be another one by then."""
        self._assigned.clear()

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """The next round looks their places up."""


class Consumer:
    """One member of a service's consumer group; ``run`` until cancelled."""

    def __init__(self, parts: Parts[Any], consumer: str, work: Work) -> None:
        self._parts = parts
        self._database = parts.database
        self._name = consumer
        self._work = work
        self.assigned: dict[TopicPartition, Assigned] = {}
        self.client: AIOKafkaConsumer | None = None

    async def run(self) -> None:
        """Consume for ever; every fault of the connection is waited out, a declared stop is obeyed."""
        restart = Backoff(*RETRY_SECONDS)
        while True:
            self._parts.progress.moved("consumer")
            try:
                if await self._stopped():
                    await asyncio.sleep(STOP_POLL_SECONDS)
                    continue
                await self._member(restart)
            except Exception as error:  # noqa: BLE001 - nothing is lost by beginning again
                self._parts.log.warning("consumer.restarted", cause=type(error).__name__)
            seconds = restart.next()
            self._parts.progress.moved("consumer", resting=seconds)
            await asyncio.sleep(seconds)

    async def _member(self, restart: Backoff) -> None:
        """One membership of the group, until a stop is declared or a fault is raised."""
        self.client = client = kafka.make_consumer(self._parts.settings, self._name)
        client.subscribe(list(self._work.listens), listener=LookAgain(self.assigned))
        tender = Tender(self._parts, self._name, client, self.assigned)
        try:
            async with asyncio.timeout(3 * kafka.DEADLINE_SECONDS):
                await client.start()
            restart.reset()
            async with asyncio.TaskGroup() as tasks:
                tending = tasks.create_task(tender.run())
                await self._turn(client)
                tending.cancel()
        finally:
            tender.forget()
            self.assigned.clear()
            await kafka.drop_consumer(client)

    async def _turn(self, client: AIOKafkaConsumer) -> None:
        """Fetch and apply, round after round; returns when a stop has been declared."""
        while not await self._stopped():
            self._parts.progress.moved("consumer")
            await self._take_positions(client)
            try:
                fetched = await client.getmany(
                    timeout_ms=POLL_MS, max_records=BATCH_RECORDS * BATCHES_A_TURN
                )
            except (NoOffsetForPartitionError, OffsetOutOfRangeError) as error:
                self._lose(error)
                continue
            await asyncio.gather(
                *(self._batches(client, each, records) for each, records in fetched.items())
            )
            self._resume_due(client)

    async def _batches(
        self, client: AIOKafkaConsumer, each: TopicPartition, records: Sequence[RawRecord]
    ) -> None:
        """Apply what was fetched of a partition, batch after batch, until one does not go through.

        One partition's records are decoded while the database is at work for another's.
        """
        state = self.assigned.get(each)
        for start in range(0, len(records), BATCH_RECORDS):
            if state is None or self.assigned.get(each) is not state or state.paused_until:
                return  # what is left is fetched again, from the place looked up
            if start and await self._stopped():
                self.assigned.pop(each)
                return
            items = await _decoded(records[start : start + BATCH_RECORDS])
            await self._arrived(client, each, state, items)

    def _lose(self, error: NoOffsetForPartitionError | OffsetOutOfRangeError) -> None:
        """Forget the places that the broker could not serve, so that they are looked up again."""
        named = error.args[0]
        for each in [named] if isinstance(named, TopicPartition) else list(named):
            self.assigned.pop(each, None)

    async def _take_positions(self, client: AIOKafkaConsumer) -> None:
        ours = client.assignment()
        for gone in self.assigned.keys() - ours:
            del self.assigned[gone]
        fresh = sorted(ours - self.assigned.keys())
        if not fresh:
            return
        for each, log in (await self._logs(client, fresh)).items():
            await self._take_position(client, each, log)

    async def _logs(
        self, client: AIOKafkaConsumer, partitions: Sequence[TopicPartition]
    ) -> dict[TopicPartition, Log]:
        """What the broker says of these, and last who it is: a cluster is never older than its logs."""
        async with asyncio.timeout(kafka.DEADLINE_SECONDS):
            starts = await client.beginning_offsets(partitions)
            ends = await client.end_offsets(partitions)
        cluster = await kafka.cluster_id(self._parts.settings)
        return {each: Log(starts[each], ends[each], cluster) for each in partitions}

    async def _take_position(
        self, client: AIOKafkaConsumer, each: TopicPartition, log: Log
    ) -> None:
        partition = Partition(self._name, each.topic, each.partition)
        try:
            place = await position.look(self._database, partition, log)
        except Fenced:
            return
        except Trimmed as trimmed:
            await self._declare_trimmed(partition, trimmed.mark)
            return
        if each not in client.assignment():
            return
        reading = Reading(
            partition,
            self._work.listens[each.topic],
            place.standing.trimmed_until,
            self._parts.settings.park_limit,
        )
        self.assigned[each] = Assigned(reading, place.standing.mark, place.verify)
        client.seek(each, place.standing.mark.next_offset - place.verify)
        client.resume(each)

    async def _arrived(
        self,
        client: AIOKafkaConsumer,
        each: TopicPartition,
        state: Assigned,
        items: Sequence[Arrival],
    ) -> None:
        """Hold what was fetched against the place we believe in, then apply it."""
        if state.verify:
            state.verify = False
            before, *items = items
            if (
                before.offset != state.mark.next_offset - 1
                or before.fingerprint != state.mark.fingerprint
            ):
                await self._another_log(client, each, state)
                return
        if not items:
            return
        if items[0].offset < state.mark.next_offset:  # fetched before the last seek took effect
            self.assigned.pop(each)
            return
        await self._apply(client, each, state, items)

    async def _another_log(
        self, client: AIOKafkaConsumer, each: TopicPartition, state: Assigned
    ) -> None:
        """The record before our place is not the one we read: this log is new, read all of it."""
        partition = state.reading.partition
        self._parts.log.warning("consumer.new_log", topic=each.topic, partition=each.partition)
        logs = await self._logs(client, [each])
        self.assigned.pop(each, None)
        await position.begin_again(self._database, partition, state.mark, logs[each])

    async def _apply(
        self,
        client: AIOKafkaConsumer,
        each: TopicPartition,
        state: Assigned,
        items: Sequence[Arrival],
    ) -> None:
        try:
            outcome = await batch.apply(self._database, state.reading, state.mark, items)
        except Fenced:
            self._parts.metrics.consumer_fenced.inc()
            self.assigned.pop(each, None)
            return
        except Exception as error:
            if not is_infrastructure(error):
                raise
            self._put_off(client, each, state, error)
            return
        state.mark = outcome.mark
        state.last_timestamp = items[-1].timestamp
        state.retry.reset()
        for name, number in outcome.counts.items():
            self._parts.metrics.consumer_events.labels(each.topic, name).inc(number)

    def _put_off(
        self, client: AIOKafkaConsumer, each: TopicPartition, state: Assigned, error: Exception
    ) -> None:
        """Pause the partition at its place until the infrastructure may have healed."""
        state.paused_until = asyncio.get_running_loop().time() + state.retry.next()
        if each in client.assignment():
            client.pause(each)
            client.seek(each, state.mark.next_offset)
        self._parts.metrics.consumer_backoffs.inc()
        self._parts.log.warning(
            "consumer.put_off",
            topic=each.topic,
            partition=each.partition,
            cause=type(error).__name__,
        )

    def _resume_due(self, client: AIOKafkaConsumer) -> None:
        at = asyncio.get_running_loop().time()
        for each, state in self.assigned.items():
            if state.paused_until and state.paused_until <= at and each in client.assignment():
                state.paused_until = 0
                client.resume(each)

    async def _stopped(self) -> bool:
        try:
            async with self._database.reading() as connection:
                reason = await parking.stop_reason(connection, self._name)
        except Exception as error:
            if is_infrastructure(error):
                return False
            raise
        self._parts.metrics.consumer_stopped.set(reason is not None)
        return reason is not None

    async def _declare_trimmed(self, partition: Partition, mark: Mark) -> None:
        """Records were deleted before we read them: only their owner can say them again."""
        topic, owner = partition.topic, OWNERS[partition.topic]
        reason = f"{topic} was trimmed: run '{owner} events republish', then events resume here"
        self._parts.log.error("consumer.trimmed", topic=topic, owner=owner)
        async with self._database.transaction() as connection:
            await parking.stop_at_trimmed(connection, partition, mark, reason)


async def _decoded(records: Sequence[RawRecord]) -> list[Arrival]:
    """Decode a batch in slices, so that what the database answers meanwhile is not left lying."""
    items: list[Arrival] = []
    for start in range(0, len(records), SLICE_RECORDS):
        items += [arrival(raw) for raw in records[start : start + SLICE_RECORDS]]
        await asyncio.sleep(0)
    return items
