"""What coordinators change of a team: its policy and its wards.

Invariant: who changes something has read its last version; a policy's next version applies to what is
booked from then on and to nothing before.
"""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from booking import domain, store
from booking.service.desk import Desk
from shared.auth import Principal
from shared.errors import Fault, Forbidden, Invalid, NotFound, PreconditionFailed
from shared.postgres import Connection


async def change_policy(
    desk: Desk, team_id: UUID, who: Principal, policy: domain.Policy, seen: int
) -> domain.PolicyVersion:
    """Put the next version of a team's policy in force. Raises PreconditionFailed."""
    at = desk.clock()
    async with desk.database.transaction() as connection:
        team = await _lock(connection, team_id, who)
        if team.policy.version != seen:
            raise PreconditionFailed
        after = replace(policy, version=seen + 1)
        await store.teams.add_policy(connection, team_id, after, by=who.subject, at=at)
    desk.log.info("team.policy_changed", team=str(team_id), version=after.version)
    return domain.PolicyVersion(after, who.subject, at)


async def change_wards(
    desk: Desk, team_id: UUID, who: Principal, wards: domain.Wards, seen: int
) -> domain.Team:
    """Say where a team walks. Raises PreconditionFailed, and Invalid for a ward that there is not."""
    for field, codes in (("own", wards.own), ("borrowed", wards.borrowed)):
        unknown = [nth for nth, code in enumerate(codes) if code not in desk.areas.by_code]
        if unknown:
            said = "is not a ward of the boundary set in force"
            raise Invalid(faults=[Fault(f"#/{field}/{nth}", said) for nth in unknown])
    async with desk.database.transaction() as connection:
        team = await _lock(connection, team_id, who)
        if team.wards_version != seen:
            raise PreconditionFailed
        for code in team.wards.changed(wards):
            who.must_cover(code)
        await store.teams.set_wards(connection, team_id, wards)
    desk.log.info("team.wards_changed", team=str(team_id))
    return replace(team, wards=wards, wards_version=seen + 1)


async def officers_led(
    connection: Connection, who: Principal, at: datetime
) -> list[domain.Officer]:
    """The officers of a coordinator's teams, by name."""
    led = {team.id for team in await store.teams.list_teams(connection) if leads(who, team)}
    found = await store.teams.list_officers(connection, at)
    return [officer for officer in found if officer.team_id in led]


async def _lock(connection: Connection, team_id: UUID, who: Principal) -> domain.Team:
    team = await store.teams.lock_and_find_team(connection, team_id)
    if team is None:
        raise NotFound("There is no such team.")
    must_lead(who, team)
    return team


def must_lead(who: Principal, team: domain.Team) -> None:
    """Raise Forbidden unless one of the team's wards is the coordinator's, where the team has any."""
    if not leads(who, team):
        raise Forbidden("This team walks in none of your wards.")


def leads(who: Principal, team: domain.Team) -> bool:
    """Whether one of the team's wards is the coordinator's, where the team has any."""
    own = team.wards.own
    return not own or any(who.covers(code) for code in own)
