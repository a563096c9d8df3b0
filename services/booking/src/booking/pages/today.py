"""For staff: the day's walks, and the duty list of overdue ones; ``walks`` has what is done to them.

Invariant: a name is shown only to who walks with her or sends others to, and each showing is in the
audit log; the duty list comes from booking's own tables.
"""

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from booking import domain, service, store
from booking.pages.needs import needs_in_words
from booking.pages.reaching import safe_contact_in_words
from booking.schemas import DeskDep, wards_of
from shared.auth import Principal, staff_page
from shared.errors import Conflict
from shared.pages import render

router = APIRouter()

MOST = 200
OPEN_WALKS = frozenset({"officer", "coordinator"})

StaffDep = Annotated[Principal, staff_page("officer", "coordinator")]


@router.get("/today")
async def show_today(
    request: Request,
    who: StaffDep,
    desk: DeskDep,
    day: date | None = None,
) -> Response:
    """The walks of a London day (today unless said) in one's wards."""
    return await show_day(request, who, desk, day)


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
    opens = bool(who.roles & OPEN_WALKS)
    return render(
        request,
        "booking/duty.html",
        walks=walks,
        opens=opens,
        level_of=domain.level,
        at=desk.clock(),
    )


async def show_day(
    request: Request,
    who: Principal,
    desk: service.Desk,
    day: date | None,
    refusal: Conflict | None = None,
) -> Response:
    """The walks of a day, and why something could not be done to one of them."""
    at = desk.clock()
    today = at.astimezone(domain.LONDON).date()
    shown = min(max(day or today, today - timedelta(days=366)), today + timedelta(days=366))
    found = await service.walks_of_day(desk, who, shown, wards_of(who))
    feed = await service.own_feed(desk, who)
    return render(
        request,
        "booking/today.html",
        status=refusal.status if refusal else 200,
        day=shown,
        today=today,
        before=shown - timedelta(days=1),
        after=shown + timedelta(days=1),
        walks=found.walks,
        expected=found.expected,
        beside=found.beside,
        needs_in_words=needs_in_words,
        safe_contact_in_words=safe_contact_in_words,
        safe_word_of=desk.safe_word,
        feed=feed,
        level_of=domain.level,
        at=at,
        startable_from=at + domain.START_WINDOW,
        errors={"walks": refusal.detail} if refusal else {},
    )


def day_in(form: FormData) -> date | None:
    """The day whose walks the form was on."""
    try:
        return date.fromisoformat(str(form.get("day", "")))
    except ValueError:
        return None
