"""A participant's own walk, at the address that only she was given: see it, print it, move or cancel it.

Invariant: the address is a capability: never cached, never in a referrer, never logged; following it
changes nothing, however often and by whatever program.
"""

from contextlib import suppress
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from booking import domain, service, store
from booking.schemas import DeskDep, Page, PageDep, cursor_after
from booking.service import Desk
from shared.auth import csrf_form, once_of, public_page
from shared.errors import Conflict, NotFound
from shared.pages import render
from shared.phrases import marked
from shared.web import Text

router = APIRouter()

SEE_OTHER = 303
AHEAD = (domain.State.CONFIRMED, domain.State.STARTED)
FIRST = Page(after=None, limit=50)
TAKEN = marked("Somebody else has this time now. Please book another.")
GONE = marked("This time has just gone. Please choose another. Your walk is as it was.")

VisitorDep = Annotated[None, public_page()]
FormDep = Annotated[FormData, csrf_form()]


@router.api_route("/manage/{token}", methods=["GET", "HEAD"])
async def show_walk(
    request: Request,
    _: VisitorDep,
    desk: DeskDep,
    token: str,
    booked: Annotated[bool, Query()] = False,  # noqa: FBT002 - a query parameter has no position
) -> Response:
    """When, where, who, what next, and the way to cancel; ``booked`` when she comes from booking."""
    walk = await service.walk_of_link(desk, token)
    return _show(request, desk, walk, token, booked=booked)


@router.post("/manage/{token}/cancel")
async def cancel_walk(
    request: Request, _: VisitorDep, form: FormDep, desk: DeskDep, token: str
) -> Response:
    """Cancel, once; whoever presses again sees that it is done."""
    with suppress(domain.WrongState):  # the page says how the walk stands
        await service.cancel_by_link(desk, token, once_of(request, form))
    return _back(token)


@router.post("/manage/{token}/undo")
async def undo_cancel(
    request: Request, _: VisitorDep, form: FormDep, desk: DeskDep, token: str
) -> Response:
    """She can come after all, within ten minutes and while nobody else has the time."""
    try:
        with suppress(domain.WrongState):
            await service.undo_cancel_by_link(desk, token, once_of(request, form))
    except (domain.SlotTaken, domain.TooLate) as refusal:
        walk = await service.walk_of_link(desk, token)
        gone = isinstance(refusal, domain.SlotTaken)
        said = TAKEN if gone else refusal.detail
        return _show(request, desk, walk, token, errors={"undo": said}, status=refusal.status)
    return _back(token)


@router.api_route("/manage/{token}/move", methods=["GET", "HEAD"])
async def show_times(
    request: Request,
    _: VisitorDep,
    desk: DeskDep,
    page: PageDep,
    token: str,
    ward: Annotated[Text | None, Query(max_length=20)] = None,
) -> Response:
    """Other times to choose from; her walk stays as it is until she has another."""
    walk = await service.walk_of_link(desk, token)
    wards = [walk.ward.code] if ward is None else [ward] if ward else None
    return await _times(request, desk, walk, token, page, wards)


@router.post("/manage/{token}/move")
async def move_walk(
    request: Request, _: VisitorDep, form: FormDep, desk: DeskDep, token: str
) -> Response:
    """Take the other time, or say that it has gone and offer what is left."""
    said = ""
    try:
        slot_id = UUID(str(form.get("slot_id", "")))
        await service.move_by_link(desk, token, slot_id, once_of(request, form))
        return _back(token)
    except ValueError:
        said = marked("Choose a time")
    except (domain.SlotTaken, NotFound):
        said = GONE
    except Conflict as refusal:
        said = refusal.detail
    walk = await service.walk_of_link(desk, token)
    wards = [walk.ward.code]
    return await _times(request, desk, walk, token, FIRST, wards, errors={"slot_id": said})


async def _times(
    request: Request,
    desk: Desk,
    walk: domain.Walk,
    token: str,
    page: Page,
    wards: list[str] | None,
    *,
    errors: dict[str, str] | None = None,
) -> Response:
    async with desk.database.reading() as connection:
        found = await store.slots.list_bookable(
            connection,
            at=desk.clock(),
            few=desk.slots_shown,
            wards=wards,
            after=page.after,
            limit=page.limit + 1,
        )
    slots = found[: page.limit]
    last = slots[-1] if len(found) > page.limit else None
    return render(
        request,
        "booking/move.html",
        status=409 if errors else 200,
        no_referrer=True,
        walk=walk,
        token=token,
        slots=slots,
        wards=desk.areas.wards,
        ward=wards[0] if wards else "",
        following=cursor_after(last.times.starts_at, last.id) if last else None,
        bilingual=True,
        errors=errors or {},
    )


def _show(
    request: Request,
    desk: Desk,
    walk: domain.Walk,
    token: str,
    *,
    booked: bool = False,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    at, hers = desk.clock(), desk.hers(walk)
    may_undo = (
        walk.initiator == "participant"
        and walk.cancelled is not None
        and at <= walk.cancelled.at + domain.UNDO_WITHIN
        and at < walk.times.starts_at
    )
    return render(
        request,
        "booking/manage.html",
        status=status,
        no_referrer=True,
        walk=walk,
        token=token,
        booked=booked and walk.state is domain.State.CONFIRMED,
        may_change=walk.state is domain.State.CONFIRMED and at < walk.times.starts_at,
        may_undo=may_undo,
        undo_until=walk.cancelled.at + domain.UNDO_WITHIN if walk.cancelled else None,
        next_steps=domain.next_steps(walk),
        safe_word=hers.safe_word if walk.state in AHEAD else None,
        return_code=hers.return_code,
        manage_url=hers.manage_url,
        bilingual=True,
        errors=errors or {},
    )


def _back(token: str) -> Response:
    """To the walk's own page, which no other address may learn."""
    response = RedirectResponse(f"/booking/manage/{token}", SEE_OTHER)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response
