"""Holds: a slot kept for ten minutes while its form is filled.

Invariant: whoever has what ``POST`` answered may book by it or let it go; nobody else is told of it.
"""

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from booking import domain, service
from booking.api.asking import PublicDep
from booking.api.refusals import TOO_MANY
from booking.schemas import DeskDep, HoldBody
from booking.service import shapes
from shared.errors import NotFound
from shared.web import OnceIfGivenDep, Text, gives, problems

router = APIRouter(prefix="/v1", tags=["holds"])


@router.post(
    "/holds",
    status_code=201,
    summary="Keep a slot",
    responses=gives(shapes.HoldJson, 201) | problems(NotFound, domain.SlotTaken, TOO_MANY),
)
async def hold(
    desk: DeskDep, _: PublicDep, body: HoldBody, request: OnceIfGivenDep
) -> JSONResponse:
    """For ten minutes. 409 ``/slot-taken``; 429 when forms keep too much of a ward: book without one then."""
    return JSONResponse(await service.hold(desk, body.slot_id, request), 201)


@router.delete("/holds/{hold}", status_code=204, summary="Let a slot go")
async def let_go(desk: DeskDep, _: PublicDep, hold: Text) -> Response:
    """Others can have it at once. One that is over, or was booked by, is let go already."""
    await service.let_go(desk, hold)
    return Response(status_code=204)
