"""From what ONS and others publish to a boundary set that every service can load.

Invariant: what is written has outer rings anticlockwise and holes clockwise, no ``crs`` member
(RFC 7946 asks both), degrees to seven decimals (a centimetre), one feature a ward with a code of
its own, a name and a date. What cannot be made so without guessing is refused.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import shapely
from shapely.geometry import MultiPolygon, Polygon, mapping, shape
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient

from shared.areas.boundaries import DATE, NAME, AreasRefused

DECIMALS = 7

# Names of coordinate systems that are degrees, longitude first in GeoJSON whatever they say.
DEGREES = re.compile(r"(CRS:?84|EPSG:+4326|EPSG:+4258|WGS ?84)$", re.IGNORECASE)
# What ogr2ogr appends to a file's name; no part of the set's.
TRAILING_CRS = re.compile(r"[-_]?(epsg[-_]?\d+|wgs84|crs84)$", re.IGNORECASE)

# Fields that hold a ward's code and name, in order of preference: ONS by year, then general ones.
ONS_CODE = re.compile(r"WD(\d\d)CD")
GENERAL = (("CODE", "NAME"), ("GSS_CODE", "NAME"), ("WARD_CODE", "WARD_NAME"), ("GSS_CODE", "WARD"))

MAX_LON, MAX_LAT = 180, 90
UK_WEST, UK_SOUTH, UK_EAST, UK_NORTH = -9.5, 49.0, 3.0, 61.5

_POLYGONAL = ("Polygon", "MultiPolygon")


def normalise(file: Path, *, name: str | None = None, date: str | None = None) -> tuple[str, bytes]:
    """Read a file of wards; answers the set's name and the bytes of ``<name>.geojson``.

    ``name`` defaults to the file's, ``date`` (ISO 8601 day, month or year) to the year in ONS's
    field names. Raises AreasRefused with a line that says what is wrong and what to do.
    """
    collection = _read(file)
    features = _features(file, collection)
    _refuse_other_systems(file, collection)
    wards = [_ward(file, number, feature) for number, feature in enumerate(features, 1)]
    _refuse_duplicates(file, [ward["properties"]["code"] for ward in wards])
    found_name = name or _name_of(file, collection)
    found_date = date or _date_of(collection, features)
    if not NAME.fullmatch(found_name):
        raise AreasRefused(
            f"{file}: a set's name is small letters, digits and hyphens: --name NAME"
        )
    if found_date is None or not DATE.fullmatch(found_date):
        raise AreasRefused(f"{file}: does not say from when its wards hold: --date 2022-05-05")
    return found_name, as_bytes(found_name, found_date, wards)


def prepare(file: Path, areas_dir: Path) -> str:
    """Normalise a file into ``areas_dir`` and answer the set's name, for ``AREAS_SET``."""
    name, content = normalise(file)
    write(content, areas_dir / f"{name}.geojson")
    return name


def write(content: bytes, target: Path) -> None:
    """Write a set whole or not at all. Raises AreasRefused when the folder refuses."""
    beside = target.with_suffix(".partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(content)
        beside.replace(target)
    except OSError as error:
        raise AreasRefused(f"{target}: cannot be written ({error.strerror})") from error


def as_bytes(name: str, date: str, wards: Sequence[Mapping[str, Any]]) -> bytes:
    """The file of a set: a feature a line, in the order of the codes."""
    head = json.dumps({"type": "FeatureCollection", "name": name, "date": date})[:-1]
    ordered = sorted(wards, key=lambda ward: ward["properties"]["code"])
    lines = ",\n".join(
        json.dumps(ward, separators=(",", ":"), ensure_ascii=False) for ward in ordered
    )
    return f'{head}, "features": [\n{lines}\n]}}\n'.encode()


def _read(file: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(file.read_bytes())
    except OSError as error:
        raise AreasRefused(f"{file}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise AreasRefused(f"{file}: is not JSON") from error
    members = _object(found)
    if members is None:
        raise AreasRefused(f"{file}: is not GeoJSON")
    return members


def _object(value: object) -> Mapping[str, Any] | None:
    """A JSON object, or None when the value is something else."""
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else None


def _features(file: Path, collection: Mapping[str, Any]) -> list[Any]:
    features: list[Any] | None = collection.get("features")
    if collection.get("type") != "FeatureCollection" or not isinstance(features, list):
        raise AreasRefused(f"{file}: is not a GeoJSON FeatureCollection")
    if not features:
        raise AreasRefused(f"{file}: holds no ward")
    return features


def _refuse_other_systems(file: Path, collection: Mapping[str, Any]) -> None:
    """GeoJSON of before RFC 7946 may name another coordinate system."""
    try:
        system = collection["crs"]["properties"]["name"]
    except (KeyError, TypeError):
        return
    if not DEGREES.search(str(system)):
        raise AreasRefused(_reproject(file, f"is in {system}, not in degrees"))


def _reproject(file: Path, why: str) -> str:
    target = file.with_name(TRAILING_CRS.sub("", file.stem) + "_epsg4326.geojson")
    return (
        f"{file}: {why}; reproject it first: "
        f"ogr2ogr -s_srs EPSG:27700 -t_srs EPSG:4326 {target} {file}"
    )


def _ward(file: Path, number: int, feature: object) -> dict[str, Any]:
    members = _object(feature) or {}
    said = _object(members.get("properties"))
    if said is None:
        raise AreasRefused(f"{file}: feature {number} has no properties")
    code, name, _ = _identity(said)
    if not code or not name:
        raise AreasRefused(
            f"{file}: feature {number} has no ward code and name "
            "(fields such as WD22CD and WD22NM, or code and name)"
        )
    properties: dict[str, Any] = {"code": code, "name": name}
    if isinstance(said.get("places"), list):
        properties["places"] = said["places"]
    outline = _outline(file, code, _object(members.get("geometry")))
    return {"type": "Feature", "properties": properties, "geometry": _as_geojson(outline)}


def _identity(said: Mapping[str, Any]) -> tuple[str | None, str | None, str | None]:
    """Code, name and, where ONS says it, the year; fields of the newest year win."""
    fields = {key.upper(): str(value).strip() for key, value in said.items() if value is not None}
    for field in sorted(fields, reverse=True):
        if found := ONS_CODE.fullmatch(field):
            year = found.group(1)
            return fields[field], fields.get(f"WD{year}NM"), f"20{year}"
    for code, name in GENERAL:
        if code in fields and name in fields:
            return fields[code], fields[name], None
    return None, None, None


def _outline(file: Path, code: str, geometry: Mapping[str, Any] | None) -> Polygon | MultiPolygon:
    if geometry is None or geometry.get("type") not in _POLYGONAL:
        raise AreasRefused(f"{file}: ward {code} is not a Polygon or MultiPolygon")
    try:
        outline = shape(dict(geometry))
    except (ValueError, TypeError, IndexError, KeyError, shapely.GEOSException) as error:
        raise AreasRefused(f"{file}: ward {code} has coordinates that cannot be read") from error
    if outline.is_empty:
        raise AreasRefused(f"{file}: ward {code} has no coordinates")
    _refuse_misplaced(file, code, outline)
    # Only x and y reach the function: a height is dropped here.
    rounded = shapely.transform(outline, lambda points: points.round(DECIMALS))
    return _wound(_repaired(file, code, rounded))


def _refuse_misplaced(file: Path, code: str, outline: BaseGeometry) -> None:
    west, south, east, north = outline.bounds
    if max(-west, east) > MAX_LON or max(-south, north) > MAX_LAT:
        raise AreasRefused(_reproject(file, f"ward {code} is in metres, not in degrees"))
    if UK_WEST <= south <= north <= UK_EAST and UK_SOUTH <= west <= east <= UK_NORTH:
        raise AreasRefused(f"{file}: ward {code} has latitude first; GeoJSON puts longitude first")


def _repaired(file: Path, code: str, outline: BaseGeometry) -> Polygon | MultiPolygon:
    """The outline, mended where it crosses itself, as long as its area stays the same."""
    if not outline.is_valid:
        mended = shapely.make_valid(outline, method="structure", keep_collapsed=False)
        if abs(mended.area - outline.area) > 1e-6 * outline.area:
            raise AreasRefused(f"{file}: ward {code} crosses itself and cannot be mended")
        outline = mended
    if not isinstance(outline, Polygon | MultiPolygon) or outline.is_empty:
        raise AreasRefused(f"{file}: ward {code} is not an area")
    return outline


def _wound(outline: Polygon | MultiPolygon) -> Polygon | MultiPolygon:
    """Outer rings anticlockwise, holes clockwise (RFC 7946 section 3.1.6)."""
    if isinstance(outline, Polygon):
        return orient(outline, 1.0)
    return MultiPolygon([orient(part, 1.0) for part in outline.geoms])


def _as_geojson(outline: BaseGeometry) -> dict[str, Any]:
    found: dict[str, Any] = mapping(outline)
    return found


def _refuse_duplicates(file: Path, codes: Sequence[str]) -> None:
    twice = sorted(code for code, number in Counter(codes).items() if number > 1)
    if twice:
        raise AreasRefused(f"{file}: ward codes that come more than once: {', '.join(twice[:5])}")


def _name_of(file: Path, collection: Mapping[str, Any]) -> str:
    """A set keeps its name; of any other file, the file's, without its coordinate system."""
    said = collection.get("name")
    if isinstance(said, str) and NAME.fullmatch(said) and "date" in collection:
        return said
    stem = TRAILING_CRS.sub("", file.name.partition(".")[0])
    return re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")


def _date_of(collection: Mapping[str, Any], features: Sequence[Mapping[str, Any]]) -> str | None:
    said = collection.get("date")
    if isinstance(said, str):
        return said
    return _identity(features[0]["properties"])[2]
