"""Booking over HTTP: slots and bookings for the public, walks for staff, contacts for notifications.

Invariant: a route parses, calls one function, and answers; who may is said in its signature.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from booking import domain, service, store
from booking.schemas import (
    BookWalkBody,
    CancelWalkBody,
    DeskDep,
    FromTime,
    OpenSlotBody,
    Page,
    PageDep,
    ToTime,
    cursor_after,
    wards_of,
)
from booking.service import answers
from shared.auth import Principal, allow, allow_service, anyone, public
from shared.errors import NotFound
from shared.web import OnceDep, OnceIfGivenDep, Text

router = APIRouter(prefix="/v1")

PLACE_ROLES = frozenset({"officer", "coordinator", "duty"})

T = TypeVar("T", domain.Slot, domain.Walk)

PublicDep = Annotated[None, public()]
MaybeStaff = Annotated[Principal | None, anyone()]
Coordinator = Annotated[Principal, allow("coordinator")]
Staff = Annotated[Principal, allow("officer", "coordinator")]
DutyToo = Annotated[Principal, allow("officer", "coordinator", "duty")]
NotificationsService = Annotated[Principal, allow_service("notifications")]
WardCode = Annotated[Text | None, Query(max_length=20)]


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
            few=None if _sees_places(who) else desk.slots_shown,
            wards=[ward] if ward else None,
            since=since,
            until=until,
            after=page.after,
            limit=page.limit + 1,
        )
    shown = answers.staff_slot if _sees_places(who) else answers.public_slot
    return _listed(request, found, page, shown)


@router.post("/slots", status_code=201, summary="Open a slot")
async def open_slot(
    desk: DeskDep, who: Coordinator, body: OpenSlotBody, request: OnceIfGivenDep
) -> JSONResponse:
    """Offer a time and a place in a ward of the coordinator's."""
    return JSONResponse(await service.open_slot(desk, body.wanted(), who, request), 201)


@router.get("/officers", summary="Officers who walk")
async def list_officers(desk: DeskDep, _: DutyToo) -> JSONResponse:
    """By name."""
    async with desk.database.reading() as connection:
        return JSONResponse(answers.officers(await store.people.list_officers(connection)))


@router.get("/wards", summary="Wards of the boundary set in force")
async def list_wards(desk: DeskDep, _: PublicDep) -> JSONResponse:
    """In the order of their codes."""
    wards = [{"code": w.code, "name": w.name, "set": w.set} for w in desk.areas.wards]
    return JSONResponse({"items": wards})


@router.post(
    "/walks",
    status_code=201,
    summary="Book a walk",
    responses={201: {"model": answers.BookedWalk}},
)
async def book_walk(
    desk: DeskDep, _: PublicDep, body: BookWalkBody, request: OnceDep
) -> JSONResponse:
    """Take a slot. When it is gone: 409 ``/slot-taken`` with up to three ``alternatives``."""
    return JSONResponse(await service.book_walk(desk, body.booking(), request), 201)


@router.get("/walks", summary="Walks of one's wards")
async def list_walks(
    *,
    request: Request,
    desk: DeskDep,
    who: Staff,
    page: PageDep,
    day: Annotated[date | None, Query(alias="date")] = None,
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


@router.get("/walks/overdue", summary="Walks that are overdue now")
async def list_overdue(
    request: Request, desk: DeskDep, who: DutyToo, page: PageDep
) -> JSONResponse:
    """The duty list, from booking's own tables: it needs neither Kafka nor notifications."""
    wanted = store.walks.Wanted(
        wards=wards_of(who), overdue=True, after=page.after, limit=page.limit + 1
    )
    return await _walks(request, desk, wanted, page)


@router.get("/walks/{walk_id}", summary="One walk")
async def show_walk(desk: DeskDep, who: Staff, walk_id: UUID) -> JSONResponse:
    """With its ETag."""
    async with desk.database.reading() as connection:
        walk = await store.walks.find_walk(connection, walk_id)
    if walk is None:
        raise NotFound("There is no such walk.")
    who.must_cover(walk.ward.code)
    etag = f'"{walk.version}.{walk.concern_count}"'
    return JSONResponse(answers.staff_walk(walk), headers={"ETag": etag})


@router.post("/walks/{walk_id}/start", summary="They have set off")
async def start_walk(
    desk: DeskDep, who: Staff, walk_id: UUID, request: OnceIfGivenDep
) -> JSONResponse:
    """From 60 minutes before its time until its end."""
    return JSONResponse(await service.start_walk(desk, walk_id, who, request))


@router.post("/walks/{walk_id}/end", summary="Both are accounted for")
async def end_walk(
    desk: DeskDep, who: Staff, walk_id: UUID, request: OnceIfGivenDep
) -> JSONResponse:
    """A started walk, at any time."""
    return JSONResponse(await service.end_walk(desk, walk_id, who, request))


@router.post("/walks/{walk_id}/cancel", summary="The force calls it off")
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


def _sees_places(who: Principal | None) -> bool:
    """Whether somebody may know where they meet."""
    return who is not None and bool(who.roles & PLACE_ROLES)


async def _walks(
    request: Request, desk: service.Desk, wanted: store.walks.Wanted, page: Page
) -> JSONResponse:
    async with desk.database.reading() as connection:
        found = await store.walks.list_walks(connection, wanted)
    return _listed(request, found, page, answers.staff_walk)


def _listed(
    request: Request, found: Sequence[T], page: Page, shown: Callable[[T], Any]
) -> JSONResponse:
    """A page of a list; ``found`` holds one more than the page when there is more."""
    items, headers, following = found[: page.limit], dict[str, str](), None
    if len(found) > page.limit:
        following = cursor_after(items[-1].times.starts_at, items[-1].id)
        url = request.url.include_query_params(cursor=following)
        headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
    content = {"items": [shown(each) for each in items], "next": following}
    return JSONResponse(content, headers=headers)
