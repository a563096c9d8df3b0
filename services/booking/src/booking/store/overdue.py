"""Overdue walks, and the reports of them that notifications has yet to answer.

Invariant: a walk is marked once for each thing that is missing, a report is sent until it is answered,
and no transaction is open while one is on its way.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from booking import domain
from booking.store import rows
from shared.postgres import Connection

# A walk that somebody is just now starting or ending is left to him.
LOCK_NEXT_DUE = """
select walk.*, officer.officer_no, officer.display_name, officer.force_phone, officer.role,
       officer.team_id
  from walk join officer on officer.id = walk.officer_id
 where walk.overdue_due_at is null
   and (walk.state = 'confirmed' and walk.start_due_at <= $1
        or walk.state = 'started' and walk.end_due_at <= $1)
 order by walk.starts_at, walk.id
 limit 1
   for update of walk skip locked
"""

QUEUE_REPORT = """
insert into overdue_report (event_id, walk_id, ward_code, ward_set, due_at, missing, next_attempt_at)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (walk_id, due_at) do nothing
"""

# Whoever takes a report has until its next attempt to deliver it; a second worker leaves it alone.
TAKE_REPORTS = """
update overdue_report
   set attempts = attempts + 1,
       next_attempt_at = $1 + least(interval '1 second' * 2 ^ least(attempts, 10), $2::interval)
 where event_id in (
     select event_id from overdue_report
      where reported_at is null and next_attempt_at <= $1
      order by due_at
      limit 20
        for update skip locked)
returning event_id, walk_id, ward_code, ward_set, due_at, missing
"""

# An alarm is acknowledged after it fell due; what comes later than that was of an earlier mark.
ACKNOWLEDGE = """
update walk set overdue_acknowledged_at = said.at
  from unnest($1::uuid[], $2::timestamptz[]) as said (walk_id, at)
 where walk.id = said.walk_id and walk.overdue_due_at <= said.at
   and walk.overdue_acknowledged_at is null
"""

REPORTED = "update overdue_report set reported_at = $2 where event_id = $1"

FORGET_OLD_REPORTS = "delete from overdue_report where reported_at < $1"


async def lock_next_due(connection: Connection, at: datetime) -> domain.Walk | None:
    """A walk that is due to be marked, locked until the commit; those locked by others are left out."""
    row = await connection.fetchrow(LOCK_NEXT_DUE, at)
    return rows.walk(row) if row else None


async def queue_report(
    connection: Connection, event_id: UUID, walk: domain.Walk, mark: domain.Overdue, at: datetime
) -> None:
    """Have an overdue walk reported from now on."""
    await connection.execute(
        QUEUE_REPORT,
        event_id,
        walk.id,
        walk.ward.code,
        walk.ward.set,
        mark.due_at,
        mark.missing,
        at,
    )


async def take_reports(
    connection: Connection, at: datetime, longest_wait: timedelta
) -> list[domain.Report]:
    """Reports that are due to be sent; each is put off, for the case that it fails."""
    found = await connection.fetch(TAKE_REPORTS, at, longest_wait)
    return [
        domain.Report(
            row["event_id"],
            row["walk_id"],
            row["ward_code"],
            row["ward_set"],
            row["due_at"],
            row["missing"],
        )
        for row in found
    ]


async def reported(connection: Connection, event_id: UUID, at: datetime) -> None:
    """Note that notifications has answered."""
    await connection.execute(REPORTED, event_id, at)


async def acknowledge(connection: Connection, said: Sequence[tuple[UUID, datetime]]) -> None:
    """Note of walks that somebody took their alarm on, and when."""
    await connection.execute(ACKNOWLEDGE, [walk_id for walk_id, _ in said], [at for _, at in said])


async def forget_old_reports(connection: Connection, before: datetime) -> None:
    """Drop reports that were answered long ago."""
    await connection.execute(FORGET_OLD_REPORTS, before)
