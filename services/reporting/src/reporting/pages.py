"""The dashboard: walks and concerns by ward and by day or dark, as a map and as a table.

Invariant: the table is always there and the map never says more than it does; how fresh the figures
are stands above both. Nothing here changes anything.
"""

from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import Response

from reporting import schemas, service
from shared.auth import Principal, staff_page
from shared.pages import render
from shared.web import DatabaseDep, PartsDep

router = APIRouter(include_in_schema=False)

StaffDep = Annotated[Principal, staff_page("officer", "coordinator", "duty", "analyst", "admin")]


@router.get("/")
async def dashboard(
    request: Request, who: StaffDep, parts: PartsDep, database: DatabaseDep
) -> Response:
    """Everything counted so far, or the part of it that the form's fields choose."""
    state = request.app.state
    choice = schemas.choice_of(request.query_params, state.boundaries)
    answers = await service.answer(database, *choice.questions(), now=parts.clock())
    freshness = answers[0].freshness
    stale = freshness.lag_seconds is None or freshness.lag_seconds > parts.settings.stale_seconds
    return render(
        request,
        "reporting/dashboard.html",
        status=422 if choice.errors else 200,
        errors=choice.errors,
        choice=choice,
        said=request.query_params,
        board=schemas.board_of(choice, answers, state.boundaries, state.ward_names),
        measures=schemas.MEASURES,
        lights=schemas.LIGHTS,
        wards=sorted(state.boundaries.wards, key=lambda ward: ward.name),
        outlines=f"/reporting/areas.geojson?v={state.outlines.digest}",
        freshness=freshness,
        lag=schemas.lag_words(freshness),
        stale=stale,
        stale_seconds=parts.settings.stale_seconds,
        may_download=bool(who.roles & {"analyst", "admin"}),
    )
