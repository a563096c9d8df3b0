"""For staff: the day's walks with what can be done with them, and the duty list of overdue ones.

Invariant: a name is shown only to who walks with her or sends others to, and each showing is in the
audit log; the duty list comes from booking's own tables.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Literal, TypeVar
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from booking import domain, service, store
from booking.schemas import DeskDep, wards_of
from shared.auth import Principal, csrf_form, once_of, staff_page
from shared.errors import Conflict
from shared.events.walks import Aborted, Party
from shared.pages import render

router = APIRouter()

SEE_OTHER = 303
MOST = 200

C = TypeVar("C", bound=str)
CANCELLED: tuple[Literal["force", "weather", "safety"], ...] = ("force", "weather", "safety")
ABORTED: tuple[Aborted, ...] = ("participant", "incident", "weather", "safety")
PARTIES: tuple[Party, ...] = ("participant", "officer")

StaffDep = Annotated[Principal, staff_page("officer", "coordinator")]
FormDep = Annotated[FormData, csrf_form()]


@router.get("/today")
async def show_today(
    request: Request,
    who: StaffDep,
    desk: DeskDep,
    day: date | None = None,
) -> Response:
    """The walks of a London day (today unless said) in one's wards."""
    return await _today(request, who, desk, day)


@router.post("/walks/{walk_id}/start")
async def start_walk(
    request: Request, who: StaffDep, form: FormDep, desk: DeskDep, walk_id: UUID
) -> Response:
    """They have set off."""
    try:
        await service.start_walk(desk, walk_id, who, once_of(request, form))
    except Conflict as refusal:
        return await _today(request, who, desk, _day(form), refusal)
    return _back(form)


@router.post("/walks/{walk_id}/end")
async def end_walk(
    request: Request, who: StaffDep, form: FormDep, desk: DeskDep, walk_id: UUID
) -> Response:
    """Both are accounted for."""
    try:
        await service.end_walk(desk, walk_id, who, once_of(request, form))
    except Conflict as refusal:
        return await _today(request, who, desk, _day(form), refusal)
    return _back(form)


@router.post("/walks/{walk_id}/cancel")
async def cancel_walk(
    request: Request, who: StaffDep, form: FormDep, desk: DeskDep, walk_id: UUID
) -> Response:
    """The force calls it off."""
    try:
        reason = _one_of(form, "reason", CANCELLED)
        await service.cancel_walk(desk, walk_id, who, reason, once_of(request, form))
    except Conflict as refusal:
        return await _today(request, who, desk, _day(form), refusal)
    return _back(form)


@router.post("/walks/{walk_id}/abort")
async def abort_walk(
    request: Request, who: StaffDep, form: FormDep, desk: DeskDep, walk_id: UUID
) -> Response:
    """They have broken off."""
    try:
        reason = _one_of(form, "reason", ABORTED)
        await service.abort_walk(desk, walk_id, who, reason, once_of(request, form))
    except Conflict as refusal:
        return await _today(request, who, desk, _day(form), refusal)
    return _back(form)


@router.post("/walks/{walk_id}/no-show")
async def miss_walk(
    request: Request, who: StaffDep, form: FormDep, desk: DeskDep, walk_id: UUID
) -> Response:
    """One side did not come."""
    try:
        party = _one_of(form, "party", PARTIES)
        await service.miss_walk(desk, walk_id, who, party, once_of(request, form))
    except Conflict as refusal:
        return await _today(request, who, desk, _day(form), refusal)
    return _back(form)


@router.post("/walks/{walk_id}/debrief")
async def debrief_walk(
    request: Request, who: StaffDep, form: FormDep, desk: DeskDep, walk_id: UUID
) -> Response:
    """All that was said is written down."""
    try:
        await service.debrief_walk(desk, walk_id, who, once_of(request, form))
    except Conflict as refusal:
        return await _today(request, who, desk, _day(form), refusal)
    return _back(form)


@router.get("/duty")
async def show_duty(
    request: Request,
    who: Annotated[Principal, staff_page("duty", "officer", "coordinator")],
    desk: DeskDep,
) -> Response:
    """Walks that are overdue now, in one's wards."""
    wanted = store.walks.Wanted(wards=wards_of(who), overdue=True, limit=MOST)
    async with desk.database.reading() as connection:
        walks = await store.walks.list_walks(connection, wanted)
    return render(request, "booking/duty.html", walks=walks, at=desk.clock())


async def _today(
    request: Request,
    who: Principal,
    desk: service.Desk,
    day: date | None,
    refusal: Conflict | None = None,
) -> Response:
    at = desk.clock()
    today = at.astimezone(domain.LONDON).date()
    shown = min(max(day or today, today - timedelta(days=366)), today + timedelta(days=366))
    walks, expected = await service.walks_of_day(desk, who, shown, wards_of(who))
    feed = await service.own_feed(desk, who)
    return render(
        request,
        "booking/today.html",
        status=refusal.status if refusal else 200,
        day=shown,
        today=today,
        before=shown - timedelta(days=1),
        after=shown + timedelta(days=1),
        walks=walks,
        expected=expected,
        safe_word_of=desk.safe_word,
        feed=feed,
        at=at,
        startable_from=at + domain.START_WINDOW,
        errors={"walks": refusal.detail} if refusal else {},
    )


def _day(form: FormData) -> date | None:
    """The day whose walks the form was on."""
    try:
        return date.fromisoformat(str(form.get("day", "")))
    except ValueError:
        return None


def _one_of(form: FormData, name: str, choices: Sequence[C]) -> C:
    """What was chosen; the first where nothing was: the form comes with it chosen."""
    return next((choice for choice in choices if choice == form.get(name)), choices[0])


def _back(form: FormData) -> Response:
    day = _day(form)
    return RedirectResponse(f"/booking/today{f'?day={day}' if day else ''}", SEE_OTHER)
