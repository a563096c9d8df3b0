"""Concerns over HTTP: the categories for everybody, capturing for officers, reading for staff.

Invariant: a concern is captured once however often its request is sent; every read is audited.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from concerns import schemas, service
from concerns.domain import CATEGORIES, refusals
from concerns.store.concerns import Wanted
from shared.areas import BoundarySet
from shared.auth import Principal, allow, public
from shared.auth.principal import EVERY_WARD
from shared.errors import Fault, Invalid
from shared.web import OnceDep, PartsDep, Text, Timestamp, gives, problems

router = APIRouter(tags=["concerns"])

REFUSALS = (
    refusals.WindowClosed,
    refusals.UnfitCategories,
    refusals.UnfitPlace,
    refusals.PlaceSwapped,
    refusals.UnfitSeverity,
    refusals.UnfitTime,
)
NOTE_READERS = frozenset({"officer", "coordinator"})


def _areas(request: Request) -> BoundarySet:
    return request.app.state.areas


AreasDep = Annotated[BoundarySet, Depends(_areas)]


@router.get("/v1/categories")
async def list_categories(_: Annotated[None, public()]) -> schemas.CategoryList:
    """What can make a place feel unsafe."""
    return schemas.listed_categories()


@router.post("/v1/concerns", status_code=201, responses=problems(*REFUSALS))
async def capture_concern(
    who: Annotated[Principal, allow("officer")],
    body: schemas.CaptureConcern,
    request: OnceDep,
    parts: PartsDep,
    areas: AreasDep,
) -> schemas.ConcernShown:
    """Capture a concern. A place outside every ward is kept, and the answer says so."""
    answer = await service.capture_concern(parts, areas, body.as_said(who.subject), request)
    return schemas.ConcernShown.model_validate(answer)


@router.get("/v1/concerns", responses=gives(schemas.ConcernList, headers=("Link",)))
async def list_concerns(
    who: Annotated[Principal, allow("officer", "coordinator", "analyst")],
    *,
    parts: PartsDep,
    request: Request,
    response: Response,
    ward: Annotated[Text | None, Query(max_length=20, description="a ward's code")] = None,
    category: Annotated[Text | None, Query(max_length=40)] = None,
    since: Annotated[Timestamp | None, Query(description="captured then or later")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> schemas.ConcernList:
    """Concerns in the wards that the caller covers, newest first; notes for those who work on them."""
    if category is not None and category not in {each.code for each in CATEGORIES}:
        raise Invalid(faults=[Fault("#/query/category", "is not in the list of categories")])
    after = schemas.place_of(cursor) if cursor else None
    wanted = Wanted(None if ward is None else (ward,), category, since, after, limit + 1)
    covered = None if EVERY_WARD in who.wards else who.wards
    found = await service.read_concerns(parts, who.subject, covered, wanted)
    following = schemas.cursor_after(found[limit - 1]) if len(found) > limit else None
    if following:
        link = request.url.include_query_params(cursor=following)
        response.headers["Link"] = f'<{link.path}?{link.query}>; rel="next"'
    with_note = bool(NOTE_READERS & who.roles)
    items = [schemas.shown(each, with_note=with_note) for each in found[:limit]]
    return schemas.ConcernList(items=items, next=following)
