"""Calendars: a walk's file at her manage link, an officer's feed at its token.

Invariant: both addresses are capabilities: an answer is never cached and its address never told on.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response

from booking import service
from booking.api.asking import PublicDep, Staff
from booking.api.refusals import NOT_FOUND
from booking.schemas import DeskDep
from booking.service import calendars, shapes
from shared.web import gives

router = APIRouter(tags=["calendars"])


@router.api_route("/manage/{token}/walk.ics", methods=["GET", "HEAD"], include_in_schema=False)
async def show_walk(
    desk: DeskDep, _: PublicDep, token: str, title: Annotated[calendars.Title, Query()] = "neutral"
) -> Response:
    """Her walk for her calendar, with a title that says nothing unless she asks for the plain one."""
    walk = await service.walk_of_link(desk, token)
    return _calendar(calendars.walk_file(walk, title, desk.clock()))


@router.api_route("/calendar/{token}.ics", methods=["GET", "HEAD"], include_in_schema=False)
async def show_feed(desk: DeskDep, _: PublicDep, token: str) -> Response:
    """An officer's walks, by reference and meeting point; 404 once it is revoked."""
    return _calendar(await service.feed(desk, token))


@router.post(
    "/v1/officers/{officer_id}/feed",
    status_code=201,
    summary="A calendar's address",
    responses=gives(shapes.FeedAddress, 201) | NOT_FOUND,
)
async def make_feed(desk: DeskDep, who: Staff, officer_id: UUID) -> JSONResponse:
    """Of the officer herself, or one of the coordinator's; said once. One made before is void."""
    address = await service.make_feed(desk, officer_id, who)
    return JSONResponse({"url": address}, 201, headers={"Cache-Control": "no-store"})


@router.delete(
    "/v1/officers/{officer_id}/feed",
    status_code=204,
    summary="Make a calendar's address void",
    responses=NOT_FOUND,
)
async def revoke_feed(desk: DeskDep, who: Staff, officer_id: UUID) -> Response:
    """The same once it is void."""
    await service.revoke_feed(desk, officer_id, who)
    return Response(status_code=204)


def _calendar(content: bytes) -> Response:
    return Response(
        content,
        media_type="text/calendar",
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": 'attachment; filename="appointment.ics"',
            "Referrer-Policy": "no-referrer",
        },
    )
