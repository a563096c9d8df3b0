"""Slots: what can be booked now, and opening more.

Invariant: the public sees a few for each ward and day, and never the meeting point.
"""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from booking import service, store
from booking.api.asking import Coordinator, MaybeStaff, WardCode, listed, sees_places
from booking.schemas import DeskDep, FromTime, OpenSlotBody, PageDep, ToTime
from booking.service import answers
from shared.web import OnceIfGivenDep

router = APIRouter()


@router.get("/slots", summary="Slots that can be booked now")
async def list_slots(
    *,
    request: Request,
    desk: DeskDep,
    who: MaybeStaff,
    page: PageDep,
    ward: WardCode = None,
    since: Annotated[FromTime | None, Query(alias="from")] = None,
    until: Annotated[ToTime | None, Query(alias="to")] = None,
) -> JSONResponse:
    """By start. The public sees a few for each ward and day, and never the meeting point."""
    async with desk.database.reading() as connection:
        found = await store.slots.list_bookable(
            connection,
            at=desk.clock(),
            few=None if sees_places(who) else desk.slots_shown,
            wards=[ward] if ward else None,
            since=since,
            until=until,
            after=page.after,
            limit=page.limit + 1,
        )
    shown = answers.staff_slot if sees_places(who) else answers.public_slot
    return listed(request, found, page, shown)


@router.post("/slots", status_code=201, summary="Open a slot")
async def open_slot(
    desk: DeskDep, who: Coordinator, body: OpenSlotBody, request: OnceIfGivenDep
) -> JSONResponse:
    """Offer a time and a place in a ward of the coordinator's."""
    return JSONResponse(await service.open_slot(desk, body.wanted(), who, request), 201)
