"""For coordinators: what becomes of the walks of somebody who is away, looked at, carried out, reported.

Invariant: the page says what is going to happen before the button does it, and what came of each walk after.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from booking import service
from booking.schemas import DeskDep
from shared.auth import Principal, csrf_form, once_of, staff_page
from shared.pages import render

router = APIRouter()

SEE_OTHER = 303
CHOICES = {
    "reassign": "Another officer",
    "reoffer": "Called off, another time offered",
    "waitlist": "Called off, waits first in the line",
    "lapse": "Offer taken back",
    "leave": "For you to look at",
}
OUTCOMES = {"done": "Done", "changed": "Changed meanwhile", "left": "For you to look at"}
WISHES = {
    "asked": "comes first in the line",
    "waitlisted": "waits for a time that fits",
    "offered": "has an offer",
    "confirmed": "has a walk again",
    "withdrawn": "no longer wished",
    "closed": "closed",
}

CoordinatorDep = Annotated[Principal, staff_page("coordinator")]
FormDep = Annotated[FormData, csrf_form()]


@router.post("/absences/{absence_id}/plans")
async def make_plan(
    request: Request, who: CoordinatorDep, form: FormDep, desk: DeskDep, absence_id: UUID
) -> Response:
    """Make a plan, and show it."""
    made = await service.make_plan(desk, absence_id, who, once_of(request, form))
    return RedirectResponse(f"/booking/absences/{absence_id}/plans/{made['id']}", SEE_OTHER)


@router.get("/absences/{absence_id}/plans/{plan_id}")
async def show_plan(
    request: Request, who: CoordinatorDep, desk: DeskDep, absence_id: UUID, plan_id: UUID
) -> Response:
    """The plan with its button; once it has been carried out, the report."""
    plan = await service.plan(desk, absence_id, plan_id, who)
    return render(
        request,
        "booking/replan.html",
        plan=plan,
        choices=CHOICES,
        outcomes=OUTCOMES,
        wishes=WISHES,
        errors={},
    )


@router.post("/absences/{absence_id}/plans/{plan_id}/carry-out")
async def carry_out(
    request: Request,
    who: CoordinatorDep,
    form: FormDep,
    desk: DeskDep,
    absence_id: UUID,
    plan_id: UUID,
) -> Response:
    """Do what was shown, and show what has come of it."""
    await service.carry_out(desk, absence_id, plan_id, who, once_of(request, form))
    return RedirectResponse(f"/booking/absences/{absence_id}/plans/{plan_id}", SEE_OTHER)
