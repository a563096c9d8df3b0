"""For staff: one walk, what has become of it, and whatever is done to it.

Invariant: each act is the one that the API has, under the same rules; whoever is refused is told so on
the page that she came from, with the walk as it is now.
"""

from collections.abc import Awaitable, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from booking import domain, service
from booking.pages import today
from booking.pages.histories import in_words
from booking.pages.needs import needs_in_words
from booking.pages.reaching import safe_contact_in_words
from booking.schemas import DeskDep
from booking.service import Desk
from shared.auth import Principal, csrf_form, once_of, staff_page
from shared.errors import Conflict, Invalid, Refusal
from shared.events.walks import Aborted, Party
from shared.pages import errors_by_field, render

router = APIRouter()

SEE_OTHER = 303
DIGITS = 3  # no walk lasts a thousand minutes
CANCELLED: tuple[Literal["force", "weather", "safety"], ...] = ("force", "weather", "safety")
ABORTED: tuple[Aborted, ...] = ("participant", "incident", "weather", "safety")
PARTIES: tuple[Party, ...] = ("participant", "officer")

C = TypeVar("C", bound=str)

StaffDep = Annotated[Principal, staff_page("officer", "coordinator")]
CoordinatorDep = Annotated[Principal, staff_page("coordinator")]
FormDep = Annotated[FormData, csrf_form()]


@router.get("/walks/{walk_id}")
async def show_walk(request: Request, who: StaffDep, desk: DeskDep, walk_id: UUID) -> Response:
    """One walk of one's wards."""
    return await _page(request, who, desk, walk_id)


@router.post("/walks/{walk_id}/start")
async def start_walk(
    request: Request, who: StaffDep, form: FormDep, desk: DeskDep, walk_id: UUID
) -> Response:
    """They have set off."""
    doing = service.start_walk(desk, walk_id, who, once_of(request, form))
    return await _done(request, who, desk, walk_id, form, doing)


@router.post("/walks/{walk_id}/end")
async def end_walk(
    request: Request, who: StaffDep, form: FormDep, desk: DeskDep, walk_id: UUID
) -> Response:
    """Both are accounted for."""
    doing = service.end_walk(desk, walk_id, who, once_of(request, form))
    return await _done(request, who, desk, walk_id, form, doing)


@router.post("/walks/{walk_id}/cancel")
async def cancel_walk(
    request: Request, who: StaffDep, form: FormDep, desk: DeskDep, walk_id: UUID
) -> Response:
    """The force calls it off."""
    reason = _one_of(form, "reason", CANCELLED)
    doing = service.cancel_walk(desk, walk_id, who, reason, once_of(request, form))
    return await _done(request, who, desk, walk_id, form, doing)


@router.post("/walks/{walk_id}/abort")
async def abort_walk(
    request: Request, who: StaffDep, form: FormDep, desk: DeskDep, walk_id: UUID
) -> Response:
    """They have broken off."""
    reason = _one_of(form, "reason", ABORTED)
    doing = service.abort_walk(desk, walk_id, who, reason, once_of(request, form))
    return await _done(request, who, desk, walk_id, form, doing)


@router.post("/walks/{walk_id}/shorten")
async def shorten_walk(
    request: Request, who: StaffDep, form: FormDep, desk: DeskDep, walk_id: UUID
) -> Response:
    """It is to end sooner, for all who share its slot."""
    typed = str(form.get("minutes", "")).strip()
    minutes = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) <= DIGITS else 0
    reason, once = _one_of(form, "reason", ABORTED), once_of(request, form)
    try:
        await service.shorten_walk(desk, walk_id, who, minutes, reason, once)
    except Invalid as refusal:
        errors = {"minutes": "Enter fewer minutes than now, with an end that lies ahead"}
        return await _page(request, who, desk, walk_id, errors, status=refusal.status)
    except Conflict as refusal:
        errors = {"walk": refusal.detail}
        return await _page(request, who, desk, walk_id, errors, status=refusal.status)
    return _back(form, walk_id)


@router.post("/walks/{walk_id}/no-show")
async def miss_walk(
    request: Request, who: StaffDep, form: FormDep, desk: DeskDep, walk_id: UUID
) -> Response:
    """One side did not come."""
    party = _one_of(form, "party", PARTIES)
    doing = service.miss_walk(desk, walk_id, who, party, once_of(request, form))
    return await _done(request, who, desk, walk_id, form, doing)


@router.post("/walks/{walk_id}/debrief")
async def debrief_walk(
    request: Request, who: StaffDep, form: FormDep, desk: DeskDep, walk_id: UUID
) -> Response:
    """All that was said is written down."""
    doing = service.debrief_walk(desk, walk_id, who, once_of(request, form))
    return await _done(request, who, desk, walk_id, form, doing)


@router.post("/walks/{walk_id}/reassign")
async def reassign_walk(
    request: Request, who: CoordinatorDep, form: FormDep, desk: DeskDep, walk_id: UUID
) -> Response:
    """Another officer takes it, and whatever shares its slot."""
    try:
        officer_id = UUID(str(form.get("officer_id", "")))
    except ValueError:
        errors = {"officer_id": "Choose an officer"}
        return await _page(request, who, desk, walk_id, errors, status=422)
    try:
        await service.reassign_walk(desk, walk_id, who, officer_id, once_of(request, form))
    except Refusal as refusal:
        errors = errors_by_field(refusal) or {"officer_id": refusal.detail}
        return await _page(request, who, desk, walk_id, errors, status=refusal.status)
    return _back(form, walk_id)


def _one_of(form: FormData, name: str, choices: Sequence[C]) -> C:
    """What was chosen; the first where nothing was: the form comes with it chosen."""
    return next((choice for choice in choices if choice == form.get(name)), choices[0])


def _back(form: FormData, walk_id: UUID) -> Response:
    """To the day on which the form was, or to the walk."""
    day = today.day_in(form)
    path = f"/booking/today?day={day}" if day else f"/booking/walks/{walk_id}"
    return RedirectResponse(path, SEE_OTHER)


async def _done(
    request: Request,
    who: Principal,
    desk: Desk,
    walk_id: UUID,
    form: FormData,
    doing: Awaitable[object],
) -> Response:
    """Back to where the form was; when it is refused, that page with why nothing was done."""
    try:
        await doing
    except Conflict as refusal:
        if day := today.day_in(form):
            return await today.show_day(request, who, desk, day, refusal)
        errors = {"walk": refusal.detail}
        return await _page(request, who, desk, walk_id, errors, status=refusal.status)
    return _back(form, walk_id)


async def _page(
    request: Request,
    who: Principal,
    desk: Desk,
    walk_id: UUID,
    errors: dict[str, str] | None = None,
    *,
    status: int = 200,
) -> Response:
    seen = await service.one_walk(desk, who, walk_id)
    return render(
        request,
        "booking/walk.html",
        status=status,
        seen=seen,
        walk=seen.walk,
        told=in_words(seen),
        needs_in_words=needs_in_words,
        safe_contact_in_words=safe_contact_in_words,
        safe_word=desk.safe_word(seen.walk),
        leads="coordinator" in who.roles,
        errors=errors or {},
        **acting(desk.clock()),
    )


def acting(at: datetime) -> dict[str, Any]:
    """What the forms of a walk ask for."""
    return {
        "at": at,
        "day": None,
        "startable_from": at + domain.START_WINDOW,
        "level_of": domain.level,
    }
