"""The outbox as a queue: read from its head, deleted once the broker has it.

Invariant: never a cursor. Sequence numbers are handed out before commit, so ``seq > last`` would
skip or reorder rows that commit late; the head is read again each time, leaving out only what is in
flight. Due rows go by release time and then by key: those held back to the same moment come out in
an order that says nothing about when they happened, and a key's own rows keep theirs.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.postgres import Connection
from shared.relay.lease import LeaseLost

HEAD = """
select q.seq, q.topic, q.key, q.sequence, q.republished, e.event_id, e.type, e.headers, e.value
  from (select * from outbox
         where publish_after <= $1 and seq <> all($2::bigint[]) and topic = any($3::text[])
         order by publish_after, key, seq limit $4) q
  join event_log e using (topic, key, sequence, logged_at)
 order by q.publish_after, q.key, q.seq
"""
DELETE = """
delete from outbox
 where seq = any($1::bigint[])
   and exists (select from relay_lease where token = $2 and expires_at > clock_timestamp())
"""
WAITING = """
select count(*) as rows,
       coalesce(extract(epoch from $1 - min(publish_after) filter (where publish_after <= $1)), 0)::float
           as oldest_seconds
  from outbox
"""

FIRST = """
select seq from outbox where publish_after <= $1 and topic = any($2::text[])
 order by publish_after, key, seq limit 1
"""


async def head(
    connection: Connection,
    at: datetime,
    *,
    in_flight: Collection[int],
    topics: Collection[str],
    limit: int,
) -> list[dict[str, Any]]:
    """The first due rows that are not in flight, with their logged events, ready for
    ``codec.encode``.
    """
    rows = await connection.fetch(HEAD, at, list(in_flight), list(topics), limit)
    return [dict(row) for row in rows]


async def delete(connection: Connection, seqs: Collection[int], token: UUID) -> None:
    """Let go of rows that the broker has. Raises LeaseLost unless all were ours to delete."""
    done = await connection.execute(DELETE, list(seqs), token)
    if done != f"DELETE {len(seqs)}":
        raise LeaseLost


async def first(connection: Connection, at: datetime, topics: Collection[str]) -> int | None:
    """The row of these topics that should go next, in flight or not; None when none is due."""
    return await connection.fetchval(FIRST, at, list(topics))


async def waiting(connection: Connection, at: datetime) -> tuple[int, float]:
    """How many rows wait, and the age in seconds of the oldest that is due."""
    row = await connection.fetchrow(WAITING, at)
    assert row is not None
    return row["rows"], row["oldest_seconds"]
