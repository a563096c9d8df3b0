"""For coordinators: the officers of one slot, and how many people it is for.

Invariant: nobody who has booked is on this page, only how many there are; a refusal is told with the slot as
it is now.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from booking import domain, service
from booking.pages.typed import whole
from booking.schemas import DeskDep
from booking.service import Desk
from shared.auth import Principal, csrf_form, once_of, staff_page
from shared.errors import Invalid, Refusal
from shared.pages import errors_by_field, render

router = APIRouter()

SEE_OTHER = 303
CAPACITY = "Enter for how many people, from 1 to 20"

CoordinatorDep = Annotated[Principal, staff_page("coordinator")]
FormDep = Annotated[FormData, csrf_form()]


@router.get("/slots/{slot_id}")
async def show_slot(
    request: Request, who: CoordinatorDep, desk: DeskDep, slot_id: UUID
) -> Response:
    """A slot of one's wards."""
    return await _page(request, who, desk, slot_id)


@router.post("/slots/{slot_id}/officers")
async def add_officer(
    request: Request, who: CoordinatorDep, form: FormDep, desk: DeskDep, slot_id: UUID
) -> Response:
    """Another officer walks along."""
    typed = {name: str(form.get(name, "")).strip() for name in ("officer_id", "capacity")}
    errors: dict[str, str] = {}
    capacity = whole(typed["capacity"])
    if capacity is None or not 1 <= capacity <= domain.MOST_PEOPLE:
        errors["capacity"] = CAPACITY
    officer_id = _id(typed["officer_id"])
    if officer_id is None:
        errors["officer_id"] = "Choose an officer"
    if errors or officer_id is None or capacity is None:
        return await _page(request, who, desk, slot_id, errors, typed, status=Invalid.status)
    try:
        await service.add_officer(desk, slot_id, officer_id, capacity, who, once_of(request, form))
    except Refusal as refusal:
        said = errors_by_field(refusal) or {"officer_id": refusal.detail}
        return await _page(request, who, desk, slot_id, said, typed, status=refusal.status)
    return RedirectResponse(f"/booking/slots/{slot_id}", SEE_OTHER)


@router.post("/slots/{slot_id}/officers/{officer_id}/remove")
async def remove_officer(
    *,
    request: Request,
    who: CoordinatorDep,
    _: FormDep,
    desk: DeskDep,
    slot_id: UUID,
    officer_id: UUID,
) -> Response:
    """An officer walks along no longer."""
    try:
        await service.remove_officer(desk, slot_id, officer_id, who)
    except Refusal as refusal:
        said = {"officers": refusal.detail}
        return await _page(request, who, desk, slot_id, said, status=refusal.status)
    return RedirectResponse(f"/booking/slots/{slot_id}", SEE_OTHER)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


async def _page(
    request: Request,
    who: Principal,
    desk: Desk,
    slot_id: UUID,
    errors: dict[str, str] | None = None,
    typed: dict[str, str] | None = None,
    *,
    status: int = 200,
) -> Response:
    group = await service.group(desk, slot_id, who)
    return render(
        request,
        "booking/group.html",
        status=status,
        group=group,
        slot=group.slot,
        typed=typed or {"officer_id": "", "capacity": str(group.slot.capacity)},
        errors=errors or {},
    )
