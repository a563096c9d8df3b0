"""What the checker finds on a topic itself: order, strangers, repetitions, a log without its beginning."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
from confluent_kafka import Producer

from shared.clock import new_id
from tests.conftest import FreshDatabase
from tests.faults.checker import Evidence, check
from tests.shared.otherclient import trim

TOPIC = "shared.concerns.v1"
TIME = "2027-01-12T18:00:00+00:00"
COMMIT = """
insert into event_log (topic, key, sequence, event_id, type, headers, value, publish_after)
values ($1, $2, $3, $4, 'concern.captured.v1', $5, $6, now())
"""


@dataclass(frozen=True)
class Said:
    """One event of a key."""

    key: UUID
    sequence: int
    id: UUID
    value: bytes = b'{"band":"16"}'

    @property
    def headers(self) -> dict[str, str | bytes | None]:
        """Its envelope."""
        return {
            "ce_id": str(self.id),
            "ce_type": "uk.walkandtalk.concern.captured.v1",
            "ce_time": TIME,
            "ce_sequence": f"{self.sequence:012d}",
        }


def a_key(number: int) -> list[Said]:
    """So many events of one key."""
    key = new_id()
    return [Said(key, nth, new_id()) for nth in range(1, number + 1)]


async def a_world(
    fresh_database: FreshDatabase, bootstrap: str, committed: Sequence[Said], told: Sequence[Said]
) -> Evidence:
    """What is committed in the database of concerns, and what is told on the topic, in this order."""
    url = await fresh_database("concerns")
    connection = await asyncpg.connect(url)
    for said in committed:
        headers = json.dumps({"time": TIME})
        row: tuple[Any, ...] = (TOPIC, str(said.key), said.sequence, said.id, headers, said.value)
        await connection.execute(COMMIT, *row)
    await connection.close()
    await asyncio.to_thread(tell, bootstrap, told)
    return Evidence((), {"concerns": url}, bootstrap, planted=["Canarywood"])


def tell(bootstrap: str, told: Sequence[Said], *, partition: int = 0) -> None:
    """Put events on the topic, one after the other."""
    producer = Producer({"bootstrap.servers": bootstrap})
    for said in told:
        producer.produce(
            TOPIC, key=str(said.key), value=said.value, headers=said.headers, partition=partition
        )
    assert producer.flush(10) == 0


async def broken(evidence: Evidence) -> list[str]:
    """Which invariants are broken, each once."""
    found = await check(evidence)
    return sorted({each.invariant for each in found.violations})


async def test_a_key_told_out_of_order_is_found(
    fresh_database: FreshDatabase, empty_topics: str
) -> None:
    one, two, three = a_key(3)
    other = a_key(2)
    events = [one, two, three, *other]
    told = [one, three, other[0], two, other[1]]
    evidence = await a_world(fresh_database, empty_topics, events, told)
    found = await check(evidence)
    assert [each.invariant for each in found.violations] == ["I3"]
    assert str(one.key) in found.violations[0].what


async def test_records_that_come_again_are_counted_and_break_nothing(
    fresh_database: FreshDatabase, empty_topics: str
) -> None:
    events = a_key(3)
    evidence = await a_world(fresh_database, empty_topics, events, [*events[:2], *events])
    found = await check(evidence)
    assert found.violations == []
    assert (found.counted["records"], found.counted["records that came again"]) == (5, 2)


async def test_a_key_that_moved_to_an_added_partition_is_in_order_piece_by_piece(
    fresh_database: FreshDatabase, empty_topics: str
) -> None:
    moved, torn = a_key(4), a_key(4)
    evidence = await a_world(fresh_database, empty_topics, [*moved, *torn], [*moved[:2], *torn[:2]])
    await asyncio.to_thread(tell, empty_topics, moved[2:], partition=1)
    await asyncio.to_thread(tell, empty_topics, torn[:1:-1], partition=1)
    found = await check(evidence)
    assert [each.invariant for each in found.violations] == ["I3"]
    assert str(torn[0].key) in found.violations[0].what


async def test_a_log_without_its_beginning_may_begin_a_key_midway(
    fresh_database: FreshDatabase, empty_topics: str
) -> None:
    events = a_key(3)
    evidence = await a_world(fresh_database, empty_topics, events, events)
    await trim(empty_topics, leave=1, topic=TOPIC)
    assert await broken(evidence) == ["I1"]  # until its owner has said everything again
    await asyncio.to_thread(tell, empty_topics, events)
    assert await broken(evidence) == []


async def test_a_stranger_on_the_topic_is_found_unless_the_tests_put_it_there(
    fresh_database: FreshDatabase, empty_topics: str
) -> None:
    (stranger,) = a_key(1)
    evidence = await a_world(fresh_database, empty_topics, [], [stranger])
    assert await broken(evidence) == ["I2"]
    planted = Evidence((), evidence.databases, evidence.bootstrap, poisoned=[str(stranger.key)])
    assert await broken(planted) == []


async def test_a_planted_string_in_a_record_is_found(
    fresh_database: FreshDatabase, empty_topics: str
) -> None:
    event = Said(new_id(), 1, new_id(), value=b'{"note":"Zephyrine Canarywood"}')
    evidence = await a_world(fresh_database, empty_topics, [event], [event])
    assert await broken(evidence) == ["I9"]
