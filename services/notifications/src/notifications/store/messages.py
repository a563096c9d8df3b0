"""The messages in PostgreSQL: what is due, who has claimed it, what became of it.

Invariant: a claim is a token and a lease (``due_at``); only its holder can write the outcome, and a
claim that lapsed (its worker died) is due again. No address, name or text of a mail is stored.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from notifications.domain.messages import Message, Settled, Told, WalkTimes, WishNews
from shared.postgres import Connection

# ruff: noqa: S608 - the statements are put together from constants of this file

_COLUMNS = """message.id, message.purpose, message.template, message.walk_id, message.sequence,
       message.starts_at, message.ends_at, message.needed_by, message.alert_id, message.rung,
       message.request_id, message.offer_no, message.until, message.state, message.attempts,
       message.created_at"""

# $1.. are equally long arrays, one element a message.
INSERT = """
insert into message (id, purpose, template, walk_id, sequence, starts_at, ends_at, alert_id, rung,
                     request_id, offer_no, until, needed_by, due_at, created_at)
select * from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::bigint[],
                     $6::timestamptz[], $7::timestamptz[], $8::uuid[], $9::text[], $10::uuid[],
                     $11::int[], $12::timestamptz[], $13::timestamptz[], $14::timestamptz[],
                     $15::timestamptz[])
on conflict do nothing
"""

CLAIM = f"""
with next as (
    select id from message
     where state in ('intended', 'sending', 'retrying') and due_at <= $2
     order by due_at
     limit 1
     for update skip locked
)
update message set claim = $1, due_at = $3, attempts = attempts + 1
  from next
 where message.id = next.id
returning {_COLUMNS}, exists (
    select 1 from message later
     where later.walk_id = message.walk_id and later.sequence > message.sequence
) or exists (
    select 1 from message later
     where later.request_id = message.request_id and later.sequence > message.sequence
) as superseded
"""

BEGIN_SENDING = "update message set state = 'sending', reason = null where id = $1 and claim = $2"

SETTLE = """
update message set state = $3, reason = $4, due_at = coalesce($5, due_at), claim = null,
       settled_at = case when $5::timestamptz is null then $6::timestamptz end
 where id = $1 and claim = $2
"""

OF_WALK = f"""
select {_COLUMNS}, false as superseded from message where walk_id = $1 order by created_at, purpose
"""


async def insert(
    connection: Connection, messages: Sequence[Message], due: Sequence[datetime]
) -> None:
    """Intend messages, each due at its moment; one that is intended already stays as it is."""
    walks = [each.about if isinstance(each.about, WalkTimes) else None for each in messages]
    rungs = [each.about if isinstance(each.about, Told) else None for each in messages]
    wishes = [each.about if isinstance(each.about, WishNews) else None for each in messages]
    await connection.execute(
        INSERT,
        [each.id for each in messages],
        [each.purpose for each in messages],
        [each.template for each in messages],
        [each.walk_id for each in messages],
        [
            (about := walk or wish) and about.sequence
            for walk, wish in zip(walks, wishes, strict=True)
        ],
        [walk and walk.starts_at for walk in walks],
        [walk and walk.ends_at for walk in walks],
        [told and told.alert_id for told in rungs],
        [told and told.rung for told in rungs],
        [wish and wish.request_id for wish in wishes],
        [wish and wish.offer_no for wish in wishes],
        [wish and wish.until for wish in wishes],
        [walk and walk.needed_by for walk in walks],
        due,
        [each.created_at for each in messages],
    )


async def claim(
    connection: Connection, token: UUID, *, at: datetime, until: datetime
) -> Message | None:
    """Claim the message that has been due longest and that nobody else holds, until a moment."""
    row = await connection.fetchrow(CLAIM, token, at, until)
    return _message(row) if row else None


async def begin_sending(connection: Connection, message_id: UUID, token: UUID) -> bool:
    """Write down that the message is about to go out; False when the claim has been lost."""
    return await connection.execute(BEGIN_SENDING, message_id, token) == "UPDATE 1"


async def settle(
    connection: Connection, message_id: UUID, token: UUID, settled: Settled, *, at: datetime
) -> bool:
    """Write down what a try came to and let the claim go; False when it has been lost."""
    tag = await connection.execute(
        SETTLE, message_id, token, settled.state, settled.reason, settled.due_at, at
    )
    return tag == "UPDATE 1"


async def of_walk(connection: Connection, walk_id: UUID) -> list[Message]:
    """All messages about a walk, oldest first."""
    return [_message(row) for row in await connection.fetch(OF_WALK, walk_id)]


def _about(row: asyncpg.Record) -> WalkTimes | Told | WishNews:
    if row["alert_id"]:
        return Told(row["alert_id"], row["rung"])
    if row["request_id"]:
        return WishNews(row["request_id"], row["sequence"], row["until"], row["offer_no"])
    return WalkTimes(row["sequence"], row["starts_at"], row["ends_at"], row["needed_by"])


def _message(row: asyncpg.Record) -> Message:
    return Message(
        id=row["id"],
        purpose=row["purpose"],
        template=row["template"],
        walk_id=row["walk_id"],
        about=_about(row),
        state=row["state"],
        attempts=row["attempts"],
        created_at=row["created_at"],
        superseded=row["superseded"],
    )
