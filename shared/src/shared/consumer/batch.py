"""One batch of one partition, one transaction: offset, inbox, effects and parking commit together.

Invariant: faults of the infrastructure roll everything back and are raised for the loop to wait
out; any other fault is an event's own, and the batch is done again event by event in savepoints, so
that only that event and its key are parked.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from shared.consumer import inbox, offsets, parking
from shared.consumer.arrivals import Arrival
from shared.consumer.inbox import NEVER_SEEN, KeyState, Verdict
from shared.consumer.offsets import Fenced, Mark, Partition
from shared.events import Received
from shared.postgres import Connection, Database, is_infrastructure
from shared.service import Handler

Handlers = Mapping[str, Handler]


@dataclass(slots=True)
class Outcome:
    """What became of a batch: the new mark, and counts by ``applied duplicate parked unknown
    redone``.
    """

    mark: Mark
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))


@dataclass(frozen=True, slots=True)
class Reading:
    """What a partition's batches need to know: whose it is, its handlers, and its limits."""

    partition: Partition
    handlers: Handlers
    trimmed_until: int
    park_limit: int


async def apply(
    database: Database, reading: Reading, mark: Mark, items: Sequence[Arrival]
) -> Outcome:
    """Apply a batch exactly once. Raises Fenced, or what ``is_infrastructure`` says to wait out."""
    try:
        return await _Batch(database, reading, mark, items).whole()
    except Fenced:
        raise
    except Exception as error:
        if is_infrastructure(error):
            raise
    return await _Batch(database, reading, mark, items).one_by_one()


class _Batch:
    """The state of one attempt at one batch."""

    def __init__(
        self, database: Database, reading: Reading, mark: Mark, items: Sequence[Arrival]
    ) -> None:
        self._database, self._reading, self._mark, self._items = database, reading, mark, items
        self._outcome = Outcome(Mark(items[-1].offset + 1, items[-1].fingerprint))
        self._states: dict[str, KeyState] = {}
        self._changed: dict[str, KeyState] = {}
        self._park: list[tuple[Arrival, str]] = []

    async def whole(self) -> Outcome:
        """All at once: events in waves, each wave one per key, each type in it one handler call."""
        async with self._database.transaction() as connection:
            await self._open(connection)
            applied = [item for item in self._items if self._verdict(item) == "apply"]
            for type_, events in waves(item.event for item in applied if item.event):
                await self._run(connection, type_, events)
            await self._close(connection)
        return self._outcome

    async def one_by_one(self) -> Outcome:
        """The same with a savepoint around each event; the one that fails is parked with its key."""
        self._outcome.counts["redone"] = len(self._items)
        async with self._database.transaction() as connection:
            await self._open(connection)
            for item in self._items:
                await self._one(connection, item)
            await self._close(connection)
        return self._outcome

    async def _one(self, connection: Connection, item: Arrival) -> None:
        before = self._states.get(item.key or "", NEVER_SEEN)
        if self._verdict(item) != "apply" or item.event is None:
            return
        try:
            async with connection.transaction():
                await self._run(connection, item.event.type, [item.event])
        except Exception as error:
            if is_infrastructure(error):
                raise
            self._settle(item, before, "park", f"refused: {type(error).__name__}")
            self._outcome.counts["applied"] -= 1

    async def _open(self, connection: Connection) -> None:
        partition = self._reading.partition
        await offsets.advance(connection, partition, self._mark, self._outcome.mark)
        keys = {item.key for item in self._items if item.key}
        self._states = await inbox.states(connection, partition.consumer, partition.topic, keys)

    async def _close(self, connection: Connection) -> None:
        partition = self._reading.partition
        await inbox.save(connection, partition.consumer, partition.topic, self._changed)
        await parking.park(
            connection, partition.consumer, self._park, limit=self._reading.park_limit
        )

    async def _run(self, connection: Connection, type_: str, events: Sequence[Received]) -> None:
        handler = self._reading.handlers.get(type_)
        if handler is not None:
            await handler(connection, events)

    def _verdict(self, item: Arrival) -> Verdict:
        """Decide on one arrival and remember what follows from it."""
        if item.key is None:
            self._park.append((item, item.cause or "envelope"))
            self._outcome.counts["parked"] += 1
            return "park"
        state = self._states.get(item.key, NEVER_SEEN)
        verdict, cause = inbox.decide(state, item, trimmed_until=self._reading.trimmed_until)
        self._settle(item, state, verdict, cause)
        return verdict

    def _settle(self, item: Arrival, state: KeyState, verdict: Verdict, cause: str) -> None:
        assert item.key is not None
        if verdict == "duplicate":
            self._outcome.counts["duplicate"] += 1
            return
        self._states[item.key] = self._changed[item.key] = inbox.after(state, item, verdict)
        if verdict == "park":
            self._park.append((item, cause))
            self._outcome.counts["parked"] += 1
        else:
            self._outcome.counts["applied" if item.event else "unknown"] += 1


def waves(events: Iterable[Received]) -> Iterator[tuple[str, list[Received]]]:
    """Group events so that a key's own stay in order: its first in the first wave, its second in
    the next.

    Within a wave no key occurs twice, so its events may be applied type by type, many at a time.
    """
    seen: dict[str, int] = defaultdict(int)
    grouped: dict[tuple[int, str], list[Received]] = defaultdict(list)
    for event in events:
        grouped[seen[event.key], event.type].append(event)
        seen[event.key] += 1
    for (_, type_), group in sorted(grouped.items(), key=lambda pair: pair[0]):
        yield type_, group
