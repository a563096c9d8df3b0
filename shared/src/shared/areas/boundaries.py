"""A boundary set: the wards of one area at one date, and which of them a point lies in.

Invariant: the same point gets the same ward whatever the order of the file; a point on the border
of two wards belongs to the one with the lower code. Coordinates are degrees, longitude first (RFC
7946).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from shared.errors import Refusal

# Degrees; 5 cm at most. Half of the sixth decimal, which is what rounding may push over an edge or
# into the slit between two wards. Real reports lie 10 cm outside their borough and are outside.
BORDER_TOLERANCE = 4.5e-7

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


class AreasRefused(Refusal):
    """This is no boundary set."""

    slug = "areas-refused"


@dataclass(frozen=True, slots=True)
class Place:
    """A spot people know by name, as (longitude, latitude)."""

    name: str
    point: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Ward:
    """An area with a code and its set; ``point`` is (longitude, latitude) somewhere inside it."""

    code: str
    name: str
    set: str
    point: tuple[float, float]
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class BoundarySet:
    """The wards of a set, in the order of their codes.

    ``date`` is the day, month or year (ISO 8601) from which they hold, ``geojson_bytes`` the file.
    """

    name: str
    date: str
    wards: tuple[Ward, ...]
    by_code: Mapping[str, Ward]
    geojson_bytes: bytes
    _tree: shapely.STRtree = field(repr=False)

    def find(self, lon: float, lat: float) -> Ward | None:
        """The ward of a point in degrees, or None when it lies outside every ward."""
        point = shapely.Point(lon, lat)
        inside = self._tree.query(point, predicate="intersects")
        if len(inside):
            return self.wards[int(min(inside))]
        beside = self._tree.query(point, predicate="dwithin", distance=BORDER_TOLERANCE)
        return self.wards[int(min(beside))] if len(beside) else None

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north edge, in degrees."""
        boxes = [outline.bounds for outline in self._tree.geometries]
        west, south = min(box[0] for box in boxes), min(box[1] for box in boxes)
        return west, south, max(box[2] for box in boxes), max(box[3] for box in boxes)


def load(areas_dir: Path, set_name: str) -> BoundarySet:
    """Read ``<areas_dir>/<set_name>.geojson``.

    Raises AreasRefused when it cannot be read or is not what ``normalise`` writes.
    """
    file = areas_dir / f"{set_name}.geojson"
    try:
        content = file.read_bytes()
        collection = json.loads(content)
        name, date = collection["name"], collection["date"]
        pairs = sorted(
            (_ward(feature, name) for feature in collection["features"]),
            key=lambda pair: pair[0].code,
        )
    except OSError as error:
        raise AreasRefused(f"{file}: cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, shapely.GEOSException) as error:
        raise AreasRefused(
            f"{file}: is not a boundary set; make one with: python -m shared.areas normalise {file}"
        ) from error
    if name != set_name or not DATE.fullmatch(date) or not pairs:
        raise AreasRefused(f"{file}: names another set, has no date, or holds no ward")
    wards = tuple(ward for ward, _ in pairs)
    by_code = MappingProxyType({ward.code: ward for ward in wards})
    tree = shapely.STRtree([outline for _, outline in pairs])
    return BoundarySet(name, date, wards, by_code, content, tree)


def _ward(feature: Mapping[str, Any], set_name: str) -> tuple[Ward, BaseGeometry]:
    said = feature["properties"]
    outline = shape(feature["geometry"])
    inside = outline.representative_point()
    places = tuple(
        Place(place["name"], (place["coordinates"][0], place["coordinates"][1]))
        for place in said.get("places", ())
    )
    point = (round(inside.x, 6), round(inside.y, 6))
    return Ward(said["code"], said["name"], set_name, point, places), outline
