"""The events that are relayed and consumed: walks that are confirmed, started and ended.

Invariant: made from a number alone, so that whoever reads a topic back knows what must be on it.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from aiokafka import AIOKafkaProducer
from confluent_kafka import Consumer as OtherClient, TopicPartition

from shared import codec
from shared.clock import new_id, now
from shared.codec import Record
from shared.events import Fact, Outgoing, WardRef, internal, walks

TOPIC = walks.INTERNAL
A_WALK = 4  # events of each
WARM = 480  # sent before anything is measured: partitions are found, sockets are open
STARTS = datetime(2027, 1, 12, 18, 0, tzinfo=UTC)
_SPACE = UUID("6f3f8a52-4f3d-4dd6-9b0e-0d3f7d0c7a11")


def keys(number: int, run: str) -> list[UUID]:
    """The walks of so many events."""
    return [uuid5(_SPACE, f"{run} {nth}") for nth in range(number // A_WALK)]


def outgoing(number: int, run: str) -> Iterator[Outgoing]:
    """So many facts, a quarter of the walks' lives at a time, so that keys are far apart."""
    at = now()
    walks_of_run = keys(number, run)
    for nth in range(A_WALK):
        for place, key in enumerate(walks_of_run):
            yield internal(_fact(nth, place), key, at=at)


def _fact(nth: int, place: int) -> Fact:
    starts_at = STARTS + timedelta(hours=place % 500)
    plan: dict[str, Any] = {
        "ward": WardRef(code=f"L050000{place % 12 + 1:02d}", set="larkmere-2026"),
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=30),
        "local_date": starts_at.date(),
        "light": "dark" if place % 3 else "day",
    }
    match nth:
        case 0:
            return walks.WalkConfirmed(**plan, officer_role="PC")
        case 1:
            return walks.WalkOverdue(**plan, due_at=starts_at, missing="start")
        case 2:
            return walks.WalkStarted(**plan, at=starts_at)
        case _:
            return walks.WalkEnded(**plan, at=starts_at)


def records(number: int, run: str) -> list[Record]:
    """The same events as records, exactly as a relay would send them."""
    found: list[Record] = []
    for place, event in enumerate(outgoing(number, run)):
        assert event.fact is not None
        row = {
            "event_id": new_id(),
            "type": event.type,
            "topic": event.topic,
            "key": str(event.key),
            "sequence": place // (number // A_WALK) + 1,
            "headers": {"time": event.time.isoformat()},
            "value": event.fact.model_dump_json().encode(),
            "republished": False,
        }
        found.append(codec.encode(row, "/met/booking"))
    return found


async def put_on_topic(bootstrap: str, number: int, run: str, *, gaps: int = 0) -> int:
    """Have the events on the topic, as quickly as may be; how many of them can be applied.

    ``gaps`` walks, spread over all, come without their first event, so that the rest of them is parked.
    """
    all_of_them = records(number, run)
    every = number // A_WALK // gaps if gaps else 0
    missing = {nth * every for nth in range(gaps)}
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        acks="all",
        enable_idempotence=True,
        max_batch_size=512 * 1024,
        linger_ms=20,
    )
    await producer.start()
    sent = [
        await producer.send(TOPIC, each.value, key=each.key, headers=list(each.headers))
        for nth, each in enumerate(all_of_them)
        if nth not in missing
    ]
    await asyncio.gather(*sent)
    await producer.stop()
    return number - gaps * A_WALK


Ends = dict[int, int]


@dataclass(frozen=True, slots=True)
class Wrong(Exception):
    """What was read back is not what was to be sent, or not in its order."""

    what: str


def ends(bootstrap: str) -> Ends:
    """Where each partition of the topic ends now."""
    client = OtherClient({"bootstrap.servers": bootstrap, "group.id": str(new_id())})
    numbers = client.list_topics(TOPIC, timeout=10).topics[TOPIC].partitions
    found = {
        number: client.get_watermark_offsets(TopicPartition(TOPIC, number), timeout=10)[1]
        for number in numbers
    }
    client.close()
    return found


def read_back(bootstrap: str, since: Ends) -> dict[str, list[int]]:
    """The sequences of each key, in the order on the topic, by a client that is not ours."""
    until = ends(bootstrap)
    left = {number: end for number, end in until.items() if end > since[number]}
    client = OtherClient(
        {"bootstrap.servers": bootstrap, "group.id": str(new_id()), "enable.auto.commit": False}
    )
    client.assign([TopicPartition(TOPIC, number, since[number]) for number in left])
    found: dict[str, list[int]] = defaultdict(list)
    while left:
        messages: list[Any] = list(client.consume(1000, 10))
        for message in messages:
            headers = dict(message.headers())
            found[message.key().decode()].append(int(headers["ce_sequence"]))
            if message.offset() + 1 >= left.get(message.partition(), 0):
                left.pop(message.partition(), None)
    client.close()
    return found


def check(bootstrap: str, since: Ends, expected: Sequence[UUID]) -> None:
    """Each expected key is there with its events once each, in order, and no other key. Raises Wrong."""
    found = read_back(bootstrap, since)
    whole = list(range(1, A_WALK + 1))
    wrong = [key for key, sequences in found.items() if sequences != whole]
    if wrong:
        raise Wrong(f"{len(wrong)} keys out of order, first {found[wrong[0]]}")
    if found.keys() != {str(key) for key in expected}:
        raise Wrong(f"{len(found)} keys on the topic, {len(expected)} expected")
