"""Where to read on after an assignment, an out-of-range answer, or a refusal by the fence.

Invariant: a log is recognised by its cluster, its length and the fingerprint of the record before
our place. The same log: go on. Another log: read it from its start; the inbox drops what is already
known. A log that has lost records we have not read: stop, and say which owner must republish.
"""

from dataclasses import dataclass

from shared.consumer import offsets
from shared.consumer.offsets import Mark, Partition, Standing
from shared.postgres import Database


class Trimmed(Exception):
    """The log has lost records that were never read here; ``mark`` is where we stood."""

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark


@dataclass(frozen=True, slots=True)
class Log:
    """What the broker says of a partition: first offset kept, next offset to be written, its
    cluster.
    """

    start: int
    end: int
    cluster: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where to read on: the standing, and whether the record before it must first be compared."""

    standing: Standing
    verify: bool


async def look(database: Database, partition: Partition, log: Log) -> Place:
    """Find the place in the database and hold it against the log. Raises Trimmed, or
    offsets.Fenced.
    """
    async with database.reading() as connection:
        standing = await offsets.find(connection, partition)
    if standing is None or standing.cluster != log.cluster or standing.mark.next_offset > log.end:
        return Place(await begin(database, partition, standing, log), verify=False)
    if standing.mark.next_offset < log.start:
        raise Trimmed(standing.mark)
    known_before = standing.mark.next_offset > log.start and standing.mark.fingerprint != ""
    return Place(standing, verify=known_before)


async def begin(
    database: Database, partition: Partition, standing: Standing | None, log: Log
) -> Standing:
    """Stand at the start of this log, noting where a trimmed one ends."""
    trimmed_until = log.end if log.start > 0 else 0
    fresh = Standing(Mark(log.start, ""), log.cluster, trimmed_until)
    async with database.transaction() as connection:
        await offsets.begin(connection, partition, standing, fresh)
    return fresh


async def begin_again(database: Database, partition: Partition, mark: Mark, log: Log) -> None:
    """Leave the log in which we stood at ``mark`` for the start of the one that took its place."""
    await begin(database, partition, Standing(mark, log.cluster, 0), log)
