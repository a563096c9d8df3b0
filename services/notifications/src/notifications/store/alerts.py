"""The alerts in PostgreSQL.

Invariant: one row a walk and deadline, whichever way the alarm came first; a row that is due to
climb is locked by one climber, and the others pass it by.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg

from notifications.domain.alerts import Acknowledgement, Alert
from shared.events import WardRef
from shared.postgres import Connection

Filter = Literal["open", "raised", "escalated", "acknowledged", "cleared"]

# ruff: noqa: S608 - the statements are put together from constants of this file

_COLUMNS = """id, walk_id, due_at, ward_code, ward_set, missing, rung, raised_at, climbs_at,
       escalated_at, acknowledged_at, acknowledged_by, acknowledged_name, cleared_at"""

# $1.. are equally long arrays, one element an alert; in order of walk, so that two writers queue.
INSERT = """
insert into alert (id, walk_id, due_at, ward_code, ward_set, missing, rung, raised_at, climbs_at)
select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::text[],
                     $7::text[], $8::timestamptz[], $9::timestamptz[])
    as a (id, walk_id, due_at, ward_code, ward_set, missing, rung, raised_at, climbs_at)
 order by walk_id, due_at
on conflict (walk_id, due_at) do nothing
returning id
"""

FIND = f"select {_COLUMNS} from alert where id = $1"
LOCK = f"select {_COLUMNS} from alert where id = $1 for update"
FIND_OF_WALK = "select id from alert where walk_id = $1 and due_at = $2"

LOCK_CLIMBING = f"""
select {_COLUMNS} from alert where climbs_at <= $1 order by climbs_at limit $2
   for update skip locked
"""

SAVE = """
update alert set rung = $2, climbs_at = $3, escalated_at = $4, acknowledged_at = $5,
       acknowledged_by = $6, acknowledged_name = $7, cleared_at = $8
 where id = $1
"""

# The cause of an alert has gone away. $1 walks, $2 the moments, $3 the one deadline meant (null:
# all of the walk), $4 what was missing (null: either).
CLEAR = """
with gone as (
    select * from unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::text[])
        as g (walk_id, at, due_at, missing)
)
update alert set cleared_at = gone.at, climbs_at = null
  from gone
 where alert.walk_id = gone.walk_id
   and alert.cleared_at is null
   and (gone.due_at is null or alert.due_at = gone.due_at)
   and (gone.missing is null or alert.missing = gone.missing)
"""

# Newest first, from below ($2, $3) on; a filter of null shows all.
LIST = f"""
select {_COLUMNS} from alert
 where ($1::text is null
        or $1 = 'acknowledged' and acknowledged_at is not null
        or $1 = 'cleared' and acknowledged_at is null and cleared_at is not null
        or acknowledged_at is null and cleared_at is null and (
            $1 = 'open'
            or $1 = 'raised' and escalated_at is null
            or $1 = 'escalated' and escalated_at is not null
        ))
   and ($2::timestamptz is null or (raised_at, id) < ($2, $3::uuid))
 order by raised_at desc, id desc
 limit $4
"""

LIST_SETTLED = f"""
select {_COLUMNS} from alert
 where acknowledged_at is not null or cleared_at is not null
 order by raised_at desc, id desc
 limit $1
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the list, newest first: what comes after this alert."""

    raised_at: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class Cleared:
    """An alert's cause has gone away: of which walk, when, and which of its alerts (None: any)."""

    walk_id: UUID
    at: datetime
    due_at: datetime | None = None
    missing: Literal["start", "end"] | None = None


async def insert(connection: Connection, alerts: Sequence[Alert]) -> set[UUID]:
    """Store new alerts; answers the ids of those that were not known by walk and deadline yet."""
    rows = await connection.fetch(
        INSERT,
        [alert.id for alert in alerts],
        [alert.walk_id for alert in alerts],
        [alert.due_at for alert in alerts],
        [alert.ward.code for alert in alerts],
        [alert.ward.set for alert in alerts],
        [alert.missing for alert in alerts],
        [alert.rung for alert in alerts],
        [alert.raised_at for alert in alerts],
        [alert.climbs_at for alert in alerts],
    )
    return {row["id"] for row in rows}


async def find(connection: Connection, alert_id: UUID) -> Alert | None:
    """One alert."""
    row = await connection.fetchrow(FIND, alert_id)
    return _alert(row) if row else None


async def id_of(connection: Connection, walk_id: UUID, due_at: datetime) -> UUID | None:
    """The alert of a walk's deadline."""
    return await connection.fetchval(FIND_OF_WALK, walk_id, due_at)


async def lock(connection: Connection, alert_id: UUID) -> Alert | None:
    """One alert, its row locked until the transaction ends."""
    row = await connection.fetchrow(LOCK, alert_id)
    return _alert(row) if row else None


async def lock_climbing(connection: Connection, *, at: datetime, limit: int) -> list[Alert]:
    """Alerts due to climb that no other climber holds, locked."""
    return [_alert(row) for row in await connection.fetch(LOCK_CLIMBING, at, limit)]


async def save(connection: Connection, *alerts: Alert) -> None:
    """Write what can change of the alerts; their rows must be locked."""
    await connection.executemany(SAVE, [_changeable(alert) for alert in alerts])


async def clear(connection: Connection, gone: Sequence[Cleared]) -> None:
    """Mark alerts whose cause has gone away; one that was cleared before keeps its moment."""
    await connection.execute(
        CLEAR,
        [each.walk_id for each in gone],
        [each.at for each in gone],
        [each.due_at for each in gone],
        [each.missing for each in gone],
    )


async def newest(
    connection: Connection, *, state: Filter | None, below: Place | None, limit: int
) -> list[Alert]:
    """A page of alerts, newest first, that follow ``below``."""
    place = (below.raised_at, below.id) if below else (None, None)
    return [_alert(row) for row in await connection.fetch(LIST, state, *place, limit)]


async def settled(connection: Connection, *, limit: int) -> list[Alert]:
    """The newest alerts that need nobody any more."""
    return [_alert(row) for row in await connection.fetch(LIST_SETTLED, limit)]


def _changeable(alert: Alert) -> tuple[object, ...]:
    taken = alert.acknowledged
    return (
        alert.id,
        alert.rung,
        alert.climbs_at,
        alert.escalated_at,
        taken.at if taken else None,
        taken.subject if taken else None,
        taken.name if taken else None,
        alert.cleared_at,
    )


def _alert(row: asyncpg.Record) -> Alert:
    taken = row["acknowledged_at"] and Acknowledgement(
        row["acknowledged_by"], row["acknowledged_name"], row["acknowledged_at"]
    )
    return Alert(
        id=row["id"],
        walk_id=row["walk_id"],
        ward=WardRef(code=row["ward_code"], set=row["ward_set"]),
        due_at=row["due_at"],
        missing=row["missing"],
        rung=row["rung"],
        raised_at=row["raised_at"],
        climbs_at=row["climbs_at"],
        escalated_at=row["escalated_at"],
        acknowledged=taken,
        cleared_at=row["cleared_at"],
    )
