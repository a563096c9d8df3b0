"""Republishing that was asked for over HTTP: a row, and a timer of the worker that does it.

Invariant: a request is carried out at least once; who takes it and dies is followed by another when
its time is over. Twice is harmless: readers drop what they know.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from shared.clock import new_id
from shared.errors import NotFound, Refusal
from shared.postgres import Connection
from shared.republish import republish
from shared.service import Parts, Timer

EVERY = timedelta(seconds=2)

ASK = "insert into republish_request (id, since) values ($1, $2)"
TAKE = """
update republish_request set taken_until = now() + interval '5 minutes'
 where id = (select id from republish_request where ended_at is null and taken_until < now()
              order by asked_at limit 1 for update skip locked)
returning id, since
"""
END = "update republish_request set ended_at = now(), events = $2, failure = $3 where id = $1"
FIND = """
select id, since, asked_at, ended_at, events, failure, taken_until > now() as taken
  from republish_request where id = $1
"""


@dataclass(frozen=True, slots=True)
class Request:
    """A request as operators see it."""

    id: UUID
    state: Literal["asked", "running", "done", "failed"]
    since: datetime
    asked_at: datetime
    ended_at: datetime | None
    events: int | None
    failure: str | None


async def ask(connection: Connection, since: datetime) -> UUID:
    """Write a request down; answers its id."""
    request = new_id()
    await connection.execute(ASK, request, since)
    return request


async def find(connection: Connection, request: UUID) -> Request:
    """What became of a request. Raises NotFound."""
    row = await connection.fetchrow(FIND, request)
    if row is None:
        raise NotFound("There is no such request.")
    found = dict(row)
    taken: bool = found.pop("taken")
    if found["ended_at"]:
        state = "failed" if found["failure"] else "done"
    else:
        state = "running" if taken else "asked"
    return Request(state=state, **found)


def timer(parts: Parts[Any]) -> Timer:
    """The timer that every worker runs."""

    async def run() -> None:
        while await carry_out_next(parts):
            pass

    return Timer("republish", EVERY, run)


async def carry_out_next(parts: Parts[Any]) -> bool:
    """Do the oldest request that nobody is at; False when there is none."""
    async with parts.database.transaction() as connection:
        row = await connection.fetchrow(TAKE)
    if row is None:
        return False
    number, failure = None, None
    try:
        number = await republish(parts, row["since"])
    except Refusal as refusal:
        failure = refusal.detail
    except OSError:
        failure = "Kafka did not answer: see doctor, then ask again."
    async with parts.database.transaction() as connection:
        await connection.execute(END, row["id"], number, failure)
    return True
