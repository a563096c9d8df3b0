"""For officers: the address at which one's own calendar program finds one's walks.

Invariant: the address is on the page that answers its making and on no other.
"""

from typing import Annotated

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from booking import service
from booking.schemas import DeskDep
from shared.auth import Principal, csrf_form, staff_page
from shared.errors import NotFound
from shared.pages import render

router = APIRouter()

SEE_OTHER = 303

StaffDep = Annotated[Principal, staff_page("officer", "coordinator")]
FormDep = Annotated[FormData, csrf_form()]


@router.post("/feed")
async def make_feed(request: Request, who: StaffDep, _: FormDep, desk: DeskDep) -> Response:
    """Make the address, and show it once; one made before is void."""
    own = await _own(desk, who)
    address = await service.make_feed(desk, own.officer_id, who)
    return render(request, "booking/feed.html", no_referrer=True, address=address)


@router.post("/feed/revoke")
async def revoke_feed(who: StaffDep, _: FormDep, desk: DeskDep) -> Response:
    """The address works no longer."""
    own = await _own(desk, who)
    await service.revoke_feed(desk, own.officer_id, who)
    return RedirectResponse("/booking/today", SEE_OTHER)


async def _own(desk: service.Desk, who: Principal) -> service.OwnFeed:
    own = await service.own_feed(desk, who)
    if own is None:
        raise NotFound("You are not among the officers of a team.")
    return own
