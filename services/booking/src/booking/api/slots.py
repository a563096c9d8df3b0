"""Slots: what can be booked now, and opening more.

Invariant: the public sees a few for each ward and day, and never the meeting point.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse

from booking import domain, service, store
from booking.api.asking import (
    Coordinator,
    MaybeStaff,
    Staff,
    WardCode,
    listed,
    sees_places,
)
from booking.api.together import AskedTogether
from booking.schemas import (
    Code,
    DeskDep,
    FromTime,
    FurtherOfficerBody,
    Language,
    OpenSlotBody,
    PageDep,
    ToTime,
)
from booking.service import answers, shapes
from shared.errors import NotFound
from shared.web import OnceIfGivenDep, gives, problems

router = APIRouter(prefix="/v1", tags=["slots"], route_class=AskedTogether)


async def _needed(
    officer_sex: Annotated[
        Literal["female"] | None, Query(description="only with a woman as officer")
    ] = None,
    language: Annotated[Language | None, Query(description="that the officer speaks")] = None,
    need: Annotated[
        list[Code] | None, Query(max_length=10, description="that the officer can meet, each")
    ] = None,
    companions: Annotated[
        int, Query(ge=0, le=domain.MOST_COMPANIONS, description="for whom there is room beside her")
    ] = 0,
) -> domain.Needs:
    """What somebody needs of an officer, and for how many."""
    return domain.Needs(
        officer_sex=officer_sex,
        language=language,
        skills=tuple(need or ()),
        companions=companions,
    )


async def _narrowed(
    needs: Annotated[domain.Needs, Depends(_needed)],
    ward: WardCode = None,
    since: Annotated[FromTime | None, Query(alias="from")] = None,
    until: Annotated[ToTime | None, Query(alias="to")] = None,
) -> Mapping[str, Any]:
    """What a list of slots is narrowed to, as the store is asked for it."""
    return {"wards": [ward] if ward else None, "since": since, "until": until, "needs": needs}


@router.get(
    "/slots",
    summary="Slots that can be booked now",
    responses=gives(shapes.SlotPage, headers=("Link",)),
)
async def list_slots(
    request: Request,
    desk: DeskDep,
    who: MaybeStaff,
    page: PageDep,
    narrowed: Annotated[Mapping[str, Any], Depends(_narrowed)],
) -> JSONResponse:
    """By start. The public sees a few for each ward and day, and never the meeting point."""
    few = None if sees_places(who) else desk.slots_shown
    shown = answers.staff_slot if sees_places(who) else answers.public_slot

    async with desk.database.reading() as connection:
        found = await store.slots.list_bookable(
            connection,
            at=desk.clock(),
            few=few,
            after=page.after,
            limit=page.limit + 1,
            **narrowed,
        )
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


@router.get(
    "/slots/{slot_id}/officers",
    summary="The officers of a slot",
    responses=gives(shapes.SlotOfficers) | problems(NotFound),
)
async def show_officers(desk: DeskDep, who: Staff, slot_id: UUID) -> JSONResponse:
    """Who offers it first, then whoever walks along; and how many people have a place."""
    found = await service.group(desk, slot_id, who)
    return JSONResponse(answers.slot_officers(found.slot, found.beside, found.people))


@router.post(
    "/slots/{slot_id}/officers",
    summary="Put another officer on a slot",
    responses=gives(shapes.SlotOfficers)
    | problems(NotFound, domain.NotInTeam, domain.OfficerBusy, domain.TooLate),
)
async def add_officer(
    desk: DeskDep,
    who: Coordinator,
    slot_id: UUID,
    body: FurtherOfficerBody,
    request: OnceIfGivenDep,
) -> JSONResponse:
    """She walks along; with her there may be more people. One who is on it already stays."""
    answer = await service.add_officer(desk, slot_id, body.officer_id, body.capacity, who, request)
    return JSONResponse(answer)


@router.delete(
    "/slots/{slot_id}/officers/{officer_id}",
    summary="Take an officer off a slot",
    responses=gives(shapes.SlotOfficers)
    | problems(NotFound, domain.TooFewOfficers, domain.TooLate),
)
async def remove_officer(
    desk: DeskDep, who: Coordinator, slot_id: UUID, officer_id: UUID
) -> JSONResponse:
    """409 ``/too-few-officers`` while so many are booked that she is needed."""
    return JSONResponse(await service.remove_officer(desk, slot_id, officer_id, who))
