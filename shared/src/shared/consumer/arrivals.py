"""One record as the consumer treats it: an event, an unknown type to pass, or something to park.

Invariant: every record becomes an Arrival, whatever its bytes; none is skipped here.
"""

from dataclasses import dataclass

from aiokafka import ConsumerRecord

from shared import codec
from shared.codec import Record
from shared.events import Received


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record with what could be told of it.

    ``key`` and ``sequence`` are None together: then it cannot be queued behind anything. ``event``
    is None for an unknown type (``cause`` None too) and for what must be parked (``cause`` says
    why).
    """

    topic: str
    partition: int
    offset: int
    timestamp: int
    record: Record
    key: str | None
    sequence: int | None
    event: Received | None
    cause: str | None

    @property
    def fingerprint(self) -> str:
        """What the offset fence remembers of this record: its event id, or a hash where it has
        none.
        """
        ids = [value for name, value in self.record.headers if name == "ce_id" and value]
        if len(ids) == 1 and len(ids[0]) <= 64 and ids[0].isascii():  # noqa: PLR2004
            return ids[0].decode()
        return f"sha256:{self.record.digest}"

    @property
    def republished(self) -> bool:
        """Whether it is its key's oldest event after a republish."""
        return codec.is_republished(self.record.headers)


def arrival(raw: "ConsumerRecord[bytes | None, bytes | None]") -> Arrival:
    """Decode what Kafka handed over."""
    record = Record(raw.key, raw.value, raw.headers)
    return read(record, raw.topic, raw.partition, raw.offset, raw.timestamp)


def read(record: Record, topic: str, partition: int, offset: int, timestamp: int = 0) -> Arrival:
    """Decode a record that was at a place in the log."""
    key, sequence, event, cause = None, None, None, None
    try:
        event = codec.decode(topic, record)
        key, sequence = event.key, event.sequence
    except codec.UnknownType as unknown:
        key, sequence = unknown.key, unknown.sequence
    except codec.Undecodable as fault:
        key, sequence, cause = fault.key, fault.sequence, fault.cause
    return Arrival(topic, partition, offset, timestamp, record, key, sequence, event, cause)
