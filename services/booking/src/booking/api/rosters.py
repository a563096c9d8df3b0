"""Shifts of officers, the days that differ, and whole rosters.

Invariant: whoever changes a shift has read its last version, and is told which walks lie outside it now.
"""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from booking import domain, service, store
from booking.api.asking import Coordinator, IfMatchDep, Staff, etag
from booking.api.refusals import NOT_FOUND
from booking.schemas import DeskDep, ExceptionBody, RosterBody, ShiftBody, read_roster
from booking.service import roster_answers, shapes
from shared.clock import new_id
from shared.errors import NotFound
from shared.web import Day, OnceIfGivenDep, gives, problems

router = APIRouter(prefix="/v1", tags=["rosters"])

CHANGED = gives(shapes.ChangedShift, headers=("ETag",))
CLASHING = problems(NotFound, domain.ShiftsOverlap)


@router.get(
    "/officers/{officer_id}/shifts",
    summary="An officer's shifts",
    responses=gives(shapes.ShiftList),
)
async def list_shifts(desk: DeskDep, _: Staff, officer_id: UUID) -> JSONResponse:
    """By weekday and time."""
    async with desk.database.reading() as connection:
        found = await store.rosters.list_shifts(connection, [officer_id])
    return JSONResponse({"items": [roster_answers.shift(each) for each in found]})


@router.post(
    "/officers/{officer_id}/shifts",
    status_code=201,
    summary="Add a shift",
    responses=gives(shapes.ChangedShift, 201, headers=("ETag",)) | CLASHING,
)
async def add_shift(
    desk: DeskDep, who: Coordinator, officer_id: UUID, body: ShiftBody, request: OnceIfGivenDep
) -> JSONResponse:
    """Every week at these wall times; its slots are opened at once, as far as the team's horizon."""
    answer = await service.add_shift(desk, body.shift(new_id(), officer_id), who, request)
    return JSONResponse(answer, 201, headers=etag(1))


@router.get(
    "/officers/{officer_id}/shifts/{shift_id}",
    summary="One shift",
    responses=gives(shapes.ShiftJson, headers=("ETag",)) | NOT_FOUND,
)
async def show_shift(desk: DeskDep, _: Staff, officer_id: UUID, shift_id: UUID) -> JSONResponse:
    """With its ETag."""
    async with desk.database.reading() as connection:
        shift = await store.rosters.find_shift(connection, shift_id)
    if shift is None or shift.officer_id != officer_id:
        raise NotFound("This officer has no such shift.")
    return JSONResponse(roster_answers.shift(shift), headers=etag(shift.version))


@router.put(
    "/officers/{officer_id}/shifts/{shift_id}",
    summary="Change a shift",
    responses=CHANGED | CLASHING,
)
async def change_shift(
    desk: DeskDep,
    who: Coordinator,
    officer_id: UUID,
    shift_id: UUID,
    body: ShiftBody,
    seen: IfMatchDep,
) -> JSONResponse:
    """Open slots that it no longer offers are withdrawn; ``walks`` lists those that lie outside it now."""
    answer = await service.change_shift(desk, body.shift(shift_id, officer_id), who, seen)
    return JSONResponse(answer, headers=etag(seen + 1))


@router.delete(
    "/officers/{officer_id}/shifts/{shift_id}",
    summary="Remove a shift",
    responses=gives(shapes.EffectJson) | NOT_FOUND,
)
async def remove_shift(
    desk: DeskDep, who: Coordinator, officer_id: UUID, shift_id: UUID, seen: IfMatchDep
) -> JSONResponse:
    """Its open slots go with it; ``walks`` lists those that stay."""
    return JSONResponse(await service.remove_shift(desk, officer_id, shift_id, who, seen))


@router.put(
    "/officers/{officer_id}/shifts/{shift_id}/exceptions/{day}",
    summary="A day that differs",
    responses=CHANGED | CLASHING,
)
async def except_day(
    *,
    desk: DeskDep,
    who: Coordinator,
    officer_id: UUID,
    shift_id: UUID,
    day: Day,
    body: ExceptionBody,
    seen: IfMatchDep,
) -> JSONResponse:
    """Other hours on that day, or none. The shift's own hours again take the exception away."""
    answer = await service.except_day(
        desk, officer_id, shift_id, who, seen, day=day, hours=body.hours()
    )
    return JSONResponse(answer, headers=etag(seen + 1))


@router.post("/rosters", summary="Import a roster", responses=gives(shapes.RosterReport))
async def import_roster(
    desk: DeskDep, who: Coordinator, body: RosterBody, request: OnceIfGivenDep
) -> JSONResponse:
    """The shifts of every officer that it names become what it says, and nobody else's.

    Answers what changes and which walks lie outside it now. When a line is wrong, nothing is changed.
    """
    lines = read_roster(body.csv)
    answer = await service.import_roster(desk, lines, who, request, dry_run=body.dry_run)
    return JSONResponse(answer)
