"""What could not be applied: kept with its key, in order, until it can be, or until a person
decides.

Invariant: a parked event is on no other path; it is unique by consumer, topic, key and sequence, or
by its hash where key or sequence cannot be told. It leaves by being applied or by being discarded
with a reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.codec import Record
from shared.consumer.arrivals import Arrival, read
from shared.consumer.offsets import Mark, Partition
from shared.postgres import Connection

PARK = """
insert into parked (consumer, topic, partition, "offset", key, sequence, record_key, headers, value,
                    digest, cause)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
on conflict (consumer, topic, key, sequence) where key is not null do update
   set headers = excluded.headers, value = excluded.value, retry_at = now()
 where $12
"""
PARK_ALONE = """
insert into parked (consumer, topic, partition, "offset", record_key, headers, value, digest, cause,
                    retry_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'infinity')
on conflict (consumer, topic, digest) where key is null do nothing
"""
NEWLY_PARKED_KEYS = """
select count(distinct (topic, coalesce(key, digest))) from parked
 where consumer = $1 and parked_at > now() - interval '10 minutes'
   and parked_at > coalesce((select resumed_at from consumer_stop where consumer = $1), '-infinity')
"""
STOP = """
insert into consumer_stop (consumer, reason) values ($1, $2)
on conflict (consumer) do update
   set reason = excluded.reason, trimmed_topic = null, since = now(), resumed_at = null
 where consumer_stop.resumed_at is not null
"""
STOP_AT_TRIMMED = """
insert into consumer_stop (consumer, reason, trimmed_topic)
select $1, $2, $3 from consumer_offset
 where consumer = $1 and topic = $3 and partition = $4 and next_offset = $5 and fingerprint = $6
on conflict (consumer) do update
   set reason = excluded.reason, trimmed_topic = excluded.trimmed_topic, since = now(),
       resumed_at = null
 where consumer_stop.resumed_at is not null
"""
STOPPED = "select reason from consumer_stop where consumer = $1 and resumed_at is null"
HEAD = """
select id, topic, partition, "offset", record_key, headers, value, attempts from parked
 where consumer = $1 and topic = $2 and key = $3 order by sequence limit 1
"""
DUE_KEYS = """
select topic, key from (
    select distinct on (topic, key) topic, key, retry_at from parked
     where consumer = $1 and key is not null order by topic, key, sequence) heads
 where retry_at <= now() order by retry_at limit $2
"""
DUE_ALONE = """
select id, topic, partition, "offset", record_key, headers, value, attempts from parked
 where consumer = $1 and key is null and retry_at <= now() order by id limit $2 for update skip locked
"""
SET_ASIDE = """
update parked set attempts = attempts + 1, cause = $2, retry_at = 'infinity' where id = $1
"""
REMOVE = "delete from parked where id = $1"
PUT_OFF = """
update parked set attempts = attempts + 1, cause = $2, retry_at = now() + make_interval(secs => $3)
 where id = $1
"""
COUNTS = "select cause, count(*) as number from parked where consumer = $1 group by cause"


@dataclass(frozen=True, slots=True)
class Parked:
    """The first parked event of a key, decoded anew: the code may have been mended since."""

    id: int
    attempts: int
    item: Arrival


async def park(
    connection: Connection, consumer: str, items: Sequence[tuple[Arrival, str]], *, limit: int
) -> None:
    """Keep arrivals with their causes, in the caller's transaction; declares a stop past the limit."""
    for item, cause in items:
        park_one = _with_key if item.key else _alone
        await park_one(connection, consumer, item, cause)
    if items and await connection.fetchval(NEWLY_PARKED_KEYS, consumer) > limit:
        reason = (
            f"more than {limit} keys parked within ten minutes: mend the cause, then events resume"
        )
        await connection.execute(STOP, consumer, reason)


async def _with_key(connection: Connection, consumer: str, item: Arrival, cause: str) -> None:
    await connection.execute(
        PARK,
        consumer,
        item.topic,
        item.partition,
        item.offset,
        item.key,
        item.sequence,
        item.record.key,
        stored_headers(item.record),
        item.record.value,
        item.record.digest,
        cause,
        item.republished,
    )


async def _alone(connection: Connection, consumer: str, item: Arrival, cause: str) -> None:
    await connection.execute(
        PARK_ALONE,
        consumer,
        item.topic,
        item.partition,
        item.offset,
        item.record.key,
        stored_headers(item.record),
        item.record.value,
        item.record.digest,
        cause,
    )


async def stop_reason(connection: Connection, consumer: str) -> str | None:
    """Why the consumer is stopped, or None when it is not."""
    return await connection.fetchval(STOPPED, consumer)


async def stop_at_trimmed(
    connection: Connection, partition: Partition, mark: Mark, reason: str
) -> None:
    """Declare that the consumer must not go on until the topic's owner has republished.

    Only while it still stands at ``mark``: an operator may have resumed it in the meantime.
    """
    await connection.execute(
        STOP_AT_TRIMMED,
        partition.consumer,
        reason,
        partition.topic,
        partition.number,
        mark.next_offset,
        mark.fingerprint,
    )


async def due_keys(connection: Connection, consumer: str, limit: int) -> list[tuple[str, str]]:
    """Topic and key of those whose first parked event is due for another try."""
    return [(row["topic"], row["key"]) for row in await connection.fetch(DUE_KEYS, consumer, limit)]


async def head(connection: Connection, consumer: str, topic: str, key: str) -> Parked | None:
    """A key's first parked event."""
    row = await connection.fetchrow(HEAD, consumer, topic, key)
    return _parked(row) if row else None


async def due_alone(connection: Connection, consumer: str, limit: int) -> list[Parked]:
    """Records without key or sequence that an operator wants tried again, locked."""
    return [_parked(row) for row in await connection.fetch(DUE_ALONE, consumer, limit)]


async def set_aside(connection: Connection, parked: Parked, cause: str) -> None:
    """Still not to be read: it waits for an operator."""
    await connection.execute(SET_ASIDE, parked.id, cause)


async def remove(connection: Connection, parked: Parked) -> None:
    """It has been applied, or was a duplicate."""
    await connection.execute(REMOVE, parked.id)


async def put_off(connection: Connection, parked: Parked, cause: str, seconds: float) -> None:
    """It failed again: note why, and when to try next."""
    await connection.execute(PUT_OFF, parked.id, cause, seconds)


async def counts(connection: Connection, consumer: str) -> dict[str, int]:
    """How many are parked, by cause."""
    return {row["cause"]: row["number"] for row in await connection.fetch(COUNTS, consumer)}


def stored_headers(record: Record) -> list[list[str]]:
    """Header pairs as hex, since any bytes may come and jsonb takes no NUL."""
    return [
        [name.encode("utf-8", "surrogatepass").hex(), (value or b"").hex()]
        for name, value in record.headers
    ]


def _parked(row: Any) -> Parked:
    headers = [
        (bytes.fromhex(name).decode("utf-8", "surrogatepass"), bytes.fromhex(value))
        for name, value in row["headers"]
    ]
    record = Record(row["record_key"], row["value"], headers)
    item = read(record, row["topic"], row["partition"], row["offset"])
    return Parked(row["id"], row["attempts"], item)
