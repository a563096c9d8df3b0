"""Teams with the versions of their policies, and their officers.

Invariant: a version of a policy is added and never changed; the team's row, locked, says which is in force.
"""

from collections.abc import Sequence
from dataclasses import dataclass
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
insert into officer (id, subject, display_name, role, force_phone, team_id)
values ($1, $2, $3, $4, $5, $6)
on conflict (subject) do update
   set display_name = excluded.display_name, role = excluded.role,
       force_phone = excluded.force_phone, team_id = excluded.team_id
"""

LIST_OFFICERS = """
select id as officer_id, officer_no, team_id, display_name, force_phone, role
  from officer
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

TEAM_OF = "select team_id from officer where subject = $1"


@dataclass(frozen=True, slots=True)
class NewOfficer:
    """An officer as a seed file names her; ``subject`` is hers at the issuer."""

    id: UUID
    subject: str
    display_name: str
    role: domain.Role
    force_phone: str


@dataclass(frozen=True, slots=True)
class Team:
    """A team that is locked; ``policy`` is None before its first."""

    id: UUID
    policy: domain.Policy | None


async def lock_team(connection: Connection, name: str, team_id: UUID) -> Team:
    """The team of that name, made with ``team_id`` where there is none; locked until the commit."""
    await connection.execute(ADD_TEAM, team_id, name)
    row = await connection.fetchrow(LOCK_TEAM, name)
    assert row is not None
    return Team(row["id"], rows.policy(row) if row["version"] else None)


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
            (each.id, each.subject, each.display_name, each.role, each.force_phone, team_id)
            for each in officers
        ],
    )


async def list_officers(connection: Connection) -> list[domain.Officer]:
    """All officers, by name."""
    return [rows.officer(row) for row in await connection.fetch(LIST_OFFICERS)]


async def find_officer(
    connection: Connection, officer_id: UUID
) -> tuple[domain.Officer, domain.Policy] | None:
    """An officer and her team's policy."""
    row = await connection.fetchrow(FIND_OFFICER, officer_id)
    return (rows.officer(row), rows.policy(row)) if row else None


async def team_of(connection: Connection, subject: str) -> UUID | None:
    """The team of the officer who signs in as ``subject``."""
    return await connection.fetchval(TEAM_OF, subject)
