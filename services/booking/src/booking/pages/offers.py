"""For coordinators: a slot offered to somebody who waits, ahead of the matching.

Invariant: only what the offer itself would take is listed, each with what it is beside her wish; a slot that
has gone is said, and what is left is offered.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from booking import domain, service
from booking.schemas import DeskDep
from booking.service import Desk
from shared.auth import Principal, csrf_form, once_of, staff_page
from shared.errors import Conflict
from shared.pages import render

router = APIRouter()

SEE_OTHER, CONFLICT, INVALID = 303, 409, 422
MOST_SHOWN = 50
BESIDE = {"ward": "another ward", "light": "another light", "hours": "another time"}

CoordinatorDep = Annotated[Principal, staff_page("coordinator")]
FormDep = Annotated[FormData, csrf_form()]


@router.get("/requests/{request_id}/offers")
async def show_slots(
    request: Request, who: CoordinatorDep, desk: DeskDep, request_id: UUID
) -> Response:
    """Slots to choose from: those that she wished first, then what she may decline."""
    return await _page(request, who, desk, request_id)


@router.post("/requests/{request_id}/offers")
async def make_offer(
    request: Request, who: CoordinatorDep, form: FormDep, desk: DeskDep, request_id: UUID
) -> Response:
    """The slot is kept for her, or why not, and what is left."""
    said, status = "", CONFLICT
    try:
        slot_id = UUID(str(form.get("slot_id", "")))
        await service.make_offer(desk, request_id, slot_id, who, once_of(request, form))
        return RedirectResponse("/booking/requests", SEE_OTHER)
    except ValueError:
        said, status = "Choose a slot", INVALID
    except domain.SlotTaken:
        said = "This slot has just gone. Choose another."
    except Conflict as refusal:
        said = refusal.detail
    return await _page(request, who, desk, request_id, {"slot_id": said}, status=status)


async def _page(
    request: Request,
    who: Principal,
    desk: Desk,
    request_id: UUID,
    errors: dict[str, str] | None = None,
    *,
    status: int = 200,
) -> Response:
    wish, found = await service.offerable(desk, request_id, who)
    return render(
        request,
        "booking/offer.html",
        status=status,
        wish=wish,
        slots=[
            (each.slot, [BESIDE[what] for what in domain.offers.beside(wish, each)])
            for each in found[:MOST_SHOWN]
        ],
        all=len(found),
        errors=errors or {},
    )
