"""Where a consumer stands in a topic, and what must hold of it: I5, I6.

Invariant: read from the consumer's own tables, judged against what the topic itself was seen to hold.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.faults.checker.findings import Gathered
from tests.faults.checker.log import Connection, streamed
from tests.faults.checker.topics import Partition

OFFSETS = """
select partition, next_offset from consumer_offset where consumer = $1 and topic = $2
"""
INBOX = "select key, last_sequence, blocked from inbox where consumer = $1 and topic = $2"
PARKED = """
select partition, coalesce(key, encode(record_key, 'escape'), '') as key, sequence, cause
  from parked where consumer = $1 and topic = $2
"""
DISCARDED = """
select key, sequence from parked_discarded where consumer = $1 and topic = $2 and key is not null
"""
STOPPED = "select reason from consumer_stop where consumer = $1 and resumed_at is null"
DUE = "select topic, count(*) as rows from outbox where publish_after <= now() group by topic"
# A mail in hand, or to be tried again, is as unfinished as a row in the outbox.
UNSENT = """
select state, count(*) as rows from message
 where state in ('sending', 'retrying') or (state = 'intended' and due_at <= now())
 group by state
"""


@dataclass
class Standing:
    """One consumer in one topic: how far, key by key, and what it has set aside."""

    consumer: str
    topic: str
    offsets: dict[int, int] = field(default_factory=dict[int, int])
    last: dict[str, int] = field(default_factory=dict[str, int])
    blocked: set[str] = field(default_factory=set[str])
    parked: dict[str, set[int]] = field(default_factory=lambda: defaultdict[str, set[int]](set))
    gaps: set[str] = field(default_factory=set[str])
    parked_in: set[int] = field(default_factory=set[int])
    discarded: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])

    @property
    def where(self) -> str:
        """The consumer and its topic in words."""
        return f"{self.consumer} in {self.topic}"

    def has_applied(self, key: str, sequence: int) -> bool:
        """Whether it says that it has applied an event."""
        return sequence <= self.last.get(key, 0) and (key, sequence) not in self.discarded

    def behind(self, partitions: Mapping[int, Partition]) -> dict[int, int]:
        """The partitions that it has not read to the end, and how many records it lacks."""
        return {
            number: each.end - self.offsets.get(number, each.start)
            for number, each in partitions.items()
            if self.offsets.get(number, each.start) != each.end
        }


async def standing(connection: "Connection[Any]", consumer: str, topic: str) -> Standing:
    """Read where a consumer stands."""
    found = Standing(consumer, topic)
    await read_place(connection, found)
    async for row in streamed(connection, INBOX, consumer, topic):
        found.last[row["key"]] = row["last_sequence"]
        if row["blocked"]:
            found.blocked.add(row["key"])
    for row in await connection.fetch(DISCARDED, consumer, topic):
        found.discarded.add((row["key"], row["sequence"]))
    return found


async def read_place(connection: "Connection[Any]", stand: Standing) -> None:
    """Read only how far it has come and what it has set aside."""
    for row in await connection.fetch(OFFSETS, stand.consumer, stand.topic):
        stand.offsets[row["partition"]] = row["next_offset"]
    for row in await connection.fetch(PARKED, stand.consumer, stand.topic):
        stand.parked[row["key"]].add(row["sequence"] or 0)
        stand.parked_in.add(row["partition"])
        if row["cause"] == "gap":
            stand.gaps.add(row["key"])


def judge_lag(
    stand: Standing,
    partitions: Mapping[int, Partition],
    gathered: Gathered,
    poisoned: Collection[str],
) -> None:
    """I6: read to the end, nothing set aside; I5: what is set aside holds up nobody else."""
    for number, lacking in stand.behind(partitions).items():
        if number in stand.parked_in:
            what = f"partition {number} lacks {lacking} records while a key of it is parked"
            gathered.add("I5", stand.where, what)
        else:
            gathered.add("I6", stand.where, f"partition {number} lacks {lacking} records")
    for key in sorted(stand.parked.keys() - set(poisoned)):
        gathered.add("I6", stand.where, f"key {key} is parked: {sorted(stand.parked[key])}")


def judge_keys(
    stand: Standing, reached: Mapping[str, int], gathered: Gathered, poisoned: Collection[str]
) -> None:
    """I5: a parked key stays behind its first parked event; I4: any other has come to its end."""
    for key in sorted(stand.blocked | stand.parked.keys()):
        _judge_parked(stand, key, reached.get(key, 0), gathered)
    for key, number in reached.items():
        last = stand.last.get(key, 0)
        if last < number and key not in stand.parked and key not in poisoned:
            gathered.add("I4", stand.where, f"key {key}: applied to {last} of {number}, not parked")


def _judge_parked(stand: Standing, key: str, reached: int, gathered: Gathered) -> None:
    waiting, last = stand.parked.get(key, set()) - {0}, stand.last.get(key, 0)
    if not waiting:
        if key in stand.blocked:
            gathered.add("I5", stand.where, f"key {key} is blocked and waits for nothing")
        return
    if key not in stand.blocked:
        gathered.add("I5", stand.where, f"key {key} has parked events and is not blocked")
    if min(waiting) <= last:
        gathered.add("I5", stand.where, f"key {key} is at {last}, parked {min(waiting)}: overtaken")
        return
    passed_by = set(range(last + 1, reached + 1)) - waiting
    if passed_by and key not in stand.gaps:
        gathered.add(
            "I5", stand.where, f"key {key}: {sorted(passed_by)} neither applied nor parked"
        )


async def judge_service(
    connection: "Connection[Any]", service: str, gathered: Gathered, *, stopped: Collection[str]
) -> None:
    """I6, apart from topics: nothing due unsent, and no consumer stands still until told to go on."""
    for row in await connection.fetch(DUE):
        gathered.add("I6", f"{service}'s outbox", f"{row['rows']} rows of {row['topic']} are due")
    if service not in stopped:
        for row in await connection.fetch(STOPPED, service):
            gathered.add("I6", service, f"stands still: {row['reason']}")
    if service == "notifications":
        for row in await connection.fetch(UNSENT):
            gathered.add("I6", service, f"{row['rows']} mails are {row['state']}")
