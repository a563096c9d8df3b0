"""The officer's form: fields as a browser sends them, into the same body that the API takes.

Invariant: what the form cannot say is never guessed; every fault is in words that name what to do, by
the field that it is about.
"""

from collections.abc import Iterable, Mapping
from uuid import UUID

from pydantic import ValidationError
from starlette.datastructures import FormData

from concerns.schemas.api import MAX_NOTE, CaptureConcern
from shared.areas import BoundarySet, Place
from shared.errors import Fault, Invalid

# By the field of the body that pydantic refuses, what the officer reads, and at which field.
_WORDS: Mapping[str, tuple[str, str]] = {
    "categories": ("categories", "Select what feels unsafe"),
    "severity": ("severity", "Select how strongly it is felt"),
    "light": ("light", "Select whether it was day or dark"),
    "note": ("note", f"the note must be {MAX_NOTE:,} characters or fewer"),
    "place": ("latitude", "latitude must be from -90 to 90 and longitude from -180 to 180"),
}
_ON_THE_PAGE = ("categories", "severity", "spot", "latitude", "longitude", "light", "note")


def spots_of(areas: BoundarySet) -> dict[str, Place]:
    """The places of a set that people know by name, by the words of the form's list."""
    return {f"{place.name}, {ward.name}": place for ward in areas.wards for place in ward.places}


def read_form(form: FormData, areas: BoundarySet, walk_id: UUID | None) -> CaptureConcern:
    """The body that a form says. Raises Invalid with a fault for each field that does not fit."""
    faults: list[Fault] = []
    try:
        point = _point(form, areas)
    except _NoPlace as fault:
        faults.append(Fault(f"#/{fault.field}", str(fault)))
        point = (0.0, 0.0)
    body = {
        "walk_id": walk_id,
        "categories": [code for code in form.getlist("categories") if isinstance(code, str)],
        "severity": {"1": 1, "2": 2, "3": 3}.get(_text(form, "severity"), 0),
        "place": {"type": "Point", "coordinates": point},
        "light": _text(form, "light") or None,
        # A browser ends lines with two characters where the field's own limit counts one.
        "note": _text(form, "note").replace("\r\n", "\n") or None,
    }
    try:
        said = CaptureConcern.model_validate(body)
    except ValidationError as error:
        found = {str(fault["loc"][0]) for fault in error.errors()}
        faults += [Fault(f"#/{_WORDS[field][0]}", _WORDS[field][1]) for field in found]
        raise Invalid(faults=_in_order(faults)) from None
    if faults:
        raise Invalid(faults=faults)
    return said


def _in_order(faults: Iterable[Fault]) -> list[Fault]:
    """As the page has its fields, from the top."""
    return sorted(faults, key=lambda fault: _ON_THE_PAGE.index(fault.pointer.removeprefix("#/")))


class _NoPlace(Exception):
    def __init__(self, field: str, words: str) -> None:
        self.field = field
        super().__init__(words)


def _point(form: FormData, areas: BoundarySet) -> tuple[float, float]:
    """Longitude and latitude, of the place chosen or as they were typed."""
    spot, lat, lon = (_text(form, name) for name in ("spot", "latitude", "longitude"))
    if spot and (lat or lon):
        raise _NoPlace("spot", "choose a place or give its latitude and longitude, not both")
    if spot:
        known = spots_of(areas).get(spot)
        if known is None:
            raise _NoPlace("spot", "choose a place from the list")
        return known.point
    if not lat and not lon:
        field = "spot" if spots_of(areas) else "latitude"
        raise _NoPlace(field, "say where it is")
    return _degrees(lon, "longitude", "-0.2057"), _degrees(lat, "latitude", "51.4071")


def _degrees(text: str, field: str, example: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise _NoPlace(field, f"{field} must be a number, like {example}") from None


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value.strip() if isinstance(value, str) else ""
