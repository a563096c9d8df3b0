"""For coordinators: the forms that add, change, end and remove a shift.

Invariant: a form that changes a shift is filled with what is in force and knows its version: who comes
second is shown what holds now, beside what she typed.
"""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.responses import Response

from booking import domain, service
from booking.pages import week
from booking.pages.shift_words import Place, filled, in_force, of_shift, places, said_of
from booking.pages.typed import day_of, said_day, seen_in, typed_in, whole, wrong_fields
from booking.schemas import DeskDep, ShiftBody
from booking.service import Desk, roster_answers
from shared.auth import Principal, csrf_form, once_of, staff_page
from shared.clock import new_id
from shared.errors import PreconditionFailed, Refusal
from shared.pages import errors_by_field, render

router = APIRouter()

FIELDS = (
    "officer_id", "weekday", "from", "to", "begins_day", "begins_month", "begins_year", "ends_day",
    "ends_month", "ends_year", "place", "near", "capacity",
)  # fmt: skip
ENDS = ("ends_day", "ends_month", "ends_year")
WRONG = {
    "officer_id": "Choose an officer",
    "weekday": "Choose a weekday",
    "from": "Enter a time like 18:00",
    "to": "Enter a time like 22:00, or 24:00, and not the one from which",
    "from_date": "Enter the first day",
    "until_date": "Enter the last day, not before the first, or leave it empty",
    "near": "Enter what the place is near, of at most 100 letters",
    "meeting_point": "Choose a meeting point",
    "ward": "Choose a meeting point",
    "capacity": "Enter how many may walk together, from 1 to 20",
}
ON_FORM = {
    "from_date": "begins", "until_date": "ends", "meeting_point": "place", "coordinates": "place",
    "ward": "place",
}  # fmt: skip
FASTER = (
    "Somebody else has changed this shift meanwhile. What holds now is below, and what you typed: "
    "look, then send it again."
)

CoordinatorDep = Annotated[Principal, staff_page("coordinator")]
FormDep = Annotated[FormData, csrf_form()]


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
        shift = _body(typed, places(desk)).shift(new_id(), officer_id)
        answer = await service.add_shift(desk, shift, who, once_of(request, form))
    except ValidationError as error:
        return await _form(request, who, desk, typed, _wrong(error), 422)
    except Refusal as refusal:
        return await _form(request, who, desk, typed, _refused(refusal), refusal.status)
    said = said_of("is added", answer)
    return await week.show(request, who, desk, officer_id, None, said=said, effect=answer)


@router.get("/shifts/{shift_id}")
async def show_shift(
    request: Request, who: CoordinatorDep, desk: DeskDep, shift_id: UUID
) -> Response:
    """The form that changes a shift, filled with what is in force."""
    shift = await of_shift(desk, shift_id, who)
    return await _form(request, who, desk, filled(desk, shift), {}, shift=shift)


@router.post("/shifts/{shift_id}")
async def change_shift(
    request: Request, who: CoordinatorDep, form: FormDep, desk: DeskDep, shift_id: UUID
) -> Response:
    """Change a shift, or show the form again with what is wrong, or with what holds meanwhile."""
    typed = typed_in(form, FIELDS)
    shift = await of_shift(desk, shift_id, who)
    try:
        body = _body(typed, places(desk, shift))
        wanted = body.shift(shift_id, shift.officer_id)
        answer = await service.change_shift(desk, wanted, who, seen_in(form))
    except ValidationError as error:
        return await _form(request, who, desk, typed, _wrong(error), 422, shift=shift)
    except Refusal as refusal:
        status = refusal.status
        return await _form(request, who, desk, typed, _refused(refusal), status, shift=shift)
    said = said_of("is changed", answer)
    return await week.show(request, who, desk, shift.officer_id, None, said=said, effect=answer)


@router.post("/shifts/{shift_id}/remove")
async def remove_shift(
    request: Request, who: CoordinatorDep, form: FormDep, desk: DeskDep, shift_id: UUID
) -> Response:
    """Remove a shift: its open slots go, its walks are listed."""
    officer_id = (await of_shift(desk, shift_id, who)).officer_id
    try:
        answer = await service.remove_shift(desk, officer_id, shift_id, who, seen_in(form))
    except PreconditionFailed as late:
        return await week.show(request, who, desk, officer_id, None, refusal=late)
    said = said_of("is removed", answer)
    return await week.show(request, who, desk, officer_id, None, said=said, effect=answer)


def _wrong(error: ValidationError) -> dict[str, str]:
    """What is wrong with the form, in its words, by its fields."""
    before = any("before it begins" in each["msg"] for each in error.errors(include_input=False))
    return _on_form(wrong_fields(error, WRONG, "until_date" if before else "to"))


def _refused(refusal: Refusal) -> dict[str, str]:
    """Why a shift cannot be so, by the form's fields."""
    if isinstance(refusal, PreconditionFailed):
        return {"in-force": FASTER}
    return _on_form(errors_by_field(refusal) or {"from": refusal.detail})


def _on_form(errors: Mapping[str, str]) -> dict[str, str]:
    return {ON_FORM.get(name, name): said for name, said in errors.items()}


def _body(typed: Mapping[str, str], known: Mapping[str, Place]) -> ShiftBody:
    """The form as the API's body."""
    place = known.get(typed["place"])
    ends = said_day(day_of(typed, "ends")) if any(typed[name] for name in ENDS) else None
    capacity = typed["capacity"] or "1"
    fields: dict[str, Any] = {
        "weekday": typed["weekday"],
        "from": typed["from"].zfill(len("00:00")),
        "to": typed["to"].zfill(len("00:00")),
        "from_date": said_day(day_of(typed, "begins")),
        "until_date": ends,
        "ward": place.ward if place else "",
        "near": typed["near"],
        "meeting_point": place and {"name": place.name, "coordinates": place.point},
        "capacity": whole(capacity),
    }
    return ShiftBody.model_validate(fields)


async def _form(
    request: Request,
    who: Principal,
    desk: Desk,
    typed: dict[str, str],
    errors: dict[str, str],
    status: int = 200,
    *,
    shift: domain.Shift | None = None,
) -> Response:
    async with desk.database.reading() as connection:
        officers = await service.officers_led(connection, who, desk.clock())
    names = {ward.code: ward.name for ward in desk.areas.wards}
    return render(
        request,
        "booking/shift.html",
        status=status,
        shift=shift,
        in_force=in_force(desk, shift) if shift and "in-force" in errors else [],
        officers=officers,
        weekdays=roster_answers.WEEKDAYS,
        places=[
            {"value": value, "text": f"{place.name}, {names.get(place.ward, place.ward)}"}
            for value, place in places(desk, shift).items()
            if who.covers(place.ward)
        ],
        typed=typed,
        errors=errors,
    )
