"""For coordinators: who is away, and which walks wait for another officer.

Invariant: why somebody is away is on these pages and on no other.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from booking import service
from booking.pages.typed import instant_of, seen_in, typed_in
from booking.schemas import DeskDep, RecordAbsenceBody
from booking.service import Desk
from shared.auth import Principal, csrf_form, once_of, staff_page
from shared.errors import Conflict, PreconditionFailed, Refusal
from shared.pages import errors_by_field, render

router = APIRouter()

SEE_OTHER = 303
KINDS = {
    "sick": "Sick",
    "redeployed": "Sent elsewhere",
    "leave": "On leave",
    "moved": "Moved to another team",
    "suspended": "Suspended",
    "blocked": "Not for walks",
}
PARTS = ("day", "month", "year", "wall")
FIELDS = (
    "officer_id", "kind", *(f"from_{part}" for part in PARTS), *(f"until_{part}" for part in PARTS)
)  # fmt: skip

CoordinatorDep = Annotated[Principal, staff_page("coordinator")]
FormDep = Annotated[FormData, csrf_form()]


@router.get("/absences")
async def show_absences(
    request: Request, who: CoordinatorDep, desk: DeskDep, officer: UUID | None = None
) -> Response:
    """Absences of the coordinator's teams; ``officer`` is chosen in the form that records one."""
    typed = dict.fromkeys(FIELDS, "") | {"officer_id": str(officer or "")}
    return await _page(request, who, desk, typed, {})


@router.post("/absences")
async def record_absence(
    request: Request, who: CoordinatorDep, form: FormDep, desk: DeskDep
) -> Response:
    """Record one, or show the form again with what is wrong."""
    typed = typed_in(form, FIELDS)
    since, until = instant_of(typed, "from", "first"), instant_of(typed, "until", "last")
    errors = dict[str, str]()
    if since is None:
        errors["from_wall"] = "Enter the day from which, and if need be a time like 16:00"
    if until is None and any(typed[f"until_{part}"] for part in PARTS):
        errors["until_wall"] = (
            "Enter the day until which, and if need be a time like 22:00, or neither"
        )
    try:
        body = RecordAbsenceBody.model_validate(
            {
                "officer_id": typed["officer_id"],
                "kind": typed["kind"],
                "from": (since or desk.clock()).isoformat().replace("+00:00", "Z"),
                "until": until and until.isoformat().replace("+00:00", "Z"),
            }
        )
        if errors:
            return await _page(request, who, desk, typed, errors, status=422)
        answer = await service.record_absence(desk, body.wanted(), who, once_of(request, form))
    except ValidationError as error:
        wrong = {str(each["loc"][0]) for each in error.errors(include_input=False)}
        said = {"officer_id": "Choose an officer", "kind": "Choose why", "from": "", "until": ""}
        errors = {name: said[name] for name in ("officer_id", "kind") if name in wrong} | errors
        return await _page(request, who, desk, typed, errors, status=422)
    except Refusal as refusal:
        named = errors_by_field(refusal) or {"officer_id": refusal.detail}
        fields = {"until": "until_wall", "from": "from_wall"}
        errors = {fields.get(name, name): text for name, text in named.items()}
        return await _page(request, who, desk, typed, errors, status=refusal.status)
    return RedirectResponse(f"/booking/absences/{answer['absence']['id']}", SEE_OTHER)


@router.get("/absences/{absence_id}")
async def show_absence(
    request: Request, who: CoordinatorDep, desk: DeskDep, absence_id: UUID
) -> Response:
    """One absence, and the walks that wait for another officer."""
    return await _one(request, who, desk, absence_id)


@router.post("/absences/{absence_id}/end")
async def end_absence(
    request: Request, who: CoordinatorDep, form: FormDep, desk: DeskDep, absence_id: UUID
) -> Response:
    """She is back, or will not be away after all."""
    try:
        await service.end_absence(desk, absence_id, desk.clock(), who, seen_in(form))
    except (Conflict, PreconditionFailed) as refusal:
        return await _one(request, who, desk, absence_id, refusal)
    return RedirectResponse("/booking/absences", SEE_OTHER)


async def _one(
    request: Request,
    who: Principal,
    desk: Desk,
    absence_id: UUID,
    refusal: Refusal | None = None,
) -> Response:
    absence, walks = await service.absence(desk, absence_id, who)
    return render(
        request,
        "booking/absence.html",
        status=refusal.status if refusal else 200,
        absence=absence,
        walks=walks,
        kinds=KINDS,
        at=desk.clock(),
        errors={"absence": refusal.detail} if refusal else {},
    )


async def _page(
    request: Request,
    who: Principal,
    desk: Desk,
    typed: dict[str, str],
    errors: dict[str, str],
    *,
    status: int = 200,
) -> Response:
    found = await service.absences(desk, who)
    async with desk.database.reading() as connection:
        officers = await service.officers_led(connection, who, desk.clock())
    return render(
        request,
        "booking/absences.html",
        status=status,
        absences=found,
        officers=officers,
        kinds=KINDS,
        at=desk.clock(),
        typed=typed,
        errors=errors,
    )
