"""Not faster than the readers, where the broker keeps only a little of each partition.

Invariant: of no partition is more unread than the broker keeps, so nothing is dropped before its readers
had it. Only the embedded platform sets the limit: a real broker keeps a topic for its time.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Sequence

from aiokafka import TopicPartition

from shared.events import READERS
from shared.kafka import DEADLINE_SECONDS, open_admin
from shared.progress import Progress
from shared.settings import ServiceSettings

LOOK_SECONDS = 0.2
# Of what the broker keeps, the share that may be unread before what is in flight is added.
SHARE = 0.25


class Pace:
    """Counts what has been sent and is still unread; ``room`` waits until there is little of it."""

    def __init__(self, settings: ServiceSettings, progress: Progress) -> None:
        self._settings = settings
        self._progress = progress
        self._unread: dict[TopicPartition, deque[tuple[int, int]]] = defaultdict(deque)

    def sent(self, place: TopicPartition, offset: int, size: int) -> None:
        """Note a record that the broker has: its offset, and its size in bytes."""
        if self._settings.kafka_partition_bytes and READERS[place.topic]:
            self._unread[place].append((offset, size))

    async def room(self) -> None:
        """Return at once, or as soon as the readers have caught up far enough."""
        limit = (self._settings.kafka_partition_bytes or 0) * SHARE
        while full := [place for place in self._unread if self._bytes(place) > limit]:
            self._progress.moved("relay")
            self._progress.moved("outbox")
            await self._look(full)
            await asyncio.sleep(LOOK_SECONDS)

    def _bytes(self, place: TopicPartition) -> int:
        return sum(size for _, size in self._unread[place])

    async def _look(self, places: Sequence[TopicPartition]) -> None:
        """Forget what every reader of a partition has committed in Kafka."""
        groups = sorted({group for place in places for group in READERS[place.topic]})
        async with asyncio.timeout(DEADLINE_SECONDS), open_admin(self._settings) as admin:
            read = {
                group: await admin.list_consumer_group_offsets(group, partitions=list(places))
                for group in groups
            }
        for place in places:
            done = min(read[group][place].offset for group in READERS[place.topic])
            unread = self._unread[place]
            while unread and unread[0][0] < done:
                unread.popleft()
