"""For coordinators: the slots that are open, and the form that opens another.

Invariant: a wall time that London's clocks show twice is asked about, one that they skip is refused in
words; what was typed is kept.
"""

from datetime import UTC, date, datetime, time
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from booking import domain, service, store
from booking.pages.typed import whole
from booking.schemas import DeskDep, OpenSlotBody, Page, PageDep, cursor_after, wards_of
from booking.service import Desk
from shared.auth import Principal, csrf_form, once_of, staff_page
from shared.errors import Refusal
from shared.pages import errors_by_field, render
from shared.pages.words import people_time

router = APIRouter()

SEE_OTHER = 303
EVERY_FIRST = Page(after=None, limit=50)
FIELDS = (
    "officer_id", "day", "month", "year", "wall", "which", "minutes", "capacity", "near", "place", "ward",
    "name", "latitude", "longitude",
)  # fmt: skip
WRONG = {
    "officer_id": "Choose an officer",
    "minutes": "Enter how many minutes the walk may take, from 1 to 240",
    "capacity": "Enter how many may walk together, from 1 to 20",
    "near": "Enter what the place is near, of at most 100 letters",
    "ward": "Choose a ward",
    "name": "Enter the meeting point's name, of at most 100 letters",
    "coordinates": "Enter latitude and longitude in degrees, like 51.4230 and -0.2304",
    "starts_at": "Enter a time that lies ahead",
}

CoordinatorDep = Annotated[Principal, staff_page("coordinator")]


@router.get("/roster")
async def show_roster(
    request: Request,
    who: CoordinatorDep,
    desk: DeskDep,
    page: PageDep,
    opened: UUID | None = None,
) -> Response:
    """Slots that can be booked, and the form; ``opened`` is the slot that has just been added."""
    return await _page(
        request, who, desk, typed=dict.fromkeys(FIELDS, ""), page=page, opened=opened
    )


@router.post("/roster")
async def open_slot(
    request: Request,
    who: CoordinatorDep,
    form: Annotated[FormData, csrf_form()],
    desk: DeskDep,
) -> Response:
    """Open a slot, or show the form again with what is wrong with it."""
    typed = {name: str(form.get(name, "")).strip() for name in FIELDS}
    readings = _readings(typed)
    try:
        body = OpenSlotBody.model_validate(_fields(desk, typed, _chosen(typed, readings)))
        answer = await service.open_slot(desk, body.wanted(), who, once_of(request, form))
    except ValidationError as error:
        wrong = {str(step) for each in error.errors(include_input=False) for step in each["loc"]}
        errors = {_field(name): WRONG[name] for name in WRONG if name in wrong}
        return await _page(request, who, desk, typed=typed, errors=errors, status=422)
    except _Wrong as wrong:
        return await _page(
            request, who, desk, typed=typed, errors=wrong.errors, readings=readings, status=422
        )
    except Refusal as refusal:
        named = {_field(name): said for name, said in errors_by_field(refusal).items()}
        errors = named or {"wall": refusal.detail}
        return await _page(request, who, desk, typed=typed, errors=errors, status=refusal.status)
    return RedirectResponse(f"/booking/roster?opened={answer['id']}", SEE_OTHER)


class _Wrong(Exception):
    """A form that cannot be understood: field -> what is wrong with it."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__()
        self.errors = errors


def _readings(typed: dict[str, str]) -> tuple[datetime, ...] | None:
    """The instants that the typed date and wall time may mean; None when they are no date or time."""
    try:
        day = date(int(typed["year"]), int(typed["month"]), int(typed["day"]))
        wall = time.fromisoformat(typed["wall"].zfill(len("00:00")))
        return domain.readings(day, wall.replace(tzinfo=None, second=0, microsecond=0))
    except (ValueError, OverflowError):
        return None


def _chosen(typed: dict[str, str], readings: tuple[datetime, ...] | None) -> datetime:
    """The one instant that is meant; raises _Wrong in the words that the page shows."""
    if readings is None:
        raise _Wrong({"wall": "Enter a date, and a time like 18:30"})
    if not readings:
        raise _Wrong(
            {"wall": "The clocks go forward that night: this time does not exist. Choose another."}
        )
    if len(readings) == 1:
        return readings[0]
    for reading in readings:
        if typed["which"] == reading.astimezone(UTC).isoformat():
            return reading
    raise _Wrong({"which": "The clocks go back that night: this time comes twice. Say which."})


def _fields(desk: Desk, typed: dict[str, str], starts_at: datetime) -> dict[str, Any]:
    """The form as the API's body; a place that is known brings its ward and coordinates."""
    known = _known_places(desk).get(typed["place"])
    if known:
        ward, place = known
        meeting_point: dict[str, Any] = {"name": place.name, "coordinates": place.point}
    else:
        ward = typed["ward"]
        coordinates = (_number(typed["longitude"]), _number(typed["latitude"]))
        meeting_point = {"name": typed["name"], "coordinates": coordinates}
    return {
        "officer_id": typed["officer_id"],
        "ward": ward,
        "starts_at": starts_at.isoformat().replace("+00:00", "Z"),
        "minutes": whole(typed["minutes"]),
        "capacity": whole(typed["capacity"] or "1"),
        "near": typed["near"],
        "meeting_point": meeting_point,
    }


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _known_places(desk: Desk) -> dict[str, tuple[str, Any]]:
    """The places that the boundary set names, by the value of their option."""
    return {
        f"{ward.code} {nth}": (ward.code, place)
        for ward in desk.areas.wards
        for nth, place in enumerate(ward.places)
    }


def _field(name: str) -> str:
    """The form's field for a field of the API's body."""
    return {"starts_at": "wall", "coordinates": "latitude"}.get(name, name)


async def _page(
    request: Request,
    who: Principal,
    desk: Desk,
    *,
    typed: dict[str, str],
    errors: dict[str, str] | None = None,
    readings: tuple[datetime, ...] | None = None,
    page: Page = EVERY_FIRST,
    opened: UUID | None = None,
    status: int = 200,
) -> Response:
    at, limit, mine = desk.clock(), page.limit + 1, wards_of(who)
    async with desk.database.reading() as connection:
        officers = await store.teams.list_officers(connection, at)
        found = await store.slots.list_bookable(
            connection, at=at, few=None, wards=mine, after=page.after, limit=limit
        )
        added = opened and await store.slots.find_bookable(connection, opened, at=at)
    slots = found[: page.limit]
    last = slots[-1] if len(found) > page.limit else None
    wards = [ward for ward in desk.areas.wards if who.covers(ward.code)]
    return render(
        request,
        "booking/roster.html",
        status=status,
        slots=slots,
        following=cursor_after(last.times.starts_at, last.id) if last else None,
        opened=added if added and who.covers(added.ward.code) else None,
        officers=officers,
        wards=wards,
        places=[
            {"value": f"{ward.code} {nth}", "text": f"{place.name}, {ward.name}"}
            for ward in wards
            for nth, place in enumerate(ward.places)
        ],
        which=_which(readings or ()),
        typed=typed,
        errors=errors or {},
    )


def _which(readings: tuple[datetime, ...]) -> list[dict[str, str]]:
    """The choices, where a wall time comes twice."""
    if len(readings) <= 1:
        return []
    return [
        {"value": at.isoformat(), "text": f"{people_time(at)}, {nth} time"}
        for nth, at in zip(("the first", "the second"), readings, strict=True)
    ]
