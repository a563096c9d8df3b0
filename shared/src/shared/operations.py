"""What an operator can do, at the command line and over HTTP; the same in every service.

Invariant: every change is written to the audit table with who and why, in the transaction of the
change; and nothing is shown that an event must not carry: a parked value is named by its cause and
place, never printed.
"""

import getpass
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared import requests, retention
from shared.errors import Conflict, NotFound
from shared.postgres import Connection

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
    connection: Connection, consumer: str, *, after: int = 0, limit: int = PAGE
) -> list[ParkedRow]:
    """What is parked, oldest first, from after an id on."""
    rows = await connection.fetch(LIST, consumer, after, limit)
    return [ParkedRow(**dict(row)) for row in rows]


async def retry(
    connection: Connection, consumer: str, event: int | None, *, by: str, reason: str | None = None
) -> int:
    """Let the drainer try one parked event, or all, at once; answers how many."""
    done = await connection.execute(RETRY, consumer, event)
    number = int(done.rsplit(" ", 1)[1])
    if event is not None and not number:
        raise NotFound("There is no parked event of that number.")
    await audit(connection, by, "events.retry", str(event or "all"), reason)
    return number


async def discard(
    connection: Connection, consumer: str, event: int, *, by: str, reason: str
) -> None:
    """Give one parked event up for good, with a reason; its key goes on past it.

    Raises NotFound, or Conflict when an earlier event of the same key is parked too.
    """
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
    await audit(connection, by, "events.discard", str(event), reason)


async def resume(
    connection: Connection, consumer: str, *, by: str, reason: str | None = None
) -> str | None:
    """End a declared stop; answers what it was for, or None when there was none."""
    row = await connection.fetchrow(RESUME, consumer)
    stopped_for: str | None = row["reason"] if row else None
    if row and row["trimmed_topic"]:
        await connection.execute(BEGIN_ANEW, consumer, row["trimmed_topic"])
    await audit(connection, by, "events.resume", consumer, reason or stopped_for)
    return stopped_for


async def expire(
    connection: Connection, at: datetime, *, dry_run: bool, by: str, reason: str | None = None
) -> dict[str, int]:
    """Let go of what is past its time, or only say what would go."""
    found = await retention.let_go(connection, at, dry_run=dry_run)
    if not dry_run:
        await audit(connection, by, "events.expire", "all", reason)
    return found


async def ask_to_republish(
    connection: Connection, since: datetime, *, by: str, reason: str | None
) -> UUID:
    """Have a worker say again what was said since a time; answers the request's id."""
    request = await requests.ask(connection, since)
    await audit(connection, by, "events.republish", since.isoformat(), reason)
    return request


async def audit(
    connection: Connection, actor: str, action: str, subject: str, reason: str | None
) -> None:
    """Write down who did or read what, and why, in the caller's transaction."""
    await connection.execute(AUDIT, actor, action, subject, reason)


def at_the_keyboard() -> str:
    """Who types, as the audit names her."""
    try:
        return f"operator:{getpass.getuser()}"
    except (KeyError, OSError):
        return "operator:unknown"
