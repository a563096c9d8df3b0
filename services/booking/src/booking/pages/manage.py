"""A participant's own walk, at the address that only she was given: see it, print it, cancel it.

Invariant: the address is a capability: never cached, never in a referrer, never logged; following it
changes nothing, however often and by whatever program.
"""

from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from booking import domain, service
from booking.schemas import DeskDep
from shared.auth import csrf_form, once_of, public_page
from shared.pages import render

router = APIRouter()

SEE_OTHER = 303


@router.api_route("/manage/{token}", methods=["GET", "HEAD"])
async def show_walk(
    request: Request,
    _: Annotated[None, public_page()],
    desk: DeskDep,
    token: str,
    booked: Annotated[bool, Query()] = False,  # noqa: FBT002 - a query parameter has no position
) -> Response:
    """When, where, who, what next, and the way to cancel; ``booked`` when she comes from booking."""
    walk = await service.walk_of_link(desk, token)
    may_cancel = walk.state is domain.State.CONFIRMED and desk.clock() < walk.times.starts_at
    return render(
        request,
        "booking/manage.html",
        no_referrer=True,
        walk=walk,
        token=token,
        booked=booked and walk.state is domain.State.CONFIRMED,
        may_cancel=may_cancel,
        next_steps=domain.next_steps(walk),
        manage_url=desk.manage_url(walk),
    )


@router.post("/manage/{token}/cancel")
async def cancel_walk(
    request: Request,
    _: Annotated[None, public_page()],
    form: Annotated[FormData, csrf_form()],
    desk: DeskDep,
    token: str,
) -> Response:
    """Cancel, once; whoever presses again sees that it is done."""
    with suppress(domain.WrongState):  # the page says how the walk stands
        await service.cancel_by_link(desk, token, once_of(request, form))
    response = RedirectResponse(f"/booking/manage/{token}", SEE_OTHER)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response
