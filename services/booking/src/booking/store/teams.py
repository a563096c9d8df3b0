"""Teams with the versions of their policies, and their officers.

Invariant: a version of a policy is added and never changed; the team's row, locked, says which is in force.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from booking import domain
from booking.store import rows
from shared.postgres import Connection

ADD_TEAM = "insert into team (id, name) values ($1, $2) on conflict (name) do nothing"

LOCK_TEAM = """
select team.id, policy.*, team.policy_version
  from team
  left join policy on policy.team_id = team.id and policy.version = team.policy_version
 where team.name = $1
   for no key update of team
"""

ADD_POLICY = """
with added as (
    insert into policy (team_id, version, min_notice, horizon, buffer, debrief, grace, walk_minutes,
                        daily_limit, officer_sex, group_size, people_per_officer, youth, youth_from,
                        set_by, set_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
)
update team set policy_version = $2 where id = $1
"""

SAVE_OFFICER = """
insert into officer (id, subject, display_name, role, force_phone, team_id, sex, languages, skills)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (subject) do update
   set display_name = excluded.display_name, role = excluded.role,
       force_phone = excluded.force_phone, team_id = excluded.team_id, sex = excluded.sex,
       languages = excluded.languages, skills = excluded.skills
"""

LIST_TEAMS = """
select team.id as team_id, team.name, team.wards_version, policy.*,
       policy.version as policy_version,
       array(select ward_code from team_ward
              where team_ward.team_id = team.id and not borrowed order by ward_code) as own,
       array(select ward_code from team_ward
              where team_ward.team_id = team.id and borrowed order by ward_code) as borrowed
  from team
  join policy on policy.team_id = team.id and policy.version = team.policy_version
 where $1::uuid is null or team.id = $1
 order by team.name
"""

LOCK_TEAM_ALONE = "select id from team where id = $1 for no key update"

POLICY_VERSIONS = """
select policy.*, version as policy_version from policy where team_id = $1 order by version desc
"""

FORGET_WARDS = "delete from team_ward where team_id = $1"
ADD_WARD = "insert into team_ward (team_id, ward_code, borrowed) values ($1, $2, $3)"
COUNT_WARDS_VERSION = "update team set wards_version = wards_version + 1 where id = $1"

# Who has moved or is suspended is in no list, and nothing tells which of the two.
LIST_OFFICERS = """
select id as officer_id, officer_no, team_id, display_name, force_phone, role
  from officer
 where not exists (
       select from absence
        where absence.officer_no = officer.officer_no and kind in ('moved', 'suspended')
          and during @> $1::timestamptz)
 order by display_name, id
"""

FIND_OFFICER = """
select officer.id as officer_id, officer.officer_no, officer.team_id, officer.display_name,
       officer.force_phone, officer.role, policy.*, policy.version as policy_version
  from officer
  join team on team.id = officer.team_id
  join policy on policy.team_id = team.id and policy.version = team.policy_version
 where officer.id = $1
"""

OFFICERS_OF = """
select subject, id as officer_id, officer_no, team_id, display_name, force_phone, role
  from officer
 where subject = any ($1::text[])
"""

# Nobody acts while suspended.
TEAM_OF = """
select team_id from officer
 where subject = $1
   and not exists (
       select from absence
        where absence.officer_no = officer.officer_no and kind = 'suspended'
          and during @> $2::timestamptz)
"""


@dataclass(frozen=True, slots=True)
class NewOfficer:
    """An officer as a seed file names her; ``subject`` is hers at the issuer."""

    id: UUID
    subject: str
    display_name: str
    role: domain.Role
    force_phone: str
    traits: domain.Traits = field(default_factory=domain.Traits)


@dataclass(frozen=True, slots=True)
class LockedTeam:
    """A team that is locked; ``policy`` is None before its first."""

    id: UUID
    policy: domain.Policy | None


async def lock_team(connection: Connection, name: str, team_id: UUID) -> LockedTeam:
    """The team of that name, made with ``team_id`` where there is none; locked until the commit."""
    await connection.execute(ADD_TEAM, team_id, name)
    row = await connection.fetchrow(LOCK_TEAM, name)
    assert row is not None
    return LockedTeam(row["id"], rows.policy(row) if row["version"] else None)


async def add_policy(
    connection: Connection, team_id: UUID, policy: domain.Policy, *, by: str, at: datetime
) -> None:
    """Put a new version of the policy of a locked team in force."""
    await connection.execute(
        ADD_POLICY,
        team_id,
        policy.version,
        policy.min_notice,
        policy.horizon,
        policy.buffer,
        policy.debrief,
        policy.grace,
        policy.walk_minutes,
        policy.daily_limit,
        policy.officer_sex,
        policy.group_size,
        policy.people_per_officer,
        policy.youth,
        policy.youth_from,
        by,
        at,
    )


async def save_officers(
    connection: Connection, team_id: UUID, officers: Sequence[NewOfficer]
) -> None:
    """Add officers, or change those whose subject is known."""
    await connection.executemany(
        SAVE_OFFICER,
        [
            (
                each.id,
                each.subject,
                each.display_name,
                each.role,
                each.force_phone,
                team_id,
                each.traits.sex,
                each.traits.languages,
                each.traits.skills,
            )
            for each in officers
        ],
    )


async def list_teams(connection: Connection) -> list[domain.Team]:
    """All teams, by name."""
    return [rows.team(row) for row in await connection.fetch(LIST_TEAMS, None)]


async def find_team(connection: Connection, team_id: UUID) -> domain.Team | None:
    """A team."""
    row = await connection.fetchrow(LIST_TEAMS, team_id)
    return rows.team(row) if row else None


async def lock_and_find_team(connection: Connection, team_id: UUID) -> domain.Team | None:
    """A team, locked until the commit."""
    await connection.execute(LOCK_TEAM_ALONE, team_id)
    return await find_team(connection, team_id)


async def policy_versions(connection: Connection, team_id: UUID) -> list[domain.PolicyVersion]:
    """Every version of a team's policy, the one in force first."""
    found = await connection.fetch(POLICY_VERSIONS, team_id)
    return [domain.PolicyVersion(rows.policy(row), row["set_by"], row["set_at"]) for row in found]


async def set_wards(connection: Connection, team_id: UUID, wards: domain.Wards) -> None:
    """Make the wards of a locked team these."""
    await connection.execute(FORGET_WARDS, team_id)
    named = [(team_id, code, False) for code in wards.own]
    named += [(team_id, code, True) for code in wards.borrowed]
    await connection.executemany(ADD_WARD, named)
    await connection.execute(COUNT_WARDS_VERSION, team_id)


async def list_officers(connection: Connection, at: datetime) -> list[domain.Officer]:
    """Officers who are with their team at a time, by name."""
    return [rows.officer(row) for row in await connection.fetch(LIST_OFFICERS, at)]


async def find_officer(
    connection: Connection, officer_id: UUID
) -> tuple[domain.Officer, domain.Policy] | None:
    """An officer and her team's policy."""
    row = await connection.fetchrow(FIND_OFFICER, officer_id)
    return (rows.officer(row), rows.policy(row)) if row else None


async def officers_of(
    connection: Connection, subjects: Sequence[str]
) -> Mapping[str, domain.Officer]:
    """Officers by the subjects at the issuer that are known."""
    found = await connection.fetch(OFFICERS_OF, subjects)
    return {row["subject"]: rows.officer(row) for row in found}


async def team_of(connection: Connection, subject: str, at: datetime) -> UUID | None:
    """The team in whose name the officer who signs in as ``subject`` may act at a time."""
    return await connection.fetchval(TEAM_OF, subject, at)
