"""Alerts over HTTP: raised by booking, listed for and acknowledged by the duty desk.

Invariant: the alarm's way in answers 202 whether or not the event came first by Kafka; no problem
body says who acknowledged an alert.
"""

from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from notifications import schemas, service, store
from notifications.domain.alerts import Acknowledgement, AlreadyAcknowledged, Ladder
from shared.auth import Principal, allow, allow_service
from shared.errors import NotFound
from shared.web import DatabaseDep, OnceIfGivenDep, PartsDep, gives, problems

router = APIRouter(tags=["alerts"])


def _ladder(request: Request) -> Ladder:
    return request.app.state.ladder


def _ward_names(request: Request) -> schemas.WardNames:
    return request.app.state.ward_names


LadderDep = Annotated[Ladder, Depends(_ladder)]
WardNamesDep = Annotated[schemas.WardNames, Depends(_ward_names)]


@router.post("/v1/overdue-walks", status_code=202)
async def raise_overdue_walk(
    _: Annotated[Principal, allow_service("booking")],
    overdue: schemas.OverdueWalk,
    request: OnceIfGivenDep,
    parts: PartsDep,
    ladder: LadderDep,
) -> schemas.Accepted:
    """Booking's alarm that a walk is overdue; the same walk and deadline is the same alert."""
    answer = await service.alerts.raise_overdue(
        parts.database, overdue.as_overdue(), ladder, request, at=parts.clock()
    )
    return schemas.Accepted.model_validate(answer)


@router.get("/v1/alerts", responses=gives(schemas.AlertList, headers=("Link",)))
async def list_alerts(
    _: Annotated[Principal, allow("duty", "coordinator", "admin")],
    asked: Annotated[schemas.AlertQuery, Query()],
    database: DatabaseDep,
    ward_names: WardNamesDep,
    request: Request,
    response: Response,
) -> schemas.AlertList:
    """Alerts, newest first."""
    below, limit = schemas.place_of(asked.cursor) if asked.cursor else None, asked.limit
    async with database.reading() as connection:
        found = await store.alerts.newest(
            connection, state=asked.state, below=below, limit=limit + 1
        )
    following = schemas.cursor_after(found[limit - 1]) if len(found) > limit else None
    if following:
        link = request.url.include_query_params(cursor=following)
        response.headers["Link"] = f'<{link.path}?{link.query}>; rel="next"'
    items = [schemas.shown(alert, ward_names) for alert in found[:limit]]
    return schemas.AlertList(items=items, next=following)


@router.post(
    "/v1/alerts/{alert_id}/acknowledge",
    responses=problems(NotFound, AlreadyAcknowledged(since="2027-01-12T18:45:00+00:00")),
)
async def acknowledge_alert(
    who: Annotated[Principal, allow("duty")],
    alert_id: UUID,
    request: OnceIfGivenDep,
    parts: PartsDep,
    ward_names: WardNamesDep,
) -> schemas.AlertShown:
    """Take an alert on, by name. Somebody else's already: 409, which says since when."""
    answer: dict[str, Any] = await service.alerts.acknowledge(
        parts.database,
        alert_id,
        Acknowledgement(who.subject, who.name, parts.clock()),
        request,
        partial(schemas.shown_as_json, ward_names=ward_names),
    )
    return schemas.AlertShown.model_validate(answer)
