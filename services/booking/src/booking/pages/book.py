"""Choosing a slot and booking it: no account, two pages, then the walk's own page.

Invariant: the meeting point is on none of these pages; what she typed is kept when a slot is gone.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from booking import domain, service, store
from booking.schemas import BookWalkBody, DeskDep, PageDep, cursor_after
from booking.service import Desk
from shared.auth import csrf_form, once_of, public_page
from shared.errors import Conflict
from shared.idempotency import Once, StillRunning
from shared.pages import render
from shared.web import Text

router = APIRouter()

SEE_OTHER = 303
SOON = timedelta(hours=1)
ASK_AGAIN_SECONDS = 0.2
ASK_AGAIN_TIMES = 50
FIELDS = ("name", "email", "adult", "note")
WRONG: Mapping[str, str] = {
    "slot_id": "Choose a time",
    "name": "Enter your name, of at most 100 letters",
    "email": "Enter an email address, like name@example.com",
    "note": "Your note must be of at most 1,000 letters",
}

VisitorDep = Annotated[None, public_page()]
FormDep = Annotated[FormData, csrf_form()]


@dataclass(frozen=True, slots=True)
class Day:
    """The slots of a London day, by ward."""

    first: datetime
    wards: list[tuple[domain.Ward, list[domain.Slot]]]


@router.api_route("/", methods=["GET", "HEAD"])
async def list_slots(
    request: Request,
    _: VisitorDep,
    desk: DeskDep,
    page: PageDep,
    ward: Annotated[Text | None, Query(max_length=20)] = None,
) -> Response:
    """Slots that can be booked now: those within the hour first, the others by day and ward."""
    at = desk.clock()
    async with desk.database.reading() as connection:
        found = await store.slots.list_bookable(
            connection,
            at=at,
            few=desk.slots_shown,
            wards=[ward] if ward else None,
            after=page.after,
            limit=page.limit + 1,
        )
    shown = found[: page.limit]
    soon = [slot for slot in shown if slot.times.starts_at <= at + SOON]
    last = shown[-1] if len(found) > page.limit else None
    return render(
        request,
        "booking/slots.html",
        soon=soon,
        days=_by_day(shown[len(soon) :]),
        wards=desk.areas.wards,
        ward=ward or "",
        following=cursor_after(last.times.starts_at, last.id) if last else None,
        first_page=page.after is None,
        phone=desk.limits.phone,
    )


@router.api_route("/book", methods=["GET", "HEAD"])
async def show_form(request: Request, _: VisitorDep, desk: DeskDep, slot: UUID) -> Response:
    """The form for one slot; when it is gone, the page says so and offers others."""
    async with desk.database.reading() as connection:
        found = await store.slots.find_bookable(connection, slot, at=desk.clock())
        others = [] if found else await _others(desk, connection, slot)
    status = 200 if found else Conflict.status
    return _form(
        request, desk, slot=found, others=others, typed=dict.fromkeys(FIELDS, ""), status=status
    )


@router.post("/book")
async def book_walk(request: Request, _: VisitorDep, form: FormDep, desk: DeskDep) -> Response:
    """Book, and go to the walk's own page; or the form again, with what is wrong with it."""
    typed = {name: str(form.get(name, "")) for name in FIELDS}
    fields = {**typed, "slot_id": str(form.get("slot_id", "")), "adult": typed["adult"] == "yes"}
    try:
        body = BookWalkBody.model_validate(fields)
    except ValidationError as error:
        errors = _errors(error)
        if not fields["adult"]:
            errors["adult"] = domain.AdultsOnly().detail
        return await _form_again(request, desk, form, typed, errors)
    try:
        walk = await _booked(desk, body, once_of(request, form))
    except domain.AdultsOnly as refusal:
        return await _form_again(request, desk, form, typed, {"adult": refusal.detail})
    except domain.SlotTaken:
        async with desk.database.reading() as connection:
            others = await _others(desk, connection, body.slot_id)
        return _form(request, desk, slot=None, others=others, typed=typed, status=Conflict.status)
    token = walk["manage_url"].rsplit("/", 1)[-1]
    return RedirectResponse(f"/booking/manage/{token}?booked=1", SEE_OTHER)


async def _booked(desk: Desk, body: BookWalkBody, request: Once) -> dict[str, Any]:
    """Book; a form that was sent twice waits for the answer to the first."""
    for _ in range(ASK_AGAIN_TIMES):
        try:
            return await service.book_walk(desk, body.booking(), request)
        except StillRunning:
            await asyncio.sleep(ASK_AGAIN_SECONDS)
    raise StillRunning


async def _form_again(
    request: Request, desk: Desk, form: FormData, typed: dict[str, str], errors: dict[str, str]
) -> Response:
    """The form with its errors; the slot may be gone meanwhile."""
    slot, others = None, list[domain.Slot]()
    try:
        slot_id = UUID(str(form.get("slot_id")))
    except ValueError:
        return RedirectResponse("/booking/", SEE_OTHER)
    async with desk.database.reading() as connection:
        slot = await store.slots.find_bookable(connection, slot_id, at=desk.clock())
        if slot is None:
            others = await _others(desk, connection, slot_id)
    return _form(request, desk, slot=slot, others=others, typed=typed, errors=errors, status=422)


async def _others(desk: Desk, connection: Any, slot_id: UUID) -> list[domain.Slot]:
    return await store.slots.alternatives(
        connection, slot_id, at=desk.clock(), few=desk.slots_shown
    )


def _form(
    request: Request,
    desk: Desk,
    *,
    slot: domain.Slot | None,
    others: list[domain.Slot],
    typed: dict[str, str],
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    gone = {} if slot else {"slot_id": "This time has just gone. Please choose another."}
    return render(
        request,
        "booking/book.html",
        status=status,
        slot=slot,
        others=others,
        typed=typed,
        phone=desk.limits.phone,
        errors={**gone, **(errors or {})},
    )


def _errors(error: ValidationError) -> dict[str, str]:
    """Pydantic's faults in the words of the form."""
    fields = [str(each["loc"][0]) for each in error.errors(include_input=False)]
    return {field: WRONG[field] for field in fields if field in WRONG}


def _by_day(slots: list[domain.Slot]) -> list[Day]:
    """Slots in the order of their start, by London day and then by ward's name."""
    days: list[Day] = []
    for _, of_day in groupby(slots, key=lambda slot: slot.times.local_date):
        today = list(of_day)
        ordered = sorted(today, key=lambda slot: (slot.ward.name, slot.times.starts_at))
        wards = [(ward, list(own)) for ward, own in groupby(ordered, key=lambda slot: slot.ward)]
        days.append(Day(today[0].times.starts_at, wards))
    return days
