"""Absences of officers, for coordinators.

Invariant: nobody else is shown whose they are, when, or why; every reading is audited.
"""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from booking import domain, service
from booking.api.asking import Coordinator, IfMatchDep, etag
from booking.api.refusals import NOT_FOUND
from booking.schemas import DeskDep, EndAbsenceBody, RecordAbsenceBody
from booking.service import roster_answers, shapes
from shared.errors import NotFound
from shared.web import OnceIfGivenDep, gives, problems

router = APIRouter(prefix="/v1", tags=["absences"])

ABSENCE = gives(shapes.RecordedAbsence, headers=("ETag",))


@router.get(
    "/absences",
    summary="Absences of one's teams",
    responses=gives(shapes.AbsenceList),
)
async def list_absences(
    desk: DeskDep, who: Coordinator, officer_id: UUID | None = None
) -> JSONResponse:
    """By their beginning: ahead, under way, and those that ended within 28 days."""
    found = await service.absences(desk, who, officer_id)
    return JSONResponse({"items": [roster_answers.absence(each) for each in found]})


@router.post(
    "/absences",
    status_code=201,
    summary="An officer is away",
    responses=gives(shapes.RecordedAbsence, 201, headers=("ETag",)),
)
async def record_absence(
    desk: DeskDep, who: Coordinator, body: RecordAbsenceBody, request: OnceIfGivenDep
) -> JSONResponse:
    """Her slots are offered no longer, at once; ``walks`` lists those that wait for another officer."""
    answer = await service.record_absence(desk, body.wanted(), who, request)
    return JSONResponse(answer, 201, headers=etag(1))


@router.get("/absences/{absence_id}", summary="One absence", responses=ABSENCE | NOT_FOUND)
async def show_absence(desk: DeskDep, who: Coordinator, absence_id: UUID) -> JSONResponse:
    """With its ETag, and the walks that wait for another officer now."""
    found, walks = await service.absence(desk, absence_id, who)
    answer = roster_answers.recorded_absence(found, walks)
    return JSONResponse(answer, headers=etag(found.version))


@router.patch(
    "/absences/{absence_id}",
    summary="Another end of an absence",
    responses=ABSENCE | problems(NotFound, domain.AbsenceOver),
)
async def end_absence(
    desk: DeskDep, who: Coordinator, absence_id: UUID, body: EndAbsenceBody, seen: IfMatchDep
) -> JSONResponse:
    """Sooner, later or now. An end before its beginning calls off one that has not begun."""
    answer = await service.end_absence(desk, absence_id, body.until, who, seen)
    return JSONResponse(answer, headers=etag(seen + 1))
