"""What staff change of a walk that has been booked.

Invariant: each is a POST guarded by the walk's state; an officer of the walk's team may, and a coordinator
of its ward.
"""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from booking import domain, service
from booking.api.asking import Coordinator, Staff
from booking.api.refusals import DOES_NOT_FIT, OF_A_WALK, TAKEN, WRONG_STATE
from booking.schemas import (
    AbortWalkBody,
    DeskDep,
    MissWalkBody,
    MoveWalkBody,
    ReassignWalkBody,
    ShortenWalkBody,
)
from booking.service import shapes
from shared.errors import NotFound
from shared.web import OnceIfGivenDep, gives, problems

router = APIRouter(prefix="/v1", tags=["walks"])

WALK = gives(shapes.StaffWalk)


@router.post(
    "/walks/{walk_id}/move",
    summary="Another time",
    responses=WALK | problems(NotFound, domain.NotInTeam, TAKEN, WRONG_STATE, domain.TooLate),
)
async def move_walk(
    desk: DeskDep, who: Coordinator, walk_id: UUID, body: MoveWalkBody, request: OnceIfGivenDep
) -> JSONResponse:
    """The walk keeps its slot until the other one is secured; 409 ``/slot-taken`` when it is not."""
    return JSONResponse(await service.move_walk(desk, walk_id, who, body.slot_id, request))


@router.post(
    "/walks/{walk_id}/reassign",
    summary="Another officer",
    responses=WALK
    | problems(NotFound, domain.NotInTeam, WRONG_STATE, DOES_NOT_FIT, domain.OfficerBusy),
)
async def reassign_walk(
    desk: DeskDep, who: Coordinator, walk_id: UUID, body: ReassignWalkBody, request: OnceIfGivenDep
) -> JSONResponse:
    """For this walk and those that share its slot. She is told that her officer has changed."""
    return JSONResponse(await service.reassign_walk(desk, walk_id, who, body.officer_id, request))


@router.post("/walks/{walk_id}/shorten", summary="A sooner end", responses=WALK | OF_A_WALK)
async def shorten_walk(
    desk: DeskDep, who: Staff, walk_id: UUID, body: ShortenWalkBody, request: OnceIfGivenDep
) -> JSONResponse:
    """Before it has started, for this walk and those that share its slot. She is told the new times."""
    answer = await service.shorten_walk(desk, walk_id, who, body.minutes, body.reason, request)
    return JSONResponse(answer)


@router.post("/walks/{walk_id}/abort", summary="They have broken off", responses=WALK | OF_A_WALK)
async def abort_walk(
    desk: DeskDep, who: Staff, walk_id: UUID, body: AbortWalkBody, request: OnceIfGivenDep
) -> JSONResponse:
    """A started walk; both are accounted for. ``at`` when it is said later than done."""
    return JSONResponse(await service.abort_walk(desk, walk_id, who, body.reason, request, body.at))


@router.post(
    "/walks/{walk_id}/no-show",
    summary="One side did not come",
    responses=WALK | problems(NotFound, domain.NotInTeam, WRONG_STATE, domain.TooEarly),
)
async def miss_walk(
    desk: DeskDep, who: Staff, walk_id: UUID, body: MissWalkBody, request: OnceIfGivenDep
) -> JSONResponse:
    """From the walk's start on, while nobody has started it."""
    return JSONResponse(await service.miss_walk(desk, walk_id, who, body.party, request))


@router.post(
    "/walks/{walk_id}/debrief",
    summary="All that was said is written down",
    responses=WALK | OF_A_WALK,
)
async def debrief_walk(
    desk: DeskDep, who: Staff, walk_id: UUID, request: OnceIfGivenDep
) -> JSONResponse:
    """A walk that has ended or was broken off."""
    return JSONResponse(await service.debrief_walk(desk, walk_id, who, request))
