"""For coordinators: an officer's week, her shifts beside it, and the form that adds one.

Invariant: a page never drops a walk: what a change of a shift leaves outside it is listed, with where to go.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.responses import Response

from booking import domain, service, store
from booking.pages.typed import day_of, said_day, seen_in, typed_in, wrong_fields
from booking.schemas import DeskDep, ShiftBody
from booking.service import Desk, roster_answers
from shared.auth import Principal, csrf_form, once_of, staff_page
from shared.clock import new_id
from shared.errors import PreconditionFailed, Refusal
from shared.pages import errors_by_field, render

router = APIRouter()

WEEK = timedelta(days=7)
FIELDS = (
    "officer_id", "weekday", "from", "to", "begins_day", "begins_month", "begins_year", "place", "near",
    "capacity",
)  # fmt: skip
WRONG = {
    "officer_id": "Choose an officer",
    "weekday": "Choose a weekday",
    "from": "Enter a time like 18:00",
    "to": "Enter a time like 22:00, or 24:00, and not the one from which",
    "from_date": "Enter the first day",
    "near": "Enter what the place is near, of at most 100 letters",
    "meeting_point": "Choose a meeting point",
    "ward": "Choose a meeting point",
    "capacity": "Enter how many may walk together, from 1 to 20",
}
ON_FORM = {"from_date": "begins", "meeting_point": "place", "ward": "place"}

CoordinatorDep = Annotated[Principal, staff_page("coordinator")]
FormDep = Annotated[FormData, csrf_form()]


@router.get("/week")
async def show_week(
    request: Request,
    who: CoordinatorDep,
    desk: DeskDep,
    officer: UUID | None = None,
    day: date | None = None,
) -> Response:
    """The week in which a day lies (today unless said), of an officer (the first unless said)."""
    return await _week(request, who, desk, officer, day)


@router.get("/shifts")
async def show_form(
    request: Request, who: CoordinatorDep, desk: DeskDep, officer: UUID | None = None
) -> Response:
    """The form that adds a shift."""
    typed = dict.fromkeys(FIELDS, "") | {"officer_id": str(officer or "")}
    return await _form(request, who, desk, typed, {})


@router.post("/shifts")
async def add_shift(
    request: Request, who: CoordinatorDep, form: FormDep, desk: DeskDep
) -> Response:
    """Add a shift, or show the form again with what is wrong."""
    typed = typed_in(form, FIELDS)
    try:
        officer_id = UUID(typed["officer_id"])
    except ValueError:
        return await _form(request, who, desk, typed, {"officer_id": WRONG["officer_id"]}, 422)
    try:
        body = ShiftBody.model_validate(_fields(desk, typed))
        shift = body.shift(new_id(), officer_id)
        answer = await service.add_shift(desk, shift, who, once_of(request, form))
    except ValidationError as error:
        wrong = wrong_fields(error, WRONG, "to")
        errors = {ON_FORM.get(name, name): said for name, said in wrong.items()}
        return await _form(request, who, desk, typed, errors, 422)
    except Refusal as refusal:
        named = errors_by_field(refusal) or {"from": refusal.detail}
        errors = {ON_FORM.get(name, name): said for name, said in named.items()}
        return await _form(request, who, desk, typed, errors, refusal.status)
    return await _week(request, who, desk, officer_id, None, said=_said("is added", answer))


@router.post("/shifts/{shift_id}/remove")
async def remove_shift(
    request: Request, who: CoordinatorDep, form: FormDep, desk: DeskDep, shift_id: UUID
) -> Response:
    """Remove a shift: its open slots go, its walks are listed."""
    try:
        officer_id = UUID(str(form.get("officer_id", "")))
    except ValueError:
        return await _week(request, who, desk, None, None, status=422)
    try:
        answer = await service.remove_shift(desk, officer_id, shift_id, who, seen_in(form))
    except PreconditionFailed as late:
        return await _week(request, who, desk, officer_id, None, refusal=late, status=late.status)
    said = _said("is removed", answer)
    return await _week(request, who, desk, officer_id, None, said=said, walks=answer["walks"])


def _said(what: str, answer: Mapping[str, Any]) -> str:
    """What came of a change, in a sentence or two."""
    slots, left_out = answer["slots"], answer["left_out"]
    text = f"The shift {what}: {slots['opened']} slots opened, {slots['withdrawn']} withdrawn."
    if left_out:
        text += f" {len(left_out)} times are left out, where the clocks change."
    return text


def _fields(desk: Desk, typed: Mapping[str, str]) -> dict[str, Any]:
    """The form as the API's body."""
    ward, place = _places(desk).get(typed["place"], ("", None))
    capacity = typed["capacity"] or "1"
    return {
        "weekday": typed["weekday"],
        "from": typed["from"].zfill(len("00:00")),
        "to": typed["to"].zfill(len("00:00")),
        "from_date": said_day(day_of(typed, "begins")),
        "ward": ward,
        "near": typed["near"],
        "meeting_point": place and {"name": place.name, "coordinates": place.point},
        "capacity": int(capacity) if capacity.isascii() and capacity.isdecimal() else None,
    }


def _places(desk: Desk) -> dict[str, tuple[str, Any]]:
    """The places that the boundary set names, by the value of their option."""
    return {
        f"{ward.code} {nth}": (ward.code, place)
        for ward in desk.areas.wards
        for nth, place in enumerate(ward.places)
    }


async def _form(
    request: Request,
    who: Principal,
    desk: Desk,
    typed: dict[str, str],
    errors: dict[str, str],
    status: int = 200,
) -> Response:
    async with desk.database.reading() as connection:
        officers = await service.officers_led(connection, who, desk.clock())
    names = {ward.code: ward.name for ward in desk.areas.wards if who.covers(ward.code)}
    return render(
        request,
        "booking/shift.html",
        status=status,
        officers=officers,
        weekdays=roster_answers.WEEKDAYS,
        places=[
            {"value": value, "text": f"{place.name}, {names[code]}"}
            for value, (code, place) in _places(desk).items()
            if code in names
        ],
        typed=typed,
        errors=errors,
    )


def _monday(desk: Desk, day: date | None) -> date:
    """The first day of the week of a day (today unless said), within a year of today."""
    today = desk.clock().astimezone(domain.LONDON).date()
    year = timedelta(days=366)
    shown = min(max(day or today, today - year), today + year)
    return shown - timedelta(days=shown.weekday())


async def _week(
    request: Request,
    who: Principal,
    desk: Desk,
    officer: UUID | None,
    day: date | None,
    *,
    said: str | None = None,
    walks: list[dict[str, Any]] | None = None,
    refusal: Refusal | None = None,
    status: int = 200,
) -> Response:
    monday = _monday(desk, day)
    async with desk.database.reading() as connection:
        officers = await service.officers_led(connection, who, desk.clock())
        chosen = next((each for each in officers if each.id == officer), next(iter(officers), None))
        hers = [chosen.id] if chosen else []
        shifts = await store.rosters.list_shifts(connection, hers)
        week = await store.rosters.slots_of_week(connection, hers, monday, monday + WEEK)
    days = [monday + timedelta(days=nth) for nth in range(7)]
    return render(
        request,
        "booking/week.html",
        status=status,
        officers=officers,
        chosen=chosen,
        shifts=shifts,
        weekdays=roster_answers.WEEKDAYS,
        midnight=datetime.min.time(),
        days=[
            (each, [slot for slot in week if slot.slot.times.local_date == each]) for each in days
        ],
        monday=monday,
        before=monday - WEEK,
        after=monday + WEEK,
        said=said,
        walks=walks or [],
        errors={"shifts": refusal.detail} if refusal else {},
    )
