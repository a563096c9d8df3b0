"""Beside the wheel, once a second: how far behind, is it moving, and a note to Kafka for lag tools.

Invariant: a partition with records waiting that is neither moving nor in declared backoff is
reported as stuck, and so is this watch itself when it ends before its membership does; what cannot be
known (the broker does not answer anybody) is not. The offsets kept in Kafka are advice for others:
nothing here reads them.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared import kafka
from shared.consumer.assigned import Assigned
from shared.postgres import Connection
from shared.service import Parts

ROUND_SECONDS = 1
COMMIT_DEADLINE_SECONDS = 5
OTHERS_SECONDS = 10

NOTE = """
insert into partition_progress (consumer, topic, partition, lag, as_of, checked_at)
select $1, topic, number, lag, as_of, $6
  from unnest($2::text[], $3::int[], $4::bigint[], $5::timestamptz[]) as p (topic, number, lag, as_of)
 order by topic, number
on conflict (consumer, topic, partition) do update
   set lag = excluded.lag, as_of = excluded.as_of, checked_at = excluded.checked_at
"""

LOOKED_AFTER = """
select coalesce(min(checked_at) >= $3, false) from partition_progress
 where consumer = $1 and topic = any($2::text[])
"""


class Tender:
    """Watches one membership; ``run`` until cancelled."""

    def __init__(
        self,
        parts: Parts[Any],
        consumer: str,
        client: AIOKafkaConsumer,
        assigned: Mapping[TopicPartition, Assigned],
    ) -> None:
        self._parts = parts
        self._name = consumer
        self._client = client
        self._assigned = assigned
        self._marks: dict[TopicPartition, int] = {}
        self._caught_up: dict[TopicPartition, datetime] = {}
        self._committed: dict[TopicPartition, int] = {}
        self._began = parts.clock()

    async def run(self) -> None:
        """Look every second."""
        for name in ("tender", "assignment"):
            self._parts.progress.watch(name, limit=self._parts.settings.stall_seconds)
        while True:
            await self._look_once()
            await asyncio.sleep(ROUND_SECONDS)

    def forget(self) -> None:
        """The membership is over: expect nothing of it any more."""
        for name in ("tender", "assignment", *map(_name, self._marks)):
            self._parts.progress.forget(name)

    async def _look_once(self) -> None:
        try:
            await self._look()
        except Exception as error:  # noqa: BLE001 - the next look asks again
            self._parts.log.debug("tender.put_off", cause=type(error).__name__)
            if not await self._broker_answers():
                for name in ("assignment", *map(_name, self._marks)):
                    self._parts.progress.moved(name)

    async def _look(self) -> None:
        self._parts.progress.moved("tender")
        if not self._assigned:
            # Suspicious only while the broker answers and somebody's partitions are nobody's.
            if await self._others_have_all() or not await self._broker_answers():
                self._parts.progress.moved("assignment")
            return
        watched = list(self._assigned)
        async with asyncio.timeout(kafka.DEADLINE_SECONDS):
            ends = await self._client.end_offsets(watched)
        self._parts.progress.moved("assignment")
        lags = {
            each: max(0, ends[each] - state.mark.next_offset)
            for each in watched
            if (state := self._assigned.get(each)) is not None
        }
        self._watch(lags)
        await self._note(lags)
        await self._commit()

    async def _others_have_all(self) -> bool:
        """Whether we are one member more than there are partitions: each was looked at just now."""
        since = self._parts.clock() - timedelta(seconds=OTHERS_SECONDS)
        async with self._parts.database.reading() as connection:
            topics = list(self._client.subscription())
            return await connection.fetchval(LOOKED_AFTER, self._name, topics, since)

    async def _broker_answers(self) -> bool:
        """Whether it answers a client of its own, whatever the consumer's says."""
        try:
            await kafka.cluster_id(self._parts.settings)
        except OSError:
            return False
        return True

    def _watch(self, lags: Mapping[TopicPartition, int]) -> None:
        """A stall: something waits, nothing moves, and nobody has declared why."""
        progress = self._parts.progress
        for each, lag in lags.items():
            name = _name(each)
            state = self._assigned[each]
            if each not in self._marks:
                progress.watch(name, limit=self._parts.settings.stall_seconds)
            if lag == 0 or state.paused_until or self._marks.get(each) != state.mark.next_offset:
                progress.moved(name)
            self._marks[each] = state.mark.next_offset
        for gone in self._marks.keys() - lags.keys():
            progress.forget(_name(gone))
            del self._marks[gone]

    async def _note(self, lags: Mapping[TopicPartition, int]) -> None:
        """Keep lag and "as of" in the database, where the api finds them."""
        at = self._parts.clock()
        as_of = {each: self._as_of(each, lag, at) for each, lag in lags.items()}
        self._parts.metrics.consumer_lag.set(sum(lags.values()))
        async with self._parts.database.transaction() as connection:
            await _write(connection, self._name, lags, as_of, at)

    def _as_of(self, each: TopicPartition, lag: int, at: datetime) -> datetime:
        """The moment up to which everything written to the partition has been applied."""
        if lag == 0:
            self._caught_up[each] = at
            return at
        applied = datetime.fromtimestamp(self._assigned[each].last_timestamp / 1000, UTC)
        return max(applied, self._caught_up.get(each, self._began))

    async def _commit(self) -> None:
        """Tell Kafka where we are, for lag tools; within a deadline, and no harm if it fails."""
        ours = self._client.assignment()
        moved = {
            each: state.mark.next_offset
            for each, state in self._assigned.items()
            if each in ours and self._committed.get(each) != state.mark.next_offset
        }
        if not moved:
            return
        with contextlib.suppress(Exception):
            async with asyncio.timeout(COMMIT_DEADLINE_SECONDS):
                await self._client.commit(moved)
            self._committed |= moved


def _name(each: TopicPartition) -> str:
    """A partition as ``/healthz`` names it."""
    return f"partition {each.topic}/{each.partition}"


async def _write(
    connection: Connection,
    consumer: str,
    lags: Mapping[TopicPartition, int],
    as_of: Mapping[TopicPartition, datetime],
    at: datetime,
) -> None:
    places = list(lags)
    await connection.execute(
        NOTE,
        consumer,
        [each.topic for each in places],
        [each.partition for each in places],
        [lags[each] for each in places],
        [as_of[each] for each in places],
        at,
    )
