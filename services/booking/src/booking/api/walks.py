"""Walks: booking one, the day's list, and what staff do with them.

Invariant: an answer to staff names no participant; only notifications is told whom to write to.
"""

from dataclasses import replace
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from booking import domain, service, store
from booking.api.asking import (
    DutyToo,
    MaybeStaff,
    NotificationsService,
    Staff,
    WardCode,
    listed,
)
from booking.api.refusals import DOES_NOT_FIT, NOT_FOUND, OF_A_WALK, TAKEN, TOO_MANY, WRONG_STATE
from booking.schemas import (
    BookWalkBody,
    CancelWalkBody,
    DeskDep,
    Page,
    PageDep,
    TapBody,
    assisting,
    wards_of,
)
from booking.service import answers, shapes
from shared.errors import NotFound
from shared.web import Day, OnceDep, OnceIfGivenDep, gives, problems

router = APIRouter(prefix="/v1", tags=["walks"])

WALK = gives(shapes.StaffWalk)
WALKS = gives(shapes.WalkPage, headers=("Link",))
BOOKING = problems(
    NotFound,
    TAKEN,
    domain.TooFewPlaces,
    domain.AdultsOnly,
    domain.TooYoung(16),
    domain.GuardianNeeded,
    DOES_NOT_FIT,
    TOO_MANY,
)
OF_A_WALK_IN_TIME = problems(
    NotFound, domain.NotInTeam, WRONG_STATE, domain.TooEarly, domain.TooLate
)


@router.post(
    "/walks",
    status_code=201,
    summary="Book a walk",
    responses=gives(shapes.BookedWalk, 201) | BOOKING,
)
async def book_walk(
    desk: DeskDep, who: MaybeStaff, body: BookWalkBody, request: OnceDep
) -> JSONResponse:
    """Take a slot. When it is gone: 409 ``/slot-taken`` with up to three ``alternatives``.

    With the token of an officer or coordinator it is booked for somebody who has asked them, and marked so.
    """
    booking = replace(body.booking(), by=assisting(who))
    return JSONResponse(await service.book_walk(desk, booking, request), 201)


@router.get("/walks", summary="Walks of one's wards", responses=WALKS)
async def list_walks(
    *,
    request: Request,
    desk: DeskDep,
    who: Staff,
    page: PageDep,
    day: Annotated[Day | None, Query(alias="date")] = None,
    state: domain.State | None = None,
    ward: WardCode = None,
) -> JSONResponse:
    """By start; ``date`` is London's."""
    wanted = store.walks.Wanted(
        day=day,
        state=state.value if state else None,
        ward=ward,
        wards=wards_of(who),
        after=page.after,
        limit=page.limit + 1,
    )
    return await _walks(request, desk, wanted, page)


@router.get("/walks/overdue", summary="Walks that are overdue now", responses=WALKS)
async def list_overdue(
    request: Request, desk: DeskDep, who: DutyToo, page: PageDep
) -> JSONResponse:
    """The duty list, from booking's own tables: it needs neither Kafka nor notifications."""
    wanted = store.walks.Wanted(
        wards=wards_of(who), overdue=True, after=page.after, limit=page.limit + 1
    )
    return await _walks(request, desk, wanted, page)


@router.get(
    "/walks/{walk_id}",
    summary="One walk",
    responses=gives(shapes.StaffWalk, headers=("ETag",)) | NOT_FOUND,
)
async def show_walk(desk: DeskDep, who: Staff, walk_id: UUID) -> JSONResponse:
    """With its ETag."""
    async with desk.database.reading() as connection:
        walk = await store.walks.find_walk(connection, walk_id)
    if walk is None:
        raise NotFound("There is no such walk.")
    who.must_cover(walk.ward.code)
    etag = f'"{walk.version}.{walk.concern_count}"'
    return JSONResponse(
        answers.staff_walk(walk, desk.safe_word(walk), desk.clock()), headers={"ETag": etag}
    )


@router.post(
    "/walks/{walk_id}/start",
    summary="They have set off",
    responses=WALK | OF_A_WALK_IN_TIME,
)
async def start_walk(
    desk: DeskDep,
    who: Staff,
    walk_id: UUID,
    request: OnceIfGivenDep,
    body: TapBody | None = None,
) -> JSONResponse:
    """From 60 minutes before its time until its end; ``at`` when it is said later than done."""
    done_at = body.at if body else None
    return JSONResponse(await service.start_walk(desk, walk_id, who, request, done_at))


@router.post("/walks/{walk_id}/end", summary="Both are accounted for", responses=WALK | OF_A_WALK)
async def end_walk(
    desk: DeskDep,
    who: Staff,
    walk_id: UUID,
    request: OnceIfGivenDep,
    body: TapBody | None = None,
) -> JSONResponse:
    """A started walk, at any time; ``at`` when it is said later than done."""
    done_at = body.at if body else None
    return JSONResponse(await service.end_walk(desk, walk_id, who, request, done_at))


@router.post(
    "/walks/{walk_id}/cancel", summary="The force calls it off", responses=WALK | OF_A_WALK
)
async def cancel_walk(
    desk: DeskDep,
    who: Staff,
    walk_id: UUID,
    request: OnceIfGivenDep,
    body: CancelWalkBody | None = None,
) -> JSONResponse:
    """A walk that has not been started. Its slot is withdrawn."""
    reason: Literal["force", "weather", "safety"] = body.reason if body else "force"
    return JSONResponse(await service.cancel_walk(desk, walk_id, who, reason, request))


@router.get("/walks/{walk_id}/contact", summary="Whom to write to", include_in_schema=False)
async def show_contact(desk: DeskDep, who: NotificationsService, walk_id: UUID) -> Response:
    """For notifications only; every reading is audited; 404 once erased."""
    contact = await service.contact_of_walk(desk, walk_id, who.subject)
    return JSONResponse(contact, headers={"Cache-Control": "no-store"})


async def _walks(
    request: Request, desk: service.Desk, wanted: store.walks.Wanted, page: Page
) -> JSONResponse:
    async with desk.database.reading() as connection:
        found = await store.walks.list_walks(connection, wanted)
    return listed(
        request,
        found,
        page,
        lambda walk: answers.staff_walk(walk, desk.safe_word(walk), desk.clock()),
    )
