"""Whom a coordinator lets book online no longer.

Invariant: no answer names a contact; who is barred is known by a walk's reference.
"""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from booking import domain, service
from booking.api.asking import Coordinator, listed
from booking.api.refusals import NOT_FOUND
from booking.schemas import BarBody, DeskDep, PageDep, wards_of
from booking.service import answers, shapes
from shared.errors import NotFound
from shared.web import OnceIfGivenDep, gives, problems

router = APIRouter(prefix="/v1", tags=["bars"])


@router.get(
    "/bars",
    summary="Who may not book online",
    responses=gives(shapes.BarPage, headers=("Link",)),
)
async def list_bars(
    request: Request, desk: DeskDep, who: Coordinator, page: PageDep
) -> JSONResponse:
    """Of one's wards, the newest first, each by the reference of a walk, with why and by whom."""
    found = await service.bars(desk, wards_of(who), after=page.after, limit=page.limit + 1)
    return listed(request, found, page, answers.bar)


@router.post(
    "/bars",
    status_code=201,
    summary="Let somebody book online no longer",
    responses=gives(shapes.BarJson, 201) | problems(NotFound, domain.BarOver),
)
async def bar(
    desk: DeskDep, who: Coordinator, body: BarBody, request: OnceIfGivenDep
) -> JSONResponse:
    """Whoever a walk is with, by its reference. What she has booked stays: cancel it where it must not."""
    return JSONResponse(await service.bar(desk, body.wanted(), who, request), 201)


@router.delete("/bars/{bar_id}", status_code=204, summary="Let her book again", responses=NOT_FOUND)
async def lift_bar(desk: DeskDep, who: Coordinator, bar_id: UUID) -> Response:
    """Who lifted it is kept. One that was lifted before stays as it is."""
    await service.lift_bar(desk, bar_id, who)
    return Response(status_code=204)
