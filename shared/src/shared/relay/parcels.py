"""Rows on their way as batches: one partition's rows together, one answer for all of them.

Invariant: a key's partition is the one that any other producer would choose (Java's own hash), and a
partition's rows are handed over in the order in which they came; each keeps its own timestamp.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.producer.message_accumulator import BatchBuilder

from shared import codec

Batch = Sequence[dict[str, Any]]
Ack = asyncio.Future[Any]

_partition_of = DefaultPartitioner()


@dataclass(slots=True)
class Parcel:
    """What goes to one partition at once; ``sizes`` are those of its values, in order."""

    place: TopicPartition
    records: BatchBuilder
    sizes: list[int] = field(default_factory=list[int])


async def hand_over(
    producer: AIOKafkaProducer, batch: Batch, source: str, at: datetime
) -> list[tuple[Parcel, Ack]]:
    """Give the rows to the producer; the broker's answers are still to come. The first raise ends all:
    later rows must not pass.
    """
    topics = {row["topic"] for row in batch}
    partitions = {topic: sorted(await producer.partitions_for(topic)) for topic in topics}
    stamps = {topic: codec.record_timestamp(topic, at) for topic in topics}
    open_parcels: dict[TopicPartition, Parcel] = {}
    sent: list[tuple[Parcel, Ack]] = []
    for row in batch:
        topic, record = row["topic"], codec.encode(row, source)
        place = TopicPartition(topic, _partition_of(record.key, partitions[topic], ()))
        parcel = open_parcels.get(place)
        if parcel is None or not _fits(parcel, record, stamps[topic]):
            if parcel is not None:
                sent.append(await _send(producer, parcel))
            parcel = open_parcels[place] = Parcel(place, producer.create_batch())
            _fits(parcel, record, stamps[topic])  # a first record always does
    return sent + [await _send(producer, parcel) for parcel in open_parcels.values()]


def _fits(parcel: Parcel, record: codec.Record, timestamp: int) -> bool:
    """Add a record where there is room for it."""
    added = parcel.records.append(
        timestamp=timestamp, key=record.key, value=record.value, headers=record.headers
    )
    if added is not None:
        parcel.sizes.append(len(record.value or b""))
    return added is not None


async def _send(producer: AIOKafkaProducer, parcel: Parcel) -> tuple[Parcel, Ack]:
    """Close a parcel and put it behind its partition's earlier ones."""
    parcel.records.close()
    ack = await producer.send_batch(
        parcel.records, parcel.place.topic, partition=parcel.place.partition
    )
    ack.add_done_callback(_seen)
    return parcel, ack


def _seen(ack: Ack) -> None:
    """Count the answer as looked at: after the first fault nobody waits for the others."""
    if not ack.cancelled():
        ack.exception()
