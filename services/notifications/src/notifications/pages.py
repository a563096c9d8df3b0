"""The duty desk: alerts that wait, first, and what became of the others.

Invariant: nothing here needs a script; the page's own script only loads the same page again and
swaps the list in. Acknowledging is a POST from a button and happens once by the alert's state.
"""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from notifications import domain, schemas, service, store
from notifications.domain.alerts import Acknowledgement, AlreadyAcknowledged
from shared.auth import Principal, csrf_form, once_of, staff_page
from shared.pages import render
from shared.web import PartsDep

router = APIRouter(include_in_schema=False)

OPEN_SHOWN = 200
SETTLED_SHOWN = 50
SEE_OTHER = 303


@router.get("/")
async def start(request: Request, _: Annotated[Principal, staff_page("duty")]) -> Response:
    """The duty desk's page is the only one there is."""
    return RedirectResponse(request.url_for("show_alerts").path, SEE_OTHER)


@router.get("/alerts")
async def show_alerts(
    request: Request, _: Annotated[Principal, staff_page("duty")], parts: PartsDep
) -> Response:
    """Alerts that wait, and the newest of those that do not."""
    return await _page(request, parts)


@router.post("/alerts/{alert_id}/acknowledge")
async def acknowledge_alert(
    request: Request,
    alert_id: UUID,
    who: Annotated[Principal, staff_page("duty")],
    form: Annotated[FormData, csrf_form()],
    parts: PartsDep,
) -> Response:
    """Take an alert on; when somebody else was quicker, the page says so."""
    ward_names: schemas.WardNames = request.app.state.ward_names
    try:
        await service.alerts.acknowledge(
            parts.database,
            alert_id,
            Acknowledgement(who.subject, who.name, parts.clock()),
            once_of(request, form),
            partial(schemas.shown_as_json, ward_names=ward_names),
        )
    except AlreadyAcknowledged as refusal:
        return await _page(request, parts, status=refusal.status, taken=alert_id)
    return RedirectResponse(request.url_for("show_alerts").path, SEE_OTHER)


async def _page(
    request: Request, parts: PartsDep, *, status: int = 200, taken: UUID | None = None
) -> Response:
    """The page; ``taken`` is the alert that somebody else has acknowledged already."""
    async with parts.database.reading() as connection:
        waiting = await store.alerts.newest(
            connection, state="open", below=None, limit=OPEN_SHOWN + 1
        )
        settled = await store.alerts.settled(connection, limit=SETTLED_SHOWN)
    at = parts.clock()
    return render(
        request,
        "notifications/alerts.html",
        status=status,
        at=at,
        waiting=waiting[:OPEN_SHOWN],
        more=len(waiting) > OPEN_SHOWN,
        settled=settled,
        taken=next((alert for alert in settled if alert.id == taken), None),
        ward_names=request.app.state.ward_names,
        since={alert.id: domain.words.since(at - alert.raised_at) for alert in waiting},
        missing=domain.words.MISSING,
        rungs=domain.words.RUNGS,
    )
