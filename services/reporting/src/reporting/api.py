"""HTTP in: figures for analysts, the live stream and the wards' outlines for whoever has the dashboard.

Invariant: nothing here changes anything. Routes that the dashboard itself calls also take its session.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse

from reporting import domain, schemas, service
from shared.auth import Principal, allow
from shared.web import DatabaseDep, Day, PartsDep, gives, problems

router = APIRouter(tags=["figures"])

ASKING = problems(domain.NotAsked, domain.DatesReversed)
STAFF = ("officer", "coordinator", "duty", "analyst", "admin")
AnalystDep = Annotated[Principal, allow("analyst", "admin", session=True)]
StaffDep = Annotated[Principal, allow(*STAFF, session=True)]


def _question(
    measure: domain.Measure,
    by: Annotated[
        str,
        Query(
            max_length=100,
            description="any of ward, day, category, light (and kind, of requests), comma-separated; "
            "empty for the total",
            examples=["ward,light"],
        ),
    ] = "",
    since: Annotated[Day | None, Query(alias="from", description="first London date")] = None,
    until: Annotated[Day | None, Query(alias="to", description="last London date")] = None,
) -> domain.Question:
    return domain.ask(measure, by, since=since, until=until)


QuestionDep = Annotated[domain.Question, Depends(_question)]


@router.get("/v1/figures", responses=gives(schemas.Figures) | ASKING)
async def figures(
    request: Request, _: AnalystDep, question: QuestionDep, parts: PartsDep, database: DatabaseDep
) -> JSONResponse:
    """Counts of walks (started ones) or concerns, split as asked, in the order asked."""
    (answer,) = await service.answer(database, question, now=parts.clock())
    return JSONResponse(schemas.as_json(answer, request.app.state.ward_names))


@router.get(
    "/v1/figures.csv",
    response_class=Response,
    responses={
        200: {"content": {"text/csv": {"example": "light,count,counts\r\ndark,12,walks\r\n"}}},
        **ASKING,
    },
)
async def figures_csv(
    request: Request, _: AnalystDep, question: QuestionDep, parts: PartsDep, database: DatabaseDep
) -> Response:
    """The same as a table (RFC 4180); the headers As-Of and Lag-Seconds say how fresh it is."""
    (answer,) = await service.answer(database, question, now=parts.clock())
    fresh = answer.freshness
    headers = {
        "Content-Disposition": f'attachment; filename="{question.counts}.csv"',
        "Cache-Control": "no-store",
    }
    if fresh.as_of is not None:
        headers |= {"As-Of": fresh.as_of.isoformat(), "Lag-Seconds": str(fresh.lag_seconds)}
    content = schemas.as_csv(answer, request.app.state.ward_names)
    return Response(content, 200, headers, "text/csv; charset=utf-8; header=present")


@router.get(
    "/v1/live",
    response_class=Response,
    responses={200: {"content": {"text/event-stream": {}}}, **problems(service.TooManyStreams)},
)
async def live(request: Request, _: StaffDep, parts: PartsDep) -> Response:
    """Server-sent events: ``figures`` (walks and concerns by ward and light) whenever they change,
    ``progress`` (``as_of``, ``lag_seconds``) in between. A stream ends now and then: come again.
    """
    return schemas.LiveStream(
        request.app.state.live, seconds=parts.settings.live_stream_minutes * 60
    )


@router.get(
    "/areas.geojson",
    response_class=Response,
    responses={200: {"content": {"application/geo+json": {}}}, 304: {}},
)
async def areas(request: Request, _: StaffDep) -> Response:
    """The wards of the boundary set in force (RFC 7946)."""
    outlines: schemas.Outlines = request.app.state.outlines
    headers = {"ETag": outlines.etag, "Cache-Control": "private, max-age=86400"}
    if request.headers.get("if-none-match") == outlines.etag:
        return Response(status_code=304, headers=headers)
    headers["Vary"] = "Accept-Encoding"
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(outlines.zipped, 200, headers, "application/geo+json")
    return Response(outlines.plain, 200, headers, "application/geo+json")
