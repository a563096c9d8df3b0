"""A topic from its first record to its last, by a client that is not ours.

Invariant: the topic passes through once, batch by batch; what stays of a million records is one
number a key and one id an event. I2, I3 and I9 are judged on the way, I1 at the end.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    OffsetSpec,  # pyright: ignore[reportPrivateImportUsage]  (it is documented, and missing in __all__)
)

from tests.faults.checker.findings import Gathered
from tests.faults.checker.log import Committed, content, words
from tests.faults.checker.planted import Planted

AT_ONCE = 5_000
BATCH_SECONDS = 0.02
SILENCE_SECONDS = 30
LOOK_SECONDS = 0.2
TYPE_PREFIX = "uk.walkandtalk."


@dataclass(frozen=True)
class Partition:
    """The first offset that a partition still holds, and the one its next record will have."""

    start: int
    end: int


@dataclass
class Told:
    """What a topic holds: its partitions, and how far each key has come there, in its partition."""

    partitions: dict[int, Partition] = field(default_factory=dict[int, Partition])
    reached: dict[str, int] = field(default_factory=dict[str, int])
    records: int = 0


@dataclass
class Apart:
    """A key that was met out of order, after ``base``: its first occurrences, partition by partition.

    That is allowed where partitions were added: a key's later events are in another, and which of two
    partitions is read first says nothing.
    """

    base: int
    pieces: dict[int, list[int]]

    @property
    def last(self) -> int:
        """The last that was met."""
        return max(max(piece) for piece in self.pieces.values())

    @property
    def is_whole(self) -> bool:
        """Whether each partition has its part in order, and nothing is missing between them."""
        met = sorted(sequence for piece in self.pieces.values() for sequence in piece)
        in_order = all(piece == sorted(piece) for piece in self.pieces.values())
        return in_order and met == list(range(self.base + 1, self.base + 1 + len(met)))

    def add(self, number: int, sequence: int) -> bool:
        """Take in one more; False when it was met before."""
        if sequence <= self.base or any(sequence in piece for piece in self.pieces.values()):
            return False
        self.pieces.setdefault(number, []).append(sequence)
        return True


class Reader:
    """Reads one topic and judges what it meets."""

    def __init__(
        self,
        topic: str,
        gathered: Gathered,
        planted: Planted,
        *,
        log: Committed | None,
        poisoned: Iterable[str],
    ) -> None:
        self._topic, self._gathered, self._planted, self._log = topic, gathered, planted, log
        self._poisoned = frozenset(poisoned)
        self._met: set[bytes] = set()
        self._apart: dict[str, Apart] = {}
        self.told = Told()

    def read(self, bootstrap: str) -> Told:
        """Read all there is; blocks. Raises KafkaException, TimeoutError on a topic gone silent."""
        client = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": str(uuid4()),
                "enable.auto.commit": False,
                "auto.offset.reset": "error",
                "fetch.wait.max.ms": 50,
            }
        )
        self.told.partitions = partitions_of(bootstrap, self._topic)
        try:
            for messages in self._batches(client):
                self._take(messages)
        finally:
            client.close()
        self._compare()
        return self.told

    def _batches(self, client: Consumer) -> Iterable[Sequence[Message]]:
        """Everything up to the ends that were found, as it comes."""
        held = {
            number: each for number, each in self.told.partitions.items() if each.end > each.start
        }
        client.assign(
            [TopicPartition(self._topic, number, each.start) for number, each in held.items()]
        )
        waiting = {number: each.end for number, each in held.items()}
        while waiting:
            messages = client.consume(AT_ONCE, timeout=BATCH_SECONDS) or self._patiently(client)
            for message in messages:
                assert message.error() is None, message.error()
                number, offset = message.partition() or 0, message.offset() or 0
                if offset + 1 >= waiting.get(number, offset + 2):
                    del waiting[number]
            yield messages

    def _patiently(self, client: Consumer) -> Sequence[Message]:
        messages = client.consume(1, timeout=SILENCE_SECONDS)
        if not messages:
            raise TimeoutError(f"{self._topic} went silent")
        return messages

    def _take(self, messages: Sequence[Message]) -> None:
        self.told.records += len(messages)
        raw: list[bytes] = []
        for message in messages:
            headers, key, value = _headers(message), _bytes(message.key()), message.value()
            assert not isinstance(value, str)
            self._judge(message, key.decode(errors="replace"), headers, value)
            raw += [key, value or b"", *headers.values()]
        where = f"{self._topic}, {len(messages)} records before offset {messages[-1].offset()}"
        self._planted.look(where, b"\0".join(raw))

    def _judge(
        self, message: Message, key: str, headers: dict[str, bytes], value: bytes | None
    ) -> None:
        place = f"partition {message.partition()} offset {message.offset()} key {key}"
        try:
            sequence = int(headers["ce_sequence"])
            name = UUID(headers["ce_id"].decode()).bytes
            type_ = headers["ce_type"].decode().removeprefix(TYPE_PREFIX)
            said = content(key, sequence, type_, headers["ce_time"].decode(), value)
        except (KeyError, ValueError):
            if key not in self._poisoned:
                self._gathered.add("I2", self._topic, f"{place} is no event of ours")
            return
        if self._log is not None:
            self._is_committed(place, key, name, said)
        self._is_in_order(message, key, sequence, headers)

    def _is_committed(self, place: str, key: str, name: bytes, said: int) -> None:
        assert self._log is not None
        self._met.add(name)
        logged = self._log.contents.get(name)
        if logged is None and key not in self._poisoned:
            self._gathered.add("I2", self._topic, f"{place} is {UUID(bytes=name)}, never committed")
        elif logged is not None and logged != said:
            self._gathered.add("I2", self._topic, f"{place} says something else than was committed")

    def _is_in_order(
        self, message: Message, key: str, sequence: int, headers: dict[str, bytes]
    ) -> None:
        """A key's first occurrences are 1, 2, 3 ...; begun midway only where the beginning is gone."""
        number, last = message.partition() or 0, self.told.reached.get(key, 0)
        again = sequence <= last
        if key in self._apart:
            again = not self._apart[key].add(number, sequence)
        elif not again:
            trimmed = self.told.partitions[number].start > 0
            begun_midway = last == 0 and (trimmed or headers.get("ce_republished") == b"true")
            if sequence == last + 1 or begun_midway or key in self._poisoned:
                self.told.reached[key] = sequence
            else:
                self._apart[key] = Apart(last, {number: [sequence]})
        self._gathered.counted["records that came again"] += again

    def _compare(self) -> None:
        """I3 of keys that came in pieces; I1: all that was committed and is due has been met."""
        for key, apart in self._apart.items():
            self.told.reached[key] = apart.last
            if not apart.is_whole:
                what = f"key {key}: after {apart.base} by partition {apart.pieces}"
                self._gathered.add("I3", self._topic, what)
        if self._log is None:
            return
        for name in words(self._log.contents.keys() - self._met - self._log.held_back):
            self._gathered.add("I1", self._topic, f"{name} was committed and is not there")
        self._gathered.counted["events committed"] += len(self._log.contents)
        self._gathered.counted["events held back"] += len(self._log.held_back - self._met)


def partitions_of(bootstrap: str, topic: str) -> dict[int, Partition]:
    """The partitions of a topic and what they hold; blocks.

    A node that has just come back may not know yet that it leads: it is asked again.
    """
    client = AdminClient({"bootstrap.servers": bootstrap, "log_level": 3})
    deadline = time.monotonic() + SILENCE_SECONDS
    while True:
        try:
            return _partitions_of(client, topic)
        except KafkaException:
            if time.monotonic() > deadline:
                raise
        time.sleep(LOOK_SECONDS)


def _partitions_of(client: AdminClient, topic: str) -> dict[int, Partition]:
    numbers = client.list_topics(topic, timeout=SILENCE_SECONDS).topics[topic].partitions
    starts = _offsets(client, topic, numbers, OffsetSpec.earliest())
    ends = _offsets(client, topic, numbers, OffsetSpec.latest())
    return {number: Partition(starts[number], ends[number]) for number in numbers}


def _offsets(client: AdminClient, topic: str, numbers: Iterable[int], which: Any) -> dict[int, int]:
    asked = {TopicPartition(topic, number): which for number in numbers}
    found = client.list_offsets(asked, request_timeout=SILENCE_SECONDS)
    return {place.partition: answer.result().offset for place, answer in found.items()}


def _headers(message: Message) -> dict[str, bytes]:
    found: Any = message.headers() or ()
    return {name: value or b"" for name, value in found}


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else b""
