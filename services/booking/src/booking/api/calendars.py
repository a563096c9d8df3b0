"""Calendars: a walk's file at her manage link, an officer's feed at its token.

Invariant: both addresses are capabilities: an answer is never cached and its address never told on.
"""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from booking import service
from booking.api.asking import PublicDep
from booking.schemas import DeskDep
from booking.service import calendars

router = APIRouter()


@router.api_route("/manage/{token}/walk.ics", methods=["GET", "HEAD"], include_in_schema=False)
async def show_walk(
    desk: DeskDep, _: PublicDep, token: str, title: Annotated[calendars.Title, Query()] = "neutral"
) -> Response:
    """Her walk for her calendar, with a title that says nothing unless she asks for the plain one."""
    walk = await service.walk_of_link(desk, token)
    return _calendar(calendars.walk_file(walk, title, desk.clock()))


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
