"""Who walks, and where: officers and wards.

Invariant: what is listed here names no participant.
"""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from booking import store
from booking.api.asking import DutyToo, PublicDep
from booking.schemas import DeskDep
from booking.service import answers

router = APIRouter()


@router.get("/officers", summary="Officers who walk")
async def list_officers(desk: DeskDep, _: DutyToo) -> JSONResponse:
    """By name."""
    async with desk.database.reading() as connection:
        return JSONResponse(answers.officers(await store.teams.list_officers(connection)))


@router.get("/wards", summary="Wards of the boundary set in force")
async def list_wards(desk: DeskDep, _: PublicDep) -> JSONResponse:
    """In the order of their codes."""
    wards = [{"code": w.code, "name": w.name, "set": w.set} for w in desk.areas.wards]
    return JSONResponse({"items": wards})
