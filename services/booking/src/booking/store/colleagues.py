"""Officers as a re-plan looks at them: what they bring, and how their days look.

Invariant: it only reads; whoever acts on it holds the locks of the officers that it is about.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from asyncpg import Record

from booking import domain
from booking.domain.colleagues import Colleague, Taken
from booking.store import rosters, rows
from shared.postgres import Connection

DAY = timedelta(days=1)

OFFICERS = """
with loaded as (
    select officer_id, count(*) as load, max(starts_at) as last
      from walk
     where ($2::uuid[] is null or officer_id = any ($2))
       and state not in ('cancelled', 'no_show') and starts_at > $1::timestamptz - interval '28 days'
     group by officer_id
)
select officer.id as officer_id, officer.officer_no, officer.display_name, officer.force_phone,
       officer.role, officer.sex, officer.languages, officer.skills, policy.*,
       policy.version as policy_version, coalesce(loaded.load, 0) as load, loaded.last,
       array(select ward_code from team_ward
              where team_ward.team_id = officer.team_id and not borrowed) as own,
       array(select ward_code from team_ward
              where team_ward.team_id = officer.team_id and borrowed) as borrowed
  from officer
  join team on team.id = officer.team_id
  join policy on policy.team_id = team.id and policy.version = team.policy_version
  left join loaded on loaded.officer_id = officer.id
 where $2::uuid[] is null or officer.id = any ($2)
 order by officer.id
"""

TAKEN = """
select officer.id as officer_id, assignment.slot_id, lower(during) as since, upper(during) as until,
       slot.local_date
  from assignment
  join officer on officer.officer_no = assignment.officer_no
  join slot on slot.id = assignment.slot_id
 where officer.id = any ($1::uuid[]) and slot.starts_at > $2 and slot.starts_at < $3
"""
AWAY = """
select officer.id as officer_id, lower(during) as since, upper(during) as until
  from absence join officer on officer.officer_no = absence.officer_no
 where officer.id = any ($1::uuid[]) and during && tstzrange($2, $3)
"""
OPENED = """
select officer_id, starts_at as since, ends_at as until
  from slot
 where officer_id = any ($1::uuid[]) and state = 'open' and starts_at > $2 and starts_at < $3
"""


async def colleagues(
    connection: Connection,
    at: datetime,
    during: tuple[datetime, datetime],
    officers: Sequence[UUID] | None = None,
) -> list[Colleague]:
    """Officers (None: all) and their days from one instant to another, a day more on either side."""
    found = await connection.fetch(OFFICERS, at, officers)
    known = [row["officer_id"] for row in found]
    window = (known, during[0] - DAY, during[1] + DAY)
    taken = _by_officer(await connection.fetch(TAKEN, *window))
    away = _by_officer(await connection.fetch(AWAY, *window))
    opened = _by_officer(await connection.fetch(OPENED, *window))
    shifts = defaultdict[UUID, list[domain.Shift]](list)
    for shift in await rosters.list_shifts(connection, known):
        shifts[shift.officer_id].append(shift)
    return [
        Colleague(
            officer=rows.officer(row),
            traits=domain.Traits(row["sex"], tuple(row["languages"]), tuple(row["skills"])),
            policy=rows.policy(row),
            wards=domain.Wards(tuple(row["own"]), tuple(row["borrowed"])),
            taken=tuple(
                Taken(each["slot_id"], _span(each, window[2]), each["local_date"])
                for each in taken[row["officer_id"]]
            ),
            away=tuple(_span(each, window[2]) for each in away[row["officer_id"]]),
            shifts=tuple(shifts[row["officer_id"]]),
            opened=tuple(_span(each, window[2]) for each in opened[row["officer_id"]]),
            load=row["load"],
            last=row["last"],
        )
        for row in found
    ]


def _by_officer(found: Sequence[Record]) -> Mapping[UUID, list[Record]]:
    by_officer = defaultdict[UUID, list[Record]](list)
    for row in found:
        by_officer[row["officer_id"]].append(row)
    return by_officer


def _span(row: Any, end: datetime) -> tuple[datetime, datetime]:
    """From when until when; what has no end lasts beyond all that is looked at."""
    return row["since"], row["until"] or end
