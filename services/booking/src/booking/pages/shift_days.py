"""For coordinators: a day on which a shift is worked at other hours, or not at all.

Invariant: the form knows the version of the shift that it was filled with; who comes second is shown the
days that differ now, beside what she typed.
"""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.responses import Response

from booking import domain, service
from booking.pages import week
from booking.pages.shift_words import name_of, of_shift, said_hours, said_of, said_parts
from booking.pages.shifts import FASTER
from booking.pages.typed import day_of, seen_in, typed_in, wrong_fields
from booking.schemas import DeskDep, ExceptionBody
from shared.auth import Principal, csrf_form, staff_page
from shared.errors import Fault, Invalid, PreconditionFailed, Refusal
from shared.pages import errors_by_field, render

router = APIRouter()

FIELDS = ("on_day", "on_month", "on_year", "how", "from", "to")
HOW = {
    "off": "Not worked that day",
    "other": "At other hours",
    "usual": "As on every other week",
}
WRONG = {
    "from": "Enter a time like 18:00",
    "to": "Enter a time like 22:00, or 24:00, and not the one from which",
}
NO_DAY = "Enter a day of this shift"

CoordinatorDep = Annotated[Principal, staff_page("coordinator")]
FormDep = Annotated[FormData, csrf_form()]


@router.get("/shifts/{shift_id}/day")
async def show_day(
    request: Request,
    who: CoordinatorDep,
    desk: DeskDep,
    shift_id: UUID,
    day: date | None = None,
) -> Response:
    """The days that differ, and the form, filled with what holds on ``day``."""
    shift = await of_shift(desk, shift_id, who)
    return _form(request, shift, _filled(shift, day), {})


@router.post("/shifts/{shift_id}/day")
async def except_day(
    request: Request, who: CoordinatorDep, form: FormDep, desk: DeskDep, shift_id: UUID
) -> Response:
    """Make the day differ, or what it was again; or show the form again with what is wrong."""
    typed = typed_in(form, FIELDS)
    shift = await of_shift(desk, shift_id, who)
    day = day_of(typed, "on")
    try:
        hours = _hours(shift, typed)
        if day is None:
            raise Invalid(faults=[Fault("#/path/day", NO_DAY)])
        answer = await service.except_day(
            desk, shift.officer_id, shift_id, who, seen_in(form), day=day, hours=hours
        )
    except ValidationError as error:
        wrong = wrong_fields(error, WRONG, "to")
        return _form(request, shift, typed, wrong | ({} if day else {"on": NO_DAY}), 422)
    except Refusal as refusal:
        return _form(request, shift, typed, _refused(refusal), refusal.status)
    said = said_of("is changed", answer)
    return await week.show(request, who, desk, shift.officer_id, day, said=said, effect=answer)


def _hours(shift: domain.Shift, typed: dict[str, str]) -> domain.Hours | None:
    """The hours that were chosen. Raises ValidationError, and Invalid where nothing was."""
    if typed["how"] == "usual":
        return shift.hours
    if typed["how"] == "off":
        return None
    if typed["how"] != "other":
        raise Invalid(faults=[Fault("#/how", "choose how it is worked that day")])
    begin, end = (typed[name].zfill(len("00:00")) for name in ("from", "to"))
    return ExceptionBody.model_validate({"from": begin, "to": end}).hours()


def _refused(refusal: Refusal) -> dict[str, str]:
    """Why the day cannot be so, by the form's fields."""
    if isinstance(refusal, PreconditionFailed):
        return {"in-force": FASTER}
    named = errors_by_field(refusal)
    if "day" in named:
        return {"on": NO_DAY}
    return named or {"on": refusal.detail}


def _filled(shift: domain.Shift, day: date | None) -> dict[str, str]:
    """The form for a day; empty for none."""
    differs = dict(shift.exceptions)
    hours = differs.get(day) if day else None
    off = day is not None and day in differs and hours is None
    how = "other" if hours else "off" if off else ""
    return {**said_parts("on", day), "how": how, **said_hours(hours)}


def _form(
    request: Request,
    shift: domain.Shift,
    typed: dict[str, str],
    errors: dict[str, str],
    status: int = 200,
) -> Response:
    differing: list[dict[str, Any]] = [
        {"day": day, "hours": said_hours(hours) if hours else None}
        for day, hours in shift.exceptions
    ]
    return render(
        request,
        "booking/shift-day.html",
        status=status,
        shift=shift,
        name=name_of(shift),
        differing=differing,
        how=HOW,
        typed=typed,
        errors=errors,
    )
