"""Whom a coordinator lets book online no longer.

Invariant: no answer names a contact; who is barred is known by a walk's reference.
"""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from booking import service
from booking.api.asking import Coordinator
from booking.schemas import BarBody, DeskDep, wards_of
from booking.service import answers
from shared.web import OnceIfGivenDep

router = APIRouter(prefix="/v1")


@router.get("/bars", summary="Who may not book online")
async def list_bars(desk: DeskDep, who: Coordinator) -> JSONResponse:
    """Of one's wards, the newest first, each by the reference of a walk, with why and by whom."""
    found = await service.bars(desk, wards_of(who))
    return JSONResponse({"items": [answers.bar(each) for each in found]})


@router.post("/bars", status_code=201, summary="Let somebody book online no longer")
async def bar(
    desk: DeskDep, who: Coordinator, body: BarBody, request: OnceIfGivenDep
) -> JSONResponse:
    """Whoever a walk is with, by its reference. What she has booked stays: cancel it where it must not."""
    return JSONResponse(await service.bar(desk, body.wanted(), who, request), 201)


@router.delete("/bars/{bar_id}", status_code=204, summary="Let her book again")
async def lift_bar(desk: DeskDep, who: Coordinator, bar_id: UUID) -> Response:
    """Who lifted it is kept. One that was lifted before stays as it is."""
    await service.lift_bar(desk, bar_id, who)
    return Response(status_code=204)
