"""For coordinators: an officer's week, with her shifts beside it, and what came of a change of one.

Invariant: a page never drops a walk: what a change of a shift leaves outside it is listed, with where to go.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from booking import domain, service, store
from booking.schemas import DeskDep
from booking.service import Desk, roster_answers
from shared.auth import Principal, staff_page
from shared.errors import Refusal
from shared.pages import render

router = APIRouter()

WEEK = timedelta(days=7)
NOTHING: Mapping[str, Any] = {"walks": [], "left_out": []}

CoordinatorDep = Annotated[Principal, staff_page("coordinator")]


@router.get("/week")
async def show_week(
    request: Request,
    who: CoordinatorDep,
    desk: DeskDep,
    officer: UUID | None = None,
    day: date | None = None,
) -> Response:
    """The week in which a day lies (today unless said), of an officer (the first unless said)."""
    return await show(request, who, desk, officer, day)


def _monday(desk: Desk, day: date | None) -> date:
    """The first day of the week of a day (today unless said), within a year of today."""
    today = desk.clock().astimezone(domain.LONDON).date()
    year = timedelta(days=366)
    shown = min(max(day or today, today - year), today + year)
    return shown - timedelta(days=shown.weekday())


async def show(
    request: Request,
    who: Principal,
    desk: Desk,
    officer: UUID | None,
    day: date | None,
    *,
    said: str | None = None,
    effect: Mapping[str, Any] = NOTHING,
    refusal: Refusal | None = None,
) -> Response:
    """The week, and what a change has come to: what was said, left out and is to be looked after."""
    monday = _monday(desk, day)
    async with desk.database.reading() as connection:
        officers = await service.officers_led(connection, who, desk.clock())
        chosen = next((each for each in officers if each.id == officer), next(iter(officers), None))
        hers = [chosen.id] if chosen else []
        shifts = await store.rosters.list_shifts(connection, hers)
        week = await store.rosters.slots_of_week(connection, hers, monday, monday + WEEK)
    days = [monday + timedelta(days=nth) for nth in range(7)]
    return render(
        request,
        "booking/week.html",
        status=refusal.status if refusal else 200,
        officers=officers,
        chosen=chosen,
        shifts=shifts,
        weekdays=roster_answers.WEEKDAYS,
        midnight=datetime.min.time(),
        days=[
            (each, [slot for slot in week if slot.slot.times.local_date == each]) for each in days
        ],
        monday=monday,
        before=monday - WEEK,
        after=monday + WEEK,
        said=said,
        walks=effect["walks"],
        left_out=[datetime.fromisoformat(wall) for wall in effect["left_out"]],
        errors={"shifts": refusal.detail} if refusal else {},
    )
