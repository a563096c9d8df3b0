"""The officer's page: capture a concern on the spot, one after the other.

Invariant: nothing here needs a script; the page's own script only fills in the same fields from a map
or from the device. A form posted twice is one concern by its key.
"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from concerns import schemas, service, store
from concerns.domain import CATEGORIES, PlaceSwapped
from shared.areas import BoundarySet
from shared.auth import Principal, csrf_form, once_of, public_page, staff_page
from shared.errors import Refusal
from shared.pages import errors_by_field, render
from shared.web import PartsDep

router = APIRouter(include_in_schema=False)

SEE_OTHER = 303
A_DAY = "public, max-age=86400"
OfficerDep = Annotated[Principal, staff_page("officer")]
WalkQuery = Annotated[UUID | None, Query(description="the walk it is said on")]


@router.get("/")
async def start(request: Request, _: OfficerDep) -> Response:
    """The officer's page is the only one there is."""
    return RedirectResponse(request.url_for("show_capture").path, SEE_OTHER)


@router.get("/areas.geojson")
async def outlines(request: Request, _: Annotated[None, public_page()]) -> Response:
    """The wards, for the page's map."""
    areas: BoundarySet = request.app.state.areas
    headers = {"Cache-Control": A_DAY}
    return Response(areas.geojson_bytes, 200, headers, "application/geo+json")


@router.get("/capture")
async def show_capture(
    request: Request,
    who: OfficerDep,
    parts: PartsDep,
    walk: WalkQuery = None,
    captured: Annotated[UUID | None, Query(description="the one captured just now")] = None,
) -> Response:
    """The form, and above it what became of the last one."""
    told = None
    if captured is not None:
        async with parts.database.reading() as connection:
            told = await store.concerns.find_own(connection, captured, who.subject)
    return _page(request, walk, told=told)


@router.post("/capture")
async def capture(
    request: Request,
    who: OfficerDep,
    form: Annotated[FormData, csrf_form()],
    parts: PartsDep,
    walk: WalkQuery = None,
) -> Response:
    """Capture what the form says and offer the next one; or show it again with its faults."""
    areas: BoundarySet = request.app.state.areas
    try:
        body = schemas.read_form(form, areas, walk)
        answer = await service.capture_concern(
            parts, areas, body.as_said(who.subject), once_of(request, form)
        )
    except Refusal as refusal:
        if refusal.status not in {409, 422}:
            raise
        return _page(request, walk, form=form, refusal=refusal)
    here = request.url_for("show_capture").include_query_params(
        **({"walk": walk} if walk else {}), captured=answer["id"]
    )
    return RedirectResponse(f"{here.path}?{here.query}", SEE_OTHER)


def _errors(refusal: Refusal | None) -> dict[str, str]:
    """A refusal at the fields of the form that it is about, or at the form as a whole."""
    if refusal is None:
        return {}
    if isinstance(refusal, PlaceSwapped):
        return {"latitude": "Latitude and longitude seem to be swapped"}
    found = errors_by_field(refusal)
    if any(field.isdigit() for field in found):  # one of several categories
        return {"categories": "Select from the list what feels unsafe"}
    return found or {"capture": refusal.detail}


def _page(
    request: Request,
    walk: UUID | None,
    *,
    form: FormData | None = None,
    refusal: Refusal | None = None,
    told: store.concerns.Told | None = None,
) -> Response:
    areas: BoundarySet = request.app.state.areas
    said: dict[str, Any] = {
        name: form.get(name) if form else None
        for name in ("severity", "spot", "latitude", "longitude", "light", "note")
    }
    return render(
        request,
        "concerns/capture.html",
        status=refusal.status if refusal else 200,
        errors=_errors(refusal),
        said=said,
        ticked=form.getlist("categories") if form else [],
        categories=CATEGORIES,
        spots=sorted(schemas.spots_of(areas)),
        max_note=schemas.MAX_NOTE,
        walk=walk,
        told=told,
        outlines="/concerns/areas.geojson",
    )
