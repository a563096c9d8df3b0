"""Slots: what can be booked now, and opening more.

Invariant: the public sees a few for each ward and day, and never the meeting point.
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from booking import domain, service, store
from booking.api.asking import Coordinator, MaybeStaff, WardCode, listed, sees_places
from booking.schemas import Code, DeskDep, FromTime, Language, OpenSlotBody, PageDep, ToTime
from booking.service import answers, shapes
from shared.web import OnceIfGivenDep, gives, problems

router = APIRouter(prefix="/v1", tags=["slots"])


@router.get(
    "/slots",
    summary="Slots that can be booked now",
    responses=gives(shapes.SlotPage, headers=("Link",)),
)
async def list_slots(
    *,
    request: Request,
    desk: DeskDep,
    who: MaybeStaff,
    page: PageDep,
    ward: WardCode = None,
    since: Annotated[FromTime | None, Query(alias="from")] = None,
    until: Annotated[ToTime | None, Query(alias="to")] = None,
    officer_sex: Annotated[
        Literal["female"] | None, Query(description="only with a woman as officer")
    ] = None,
    language: Annotated[Language | None, Query(description="that the officer speaks")] = None,
    need: Annotated[
        list[Code] | None, Query(max_length=10, description="that the officer can meet, each")
    ] = None,
) -> JSONResponse:
    """By start. The public sees a few for each ward and day, and never the meeting point."""
    needs = domain.Needs(officer_sex=officer_sex, language=language, skills=tuple(need or ()))
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
            needs=needs,
        )
    shown = answers.staff_slot if sees_places(who) else answers.public_slot
    return listed(request, found, page, shown)


@router.post(
    "/slots",
    status_code=201,
    summary="Open a slot",
    responses=gives(shapes.StaffSlot, 201) | problems(domain.OfficerBusy, domain.SlotExists),
)
async def open_slot(
    desk: DeskDep, who: Coordinator, body: OpenSlotBody, request: OnceIfGivenDep
) -> JSONResponse:
    """Offer a time and a place in a ward of the coordinator's."""
    return JSONResponse(await service.open_slot(desk, body.wanted(), who, request), 201)
