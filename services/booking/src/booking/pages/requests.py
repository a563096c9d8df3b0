"""For coordinators: who waits for a walk, how long, and why.

Invariant: no name and no contact is on this page.
"""

from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import Response

from booking import domain, service, store
from booking.schemas import DeskDep, PageDep, cursor_after, wards_of
from booking.service.request_answers import WHY, hours_in_words
from shared.auth import Principal, staff_page
from shared.pages import render

router = APIRouter()

CoordinatorDep = Annotated[Principal, staff_page("coordinator")]


@router.get("/requests")
async def show_requests(
    request: Request, who: CoordinatorDep, desk: DeskDep, page: PageDep
) -> Response:
    """Wishes that are open, the oldest first."""
    wanted = store.requests.Wanted(
        wards=wards_of(who), state=None, after=page.after, limit=page.limit + 1
    )
    found = await service.list_requests(desk, wanted)
    shown = found[: page.limit]
    last = shown[-1].request if len(found) > page.limit else None
    return render(
        request,
        "booking/requests.html",
        waiting=[(each, domain.offers.live(each.offers)) for each in shown],
        wards={code: ward.name for code, ward in desk.areas.by_code.items()},
        why=WHY,
        hours=hours_in_words,
        at=desk.clock(),
        following=cursor_after(last.asked_at, last.id) if last else None,
        errors={},
    )
