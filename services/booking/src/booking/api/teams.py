"""Teams: their policies with every version, their wards, their officers.

Invariant: what is listed here names no participant; a policy is readable by anybody and changed by who has
read the one in force.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from booking import service, store
from booking.api.asking import Coordinator, DutyToo, IfMatchDep, PublicDep, etag
from booking.api.refusals import NOT_FOUND
from booking.schemas import DeskDep, PolicyBody, WardsBody
from booking.service import shapes, team_answers
from shared.errors import NotFound
from shared.web import gives

router = APIRouter(prefix="/v1", tags=["teams"])

POLICY = gives(shapes.PolicyShown, headers=("ETag",))
WARDS = gives(shapes.WardCodes, headers=("ETag",))

VersionNo = Annotated[int | None, Query(ge=1, le=1_000_000, description="an earlier version")]


@router.get("/officers", summary="Officers who walk", responses=gives(shapes.OfficerList))
async def list_officers(desk: DeskDep, _: DutyToo) -> JSONResponse:
    """By name; who has left her team is not among them."""
    async with desk.database.reading() as connection:
        found = await store.teams.list_officers(connection, desk.clock())
    return JSONResponse(team_answers.officers(found))


@router.get(
    "/wards",
    summary="Wards of the boundary set in force",
    responses=gives(shapes.WardList),
)
async def list_wards(desk: DeskDep, _: PublicDep) -> JSONResponse:
    """In the order of their codes."""
    wards = [{"code": w.code, "name": w.name, "set": w.set} for w in desk.areas.wards]
    return JSONResponse({"items": wards})


@router.get(
    "/teams",
    summary="Teams, with their policy and wards",
    responses=gives(shapes.TeamList),
)
async def list_teams(desk: DeskDep, _: PublicDep) -> JSONResponse:
    """By name. A team without wards covers every one."""
    async with desk.database.reading() as connection:
        found = await store.teams.list_teams(connection)
    return JSONResponse({"items": [team_answers.team(each) for each in found]})


@router.get("/teams/{team_id}/policy", summary="How a team books", responses=POLICY | NOT_FOUND)
async def show_policy(
    desk: DeskDep, _: PublicDep, team_id: UUID, version: VersionNo = None
) -> JSONResponse:
    """The policy in force, or an earlier ``version``, and a list of all; the ETag is the version."""
    async with desk.database.reading() as connection:
        found = await store.teams.policy_versions(connection, team_id)
    shown = next((each for each in found if version in {None, each.policy.version}), None)
    if shown is None:
        raise NotFound("There is no such team, or no such version of its policy.")
    content = team_answers.policy(shown, found)
    return JSONResponse(content, headers=etag(shown.policy.version))


@router.put(
    "/teams/{team_id}/policy", summary="Change how a team books", responses=POLICY | NOT_FOUND
)
async def change_policy(
    desk: DeskDep, who: Coordinator, team_id: UUID, body: PolicyBody, seen: IfMatchDep
) -> JSONResponse:
    """Makes the next version, for what is booked from then on: a walk keeps what it was promised."""
    after = await service.change_policy(desk, team_id, who, body.policy(), seen)
    return JSONResponse(team_answers.policy(after, [after]), headers=etag(after.policy.version))


@router.get("/teams/{team_id}/wards", summary="Where a team walks", responses=WARDS | NOT_FOUND)
async def show_wards(desk: DeskDep, _: PublicDep, team_id: UUID) -> JSONResponse:
    """Its wards, and the neighbours it may borrow from."""
    async with desk.database.reading() as connection:
        team = await store.teams.find_team(connection, team_id)
    if team is None:
        raise NotFound("There is no such team.")
    return JSONResponse(team_answers.wards(team.wards), headers=etag(team.wards_version))


@router.put(
    "/teams/{team_id}/wards", summary="Change where a team walks", responses=WARDS | NOT_FOUND
)
async def change_wards(
    desk: DeskDep, who: Coordinator, team_id: UUID, body: WardsBody, seen: IfMatchDep
) -> JSONResponse:
    """What is not named is no longer offered; walks that are booked stay. None at all: every ward."""
    team = await service.change_wards(desk, team_id, who, body.wards(), seen)
    return JSONResponse(team_answers.wards(team.wards), headers=etag(team.wards_version))
