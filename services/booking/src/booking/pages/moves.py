"""For coordinators: another time for a walk, out of those that can be booked.

Invariant: the walk keeps its time until it has the other one; a time that has gone is said, and what is
left is offered.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from booking import domain, service, store
from booking.schemas import DeskDep, Page, PageDep, cursor_after, wards_of
from booking.service import Desk
from shared.auth import Principal, csrf_form, once_of, staff_page
from shared.errors import Conflict, NotFound
from shared.pages import render
from shared.web import Text

router = APIRouter()

SEE_OTHER, CONFLICT, INVALID = 303, 409, 422
FIRST = Page(after=None, limit=50)

CoordinatorDep = Annotated[Principal, staff_page("coordinator")]
FormDep = Annotated[FormData, csrf_form()]


@router.get("/walks/{walk_id}/move")
async def show_times(
    *,
    request: Request,
    who: CoordinatorDep,
    desk: DeskDep,
    page: PageDep,
    walk_id: UUID,
    ward: Annotated[Text | None, Query(max_length=20)] = None,
) -> Response:
    """Times to choose from, in the walk's ward unless said (``""``: in all of one's own)."""
    walk = await _walk(desk, walk_id, who)
    return await _page(request, who, desk, walk, walk.ward.code if ward is None else ward, page)


@router.post("/walks/{walk_id}/move")
async def move_walk(
    request: Request, who: CoordinatorDep, form: FormDep, desk: DeskDep, walk_id: UUID
) -> Response:
    """The other time, or why not, and what is left."""
    said, status = "", CONFLICT
    try:
        slot_id = UUID(str(form.get("slot_id", "")))
        await service.move_walk(desk, walk_id, who, slot_id, once_of(request, form))
        return RedirectResponse(f"/booking/walks/{walk_id}", SEE_OTHER)
    except ValueError:
        said, status = "Choose a time", INVALID
    except (domain.SlotTaken, NotFound):
        said = "This time has just gone. Choose another. The walk is as it was."
    except Conflict as refusal:
        said = refusal.detail
    walk = await _walk(desk, walk_id, who)
    ward = str(form.get("ward", ""))
    errors = {"slot_id": said}
    return await _page(request, who, desk, walk, ward, FIRST, errors=errors, status=status)


async def _walk(desk: Desk, walk_id: UUID, who: Principal) -> domain.Walk:
    async with desk.database.reading() as connection:
        walk = await store.walks.find_walk(connection, walk_id)
    if walk is None:
        raise NotFound("There is no such walk.")
    who.must_cover(walk.ward.code)
    return walk


async def _page(
    request: Request,
    who: Principal,
    desk: Desk,
    walk: domain.Walk,
    ward: str,
    page: Page,
    *,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    wards = ([ward] if who.covers(ward) else []) if ward else wards_of(who)
    async with desk.database.reading() as connection:
        found = await store.slots.list_bookable(
            connection,
            at=desk.clock(),
            few=None,
            wards=wards,
            after=page.after,
            limit=page.limit + 1,
        )
    slots = found[: page.limit]
    last = slots[-1] if len(found) > page.limit else None
    return render(
        request,
        "booking/walk-move.html",
        status=status,
        walk=walk,
        slots=[slot for slot in slots if slot.id != walk.slot_id],
        wards=[each for each in desk.areas.wards if who.covers(each.code)],
        ward=ward,
        following=cursor_after(last.times.starts_at, last.id) if last else None,
        errors=errors or {},
    )
