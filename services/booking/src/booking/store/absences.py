"""Absences in the database, and the walks that they leave without their officer.

Invariant: an absence is written by who holds its officer's lock, which a booking takes too: either the
booking sees the absence, or the absence sees the walk.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from booking import domain
from booking.store import rows
from shared.postgres import Connection

LOCK_OFFICER = "select id from officer where id = $1 for no key update"

ADD_ABSENCE = """
insert into absence (id, officer_no, kind, during, noted_by, noted_at)
values ($1, $2, $3, tstzrange($4, $5), $6, $7)
"""

SAVE_ABSENCE = """
update absence set during = tstzrange(lower(during), $2), version = $3, noted_by = $4, noted_at = $5
 where id = $1
"""
FORGET_ABSENCE = "delete from absence where id = $1"

FIND_ABSENCE = """
select absence.*, lower(during) as since, upper(during) as until, officer.id as officer_id,
       officer.team_id, officer.display_name,
       officer.force_phone, officer.role
  from absence join officer on officer.officer_no = absence.officer_no
 where absence.id = $1
"""

# Those that are over are history: a month of it is enough to look up what was recorded wrongly.
LIST_ABSENCES = """
select absence.*, lower(during) as since, upper(during) as until, officer.id as officer_id,
       officer.team_id, officer.display_name,
       officer.force_phone, officer.role
  from absence join officer on officer.officer_no = absence.officer_no
 where ($1::uuid[] is null or officer.team_id = any ($1))
   and ($2::uuid is null or officer.id = $2)
   and (upper(during) is null or upper(during) > $3::timestamptz - interval '28 days')
 order by lower(during), absence.id
 limit 500
"""

AFFECTED = """
select walk.*, officer.officer_no, officer.display_name, officer.force_phone, officer.role,
       officer.team_id
  from walk join officer on officer.id = walk.officer_id
 where walk.state in ('held', 'confirmed')
   and walk.holder is null
   and walk.starts_at < coalesce($3::timestamptz, 'infinity') and walk.ends_at > $2
   and (walk.officer_id = $1
        or exists (select from slot_officer
                    where slot_officer.slot_id = walk.slot_id and slot_officer.officer_id = $1))
 order by walk.starts_at, walk.id
"""


async def lock_officer(connection: Connection, officer_id: UUID) -> None:
    """Lock an officer until the commit."""
    await connection.execute(LOCK_OFFICER, officer_id)


async def add_absence(
    connection: Connection, absence: domain.Absence, *, by: str, at: datetime
) -> None:
    """Add an absence of a locked officer."""
    await connection.execute(
        ADD_ABSENCE,
        absence.id,
        absence.officer.number,
        absence.kind,
        absence.since,
        absence.until,
        by,
        at,
    )


async def save_absence(
    connection: Connection, absence: domain.Absence, *, by: str, at: datetime
) -> None:
    """Write another end of a locked officer's absence; one that ends as it begins is no more."""
    if absence.until is not None and absence.until <= absence.since:
        await connection.execute(FORGET_ABSENCE, absence.id)
        return
    await connection.execute(SAVE_ABSENCE, absence.id, absence.until, absence.version, by, at)


async def find_absence(connection: Connection, absence_id: UUID) -> domain.Absence | None:
    """An absence."""
    row = await connection.fetchrow(FIND_ABSENCE, absence_id)
    return _absence(row) if row else None


async def list_absences(
    connection: Connection,
    at: datetime,
    *,
    teams: Sequence[UUID] | None = None,
    officer: UUID | None = None,
) -> list[domain.Absence]:
    """Absences that are ahead, under way, or not long over, by their beginning."""
    found = await connection.fetch(LIST_ABSENCES, teams, officer, at)
    return [_absence(row) for row in found]


async def affected(
    connection: Connection, officer_id: UUID, since: datetime, until: datetime | None
) -> list[domain.Walk]:
    """Walks to come, and places held for offers, that an officer would miss, by start."""
    found = await connection.fetch(AFFECTED, officer_id, since, until)
    return [rows.walk(row) for row in found]


def _absence(row: Record) -> domain.Absence:
    return domain.Absence(
        id=row["id"],
        officer=rows.officer(row),
        kind=row["kind"],
        since=row["since"],
        until=row["until"],
        version=row["version"],
    )
