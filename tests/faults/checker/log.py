"""What a service committed: its ``event_log``, streamed, and what of it still waits in the outbox.

Invariant: a million events pass through; of each only its id and a hash of what it says stay.
"""

from collections.abc import AsyncGenerator, Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg

AT_ONCE = 5_000

EVENTS = """
select e.event_id, e.key, e.sequence, e.type, e.value, e.headers ->> 'time' as time,
       coalesce(o.publish_after > now(), false) as held_back
  from event_log e
  left join outbox o using (topic, key, sequence, logged_at)
 where e.topic = $1
"""
IN_ORDER = """
select event_id, key, sequence, type, value, headers ->> 'time' as time
  from event_log where topic = $1 order by key, sequence
"""

Connection = asyncpg.Connection


@dataclass
class Committed:
    """A topic's events as its owner committed them: id -> hash of the content.

    ``held_back`` are those whose moment has not come: they may not be on the topic yet.
    """

    contents: dict[bytes, int] = field(default_factory=dict[bytes, int])
    held_back: set[bytes] = field(default_factory=set[bytes])


async def committed(connection: "Connection[Any]", topic: str) -> Committed:
    """All that a service has committed to a topic."""
    found = Committed()
    async for row in streamed(connection, EVENTS, topic):
        name = row["event_id"].bytes
        found.contents[name] = content(
            row["key"], row["sequence"], row["type"], row["time"], row["value"]
        )
        if row["held_back"]:
            found.held_back.add(name)
    return found


def content(key: str, sequence: int, type_: str, time: str, value: bytes | None) -> int:
    """A hash of what an event says; the same for the same bytes within one process."""
    return hash((key, sequence, type_, time, value))


async def streamed(
    connection: "Connection[Any]", statement: str, *arguments: Any
) -> AsyncGenerator[asyncpg.Record]:
    """The rows of a statement, some thousand at a time, at one moment of the database."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        async for row in connection.cursor(statement, *arguments, prefetch=AT_ONCE):
            yield row


def words(ids: "AbstractSet[bytes]") -> list[str]:
    """Ids as people write them, in a steady order."""
    return sorted(str(UUID(bytes=each)) for each in ids)
