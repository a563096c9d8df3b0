"""Capture windows, one a walk.

Invariant: what has been told of a walk is never untold: an event that says less leaves the rest as it
is. Only a cancellation that its participant has undone is forgotten.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from concerns.domain import Window
from shared.postgres import Connection

FIND = """
select walk_id, starts_at, ends_at, started_at, ended_at, cancelled_at
  from capture_window where walk_id = $1
"""
# $1.. are equally long arrays, one element a walk.
LEARN = """
insert into capture_window as known
       (walk_id, starts_at, ends_at, started_at, ended_at, cancelled_at)
select walk_id, starts_at, ends_at, started_at, ended_at, cancelled_at
  from unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[],
              $5::timestamptz[], $6::timestamptz[])
    as told (walk_id, starts_at, ends_at, started_at, ended_at, cancelled_at)
on conflict (walk_id) do update
   set starts_at = excluded.starts_at,
       ends_at = excluded.ends_at,
       started_at = coalesce(excluded.started_at, known.started_at),
       ended_at = coalesce(excluded.ended_at, known.ended_at),
       cancelled_at = case when known.walk_id = any ($7::uuid[]) then null
                           else coalesce(excluded.cancelled_at, known.cancelled_at) end
"""
FORGET_OLD = "delete from capture_window where ends_at < $1"


async def find(connection: Connection, walk_id: UUID) -> Window | None:
    """What is known of a walk, or None when nothing has been heard of it yet."""
    row = await connection.fetchrow(FIND, walk_id)
    return Window(**dict(row)) if row else None


async def learn(connection: Connection, windows: Sequence[Window]) -> None:
    """Add what has been heard of some walks, none of them twice."""
    await connection.execute(
        LEARN,
        [window.walk_id for window in windows],
        [window.starts_at for window in windows],
        [window.ends_at for window in windows],
        [window.started_at for window in windows],
        [window.ended_at for window in windows],
        [window.cancelled_at for window in windows],
        [window.walk_id for window in windows if window.stands],
    )


async def forget_old(connection: Connection, before: datetime) -> None:
    """Forget the walks that were to end before an instant."""
    await connection.execute(FORGET_OLD, before)
