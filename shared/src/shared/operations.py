"""What an operator can do about parked events and stopped consumers; the same in every service.

Invariant: every change is written to the audit table with who and why, and nothing is shown that an
event must not carry: a parked value is named by its cause and place, never printed.
"""

import getpass
from dataclasses import dataclass
from datetime import datetime

from shared.errors import Conflict, NotFound
from shared.postgres import Connection, Database

PAGE = 100

LIST = """
select id, topic, partition, "offset", key, sequence, cause, attempts, parked_at, retry_at from parked
 where consumer = $1 and id > $2 order by id limit $3
"""
RETRY = "update parked set retry_at = now() where consumer = $1 and ($2::bigint is null or id = $2)"
DISCARD = """
with gone as (delete from parked where consumer = $1 and id = $2 returning *)
insert into parked_discarded (id, consumer, topic, key, sequence, cause, reason)
select id, consumer, topic, key, sequence, cause, $3 from gone
returning topic, key, sequence
"""
# Discarding a key's next event lets the key go on past it; its later ones stay queued for the
# drainer.
GO_PAST = """
update inbox set last_sequence = greatest(last_sequence, $4)
 where consumer = $1 and topic = $2 and key = $3
"""
HURRY = "update parked set retry_at = now() where consumer = $1 and topic = $2 and key = $3"
UNBLOCK = """
update inbox set blocked = false
 where consumer = $1 and topic = $2 and key = $3
   and not exists (select from parked p where p.consumer = $1 and p.topic = $2 and p.key = $3)
"""
FIRST_OF_KEY = """
select not exists (
    select from parked p join parked earlier
      on (earlier.consumer, earlier.topic, earlier.key) = (p.consumer, p.topic, p.key)
   where p.consumer = $1 and p.id = $2 and earlier.sequence < p.sequence)
"""
RESUME = """
update consumer_stop set resumed_at = now() where consumer = $1 and resumed_at is null
returning reason, trimmed_topic
"""
# A reader that stopped because its log was trimmed begins again where the log now does.
BEGIN_ANEW = "delete from consumer_offset where consumer = $1 and topic = $2"
AUDIT = "insert into audit (actor, action, subject, reason) values ($1, $2, $3, $4)"


@dataclass(frozen=True, slots=True)
class ParkedRow:
    """A parked event as operators see it."""

    id: int
    topic: str
    partition: int
    offset: int
    key: str | None
    sequence: int | None
    cause: str
    attempts: int
    parked_at: datetime
    retry_at: datetime


async def parked(
    database: Database, consumer: str, *, after: int = 0, limit: int = PAGE
) -> list[ParkedRow]:
    """What is parked, oldest first, from after an id on."""
    async with database.reading() as connection:
        rows = await connection.fetch(LIST, consumer, after, limit)
    return [ParkedRow(**dict(row)) for row in rows]


async def retry(database: Database, consumer: str, event: int | None) -> int:
    """Let the drainer try one parked event, or all, at once; answers how many."""
    async with database.transaction() as connection:
        done = await connection.execute(RETRY, consumer, event)
        number = int(done.rsplit(" ", 1)[1])
        if event is not None and not number:
            raise NotFound("There is no parked event of that number.")
        await _audit(connection, "events.retry", str(event or "all"), None)
    return number


async def discard(database: Database, consumer: str, event: int, reason: str) -> None:
    """Give one parked event up for good, with a reason; its key goes on past it.

    Raises NotFound, or Conflict when an earlier event of the same key is parked too.
    """
    async with database.transaction() as connection:
        if not await connection.fetchval(FIRST_OF_KEY, consumer, event):
            raise Conflict("Its key has an earlier parked event: deal with that one first.")
        row = await connection.fetchrow(DISCARD, consumer, event, reason)
        if row is None:
            raise NotFound("There is no parked event of that number.")
        if row["key"] is not None:
            key = (consumer, row["topic"], row["key"])
            await connection.execute(GO_PAST, *key, row["sequence"])
            await connection.execute(HURRY, *key)
            await connection.execute(UNBLOCK, *key)
        await _audit(connection, "events.discard", str(event), reason)


async def resume(database: Database, consumer: str) -> str | None:
    """End a declared stop; answers what it was for, or None when there was none."""
    async with database.transaction() as connection:
        row = await connection.fetchrow(RESUME, consumer)
        reason: str | None = row["reason"] if row else None
        if row and row["trimmed_topic"]:
            await connection.execute(BEGIN_ANEW, consumer, row["trimmed_topic"])
        await _audit(connection, "events.resume", consumer, reason)
    return reason


async def audit(
    connection: Connection, actor: str, action: str, subject: str, reason: str | None
) -> None:
    """Write down who did or read what, and why, in the caller's transaction."""
    await connection.execute(AUDIT, actor, action, subject, reason)


async def _audit(connection: Connection, action: str, subject: str, reason: str | None) -> None:
    await audit(connection, f"operator:{_login()}", action, subject, reason)


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
