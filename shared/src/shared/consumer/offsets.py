"""Where a consumer stands in each partition, kept in its own database and fenced there.

Invariant: a batch's first statement moves the offset only from exactly the place its reader
believed in, offset *and* fingerprint of the record before it. A zombie, or a reader of another log,
moves nothing.
"""

from dataclasses import dataclass

from shared.postgres import Connection

ADVANCE = """
update consumer_offset set next_offset = $6, fingerprint = $7
 where consumer = $1 and topic = $2 and partition = $3 and next_offset = $4 and fingerprint = $5
"""
FIND = """
select next_offset, fingerprint, cluster, trimmed_until from consumer_offset
 where consumer = $1 and topic = $2 and partition = $3
"""
BEGIN = """
insert into consumer_offset (consumer, topic, partition, next_offset, fingerprint, cluster, trimmed_until)
values ($1, $2, $3, $4, '', $5, $6)
on conflict (consumer, topic, partition) do nothing
"""
BEGIN_AGAIN = """
update consumer_offset set next_offset = $6, fingerprint = '', cluster = $7, trimmed_until = $8
 where consumer = $1 and topic = $2 and partition = $3 and next_offset = $4 and fingerprint = $5
"""


class Fenced(Exception):
    """Another owner has moved this offset: look again where we stand."""


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition as one consumer reads it."""

    consumer: str
    topic: str
    number: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a log: the next offset, and the fingerprint of the record before it."""

    next_offset: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What the database holds of a partition.

    ``trimmed_until``: the log had already lost its beginning when this reader began; up to that
    offset a key may be met in the middle of its story.
    """

    mark: Mark
    cluster: str
    trimmed_until: int


async def find(connection: Connection, partition: Partition) -> Standing | None:
    """Where we stand, or None where we have never been."""
    row = await connection.fetchrow(FIND, partition.consumer, partition.topic, partition.number)
    if row is None:
        return None
    mark = Mark(row["next_offset"], row["fingerprint"])
    return Standing(mark, row["cluster"], row["trimmed_until"])


async def advance(connection: Connection, partition: Partition, old: Mark, new: Mark) -> None:
    """Move on, if nobody else has. Raises Fenced."""
    done = await connection.execute(
        ADVANCE,
        partition.consumer,
        partition.topic,
        partition.number,
        old.next_offset,
        old.fingerprint,
        new.next_offset,
        new.fingerprint,
    )
    if done != "UPDATE 1":
        raise Fenced


async def begin(
    connection: Connection, partition: Partition, standing: Standing | None, fresh: Standing
) -> None:
    """Stand at the start of a log: a first one, or a new one in place of ``standing``. Raises
    Fenced.
    """
    place = (partition.consumer, partition.topic, partition.number)
    fresh_values = (fresh.mark.next_offset, fresh.cluster, fresh.trimmed_until)
    if standing is None:
        done = await connection.execute(BEGIN, *place, *fresh_values)
    else:
        old = standing.mark
        done = await connection.execute(
            BEGIN_AGAIN, *place, old.next_offset, old.fingerprint, *fresh_values
        )
    if not done.endswith(" 1"):
        raise Fenced
