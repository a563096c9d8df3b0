"""Every walk of an officer who is away, planned at once and carried out as reviewed; for coordinators.

Invariant: a plan changes nothing, and nothing is carried out that no plan has said before; no answer names
a participant.
"""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from booking import service
from booking.api.asking import Coordinator
from booking.api.refusals import NOT_FOUND
from booking.schemas import DeskDep
from booking.service import replan_answers, shapes
from shared.web import OnceIfGivenDep, gives

router = APIRouter(prefix="/v1", tags=["absences"])

PLANS = "/absences/{absence_id}/plans"


@router.post(
    PLANS,
    status_code=201,
    summary="Plan what becomes of her walks",
    responses=gives(shapes.PlanShown, 201) | NOT_FOUND,
)
async def make_plan(
    desk: DeskDep, who: Coordinator, absence_id: UUID, request: OnceIfGivenDep
) -> JSONResponse:
    """Each goes to another officer, or is called off and comes first in the line. Nothing is changed yet."""
    return JSONResponse(await service.make_plan(desk, absence_id, who, request), 201)


@router.get(
    f"{PLANS}/{{plan_id}}",
    summary="One plan, and what has come of it",
    responses=gives(shapes.PlanShown) | NOT_FOUND,
)
async def show_plan(
    desk: DeskDep, who: Coordinator, absence_id: UUID, plan_id: UUID
) -> JSONResponse:
    """The report once it has been carried out, with how each wish that is left stands now."""
    found = await service.plan(desk, absence_id, plan_id, who)
    return JSONResponse(replan_answers.plan(found))


@router.post(
    f"{PLANS}/{{plan_id}}/carry-out",
    summary="Carry a plan out",
    responses=gives(shapes.PlanShown) | NOT_FOUND,
)
async def carry_out(
    desk: DeskDep, who: Coordinator, absence_id: UUID, plan_id: UUID, request: OnceIfGivenDep
) -> JSONResponse:
    """Exactly this plan: a walk that has changed meanwhile stays, and its outcome is ``changed``."""
    return JSONResponse(await service.carry_out(desk, absence_id, plan_id, who, request))
