"""Bodies and answers of the API.

Invariant: coordinates are GeoJSON's, longitude first, in degrees (RFC 7946); a cursor is opaque and
says only where the reader has got to.
"""

import base64
import binascii
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from concerns.domain import CATEGORIES, VERSION, Said
from concerns.service import as_answer
from concerns.store.concerns import Kept, Place
from shared.errors import Fault, Invalid
from shared.events.concerns import Source
from shared.events.walks import Light
from shared.web import Text

MAX_NOTE = 2000
MAX_CODE = 40

Degrees = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Longitude = Annotated[Degrees, Field(ge=-180, le=180)]
Latitude = Annotated[Degrees, Field(ge=-90, le=90)]
Code = Annotated[str, Field(strict=True, min_length=1, max_length=MAX_CODE)]


class Point(BaseModel):
    """A GeoJSON Point."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["Point"]
    coordinates: Annotated[
        tuple[Longitude, Latitude],
        Field(json_schema_extra={"items": {"type": "number"}}),  # for readers of OpenAPI 3.0
    ]


class CaptureConcern(BaseModel):
    """What an officer captures. Without ``light``, the sun's."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "categories": ["badly_lit", "isolated"],
                    "severity": 2,
                    "place": {"type": "Point", "coordinates": [-0.205693, 51.407111]},
                    "light": "dark",
                    "note": "Two lamps out beside the steps.",
                }
            ]
        },
    )

    walk_id: UUID | None = Field(None, description="the walk during or after which it was said")
    categories: list[Code] = Field(min_length=1, max_length=len(CATEGORIES))
    severity: int = Field(strict=True, ge=1, le=3, description="1 uneasy, 2 afraid, 3 avoids it")
    place: Point
    light: Light | None = None
    note: Annotated[Text, Field(max_length=MAX_NOTE)] | None = Field(
        None, description="stays in this service; never in an event"
    )

    def as_said(self, officer: str) -> Said:
        """What was said, by the officer of that subject."""
        lon, lat = self.place.coordinates
        return Said(
            source="officer" if self.walk_id is None else "walk",
            categories=tuple(self.categories),
            severity=self.severity,
            lon=lon,
            lat=lat,
            by=officer,
            light=self.light,
            note=self.note or None,
            walk_id=self.walk_id,
        )


class WardShown(BaseModel):
    """A ward, with the boundary set that drew it."""

    code: str
    name: str
    set: str


class ConcernShown(BaseModel):
    """A concern. ``light`` is as it was said, else as computed from the sun."""

    id: UUID
    ward: WardShown | None
    outside: bool = Field(description="the place is outside every ward")
    categories: list[str]
    category_version: str
    severity: int
    place: Point
    light: Light
    light_said: Light | None
    light_computed: Light
    source: Source
    walk_id: UUID | None
    walk_known: bool | None = Field(description="whether the walk named has been heard of")
    observed_at: datetime
    captured_at: datetime
    note: str | None = Field(None, description="shown in the list, to officers and coordinators")
    notices: list[str]


class ConcernList(BaseModel):
    """Concerns, newest capture first."""

    items: list[ConcernShown]
    next: str | None


class CategoryShown(BaseModel):
    """One thing to tick."""

    code: str
    label: str
    kind: Literal["environment", "behaviour"]


class CategoryList(BaseModel):
    """The list of categories, and its version."""

    version: str
    items: list[CategoryShown]


def listed_categories() -> CategoryList:
    """The list in force."""
    items = [CategoryShown(code=each.code, label=each.label, kind=each.kind) for each in CATEGORIES]
    return CategoryList(version=VERSION, items=items)


def shown(kept: Kept, *, with_note: bool) -> ConcernShown:
    """A kept concern as the list shows it."""
    answer: dict[str, Any] = as_answer(kept)
    return ConcernShown.model_validate(
        answer | {"note": kept.concern.said.note if with_note else None}
    )


def cursor_after(kept: Kept) -> str:
    """The cursor that goes on after a concern."""
    place = f"{kept.concern.captured_at.isoformat()} {kept.concern.id}"
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def place_of(cursor: str) -> Place:
    """Where a cursor goes on. Raises Invalid for one that is none of ours."""
    try:
        padded = cursor.encode() + b"=" * (-len(cursor) % 4)
        captured_at, _, concern = base64.urlsafe_b64decode(padded).decode().partition(" ")
        place = Place(datetime.fromisoformat(captured_at), UUID(concern))
    except (ValueError, binascii.Error) as error:
        raise _unknown_cursor() from error
    if place.captured_at.tzinfo is None:
        raise _unknown_cursor()
    return place


def _unknown_cursor() -> Invalid:
    return Invalid(faults=[Fault("#/query/cursor", "is not a cursor of this list")])
