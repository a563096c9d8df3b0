"""Rows of a CSV file of reports that an Open311 service has received (GeoReport v2 names).

Invariant: a row becomes what somebody said, or a reason why not; a time without its offset from UTC is
never guessed at, and a report's own words (description, address) are not read at all.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files

from pydantic import TypeAdapter, ValidationError

from concerns.domain import CATCH_ALL, CATEGORIES, Outside, Said
from shared.web import Timestamp

# What a column may be called; the first of a line is GeoReport v2's.
ID = ("service_request_id", "request_id", "id")
LAT = ("lat", "latitude")
LON = ("long", "lon", "lng", "longitude")
AT = ("requested_datetime", "requested_at", "created_at")
CODE = ("service_code", "category")
NAME = ("service_name",)

MAX_ID = 100
SEVERITY = 1  # the least: an outside report names none
NO_CATEGORY = "(none named)"

_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?")
_OFFSET = re.compile(r"(Z|[+-]\d\d:?\d\d)$")
_TIMESTAMP: TypeAdapter[datetime] = TypeAdapter(Timestamp)


class RowRefused(Exception):
    """A row that cannot be taken; the message is the reason, without the row's own words."""


class FileRefused(Exception):
    """A file that is not what it should be; the message says why."""


Map = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Columns:
    """Which of a file's columns hold what we read."""

    id: str
    lat: str
    lon: str
    at: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A row as something said, and the outside category that no map knows (or None)."""

    said: Said
    unmapped: str | None


def columns_of(header: Sequence[str]) -> Columns:
    """Find the columns. Raises FileRefused when one that is needed is missing."""
    by_name = {name.strip().lower(): name for name in header}

    def find(names: Sequence[str]) -> str:
        for name in names:
            if name in by_name:
                return by_name[name]
        raise FileRefused(f"has no column {names[0]} (nor {', '.join(names[1:])})")

    categories = tuple(by_name[name] for name in (*NAME, *CODE) if name in by_name)
    if not categories:
        raise FileRefused("has no column service_code or service_name")
    return Columns(find(ID), find(LAT), find(LON), find(AT), categories)


def report_of(
    row: Mapping[str, str | None] | None, columns: Columns, category_map: Map, *, system: str
) -> Report:
    """A row as something said; None is one that csv could not read. Raises RowRefused."""
    if row is None:
        raise RowRefused("cannot be read as CSV")
    if None in row.values() or None in row:
        raise RowRefused("has not as many fields as the header")
    cells = {name: (value or "").strip() for name, value in row.items()}
    _must_be_text(cells.values())
    codes, unmapped = _categories([cells[name] for name in columns.names], category_map)
    said = Said(
        source="import",
        categories=codes,
        severity=SEVERITY,
        lon=_degrees(cells[columns.lon], "longitude"),
        lat=_degrees(cells[columns.lat], "latitude"),
        by=f"import:{system}",
        observed_at=_instant(cells[columns.at]),
        outside=Outside(system, _id(cells[columns.id])),
    )
    return Report(said, unmapped)


def _must_be_text(cells: Iterable[str]) -> None:
    for cell in cells:
        if "\x00" in cell:
            raise RowRefused("holds a NUL character")
        if any("\ud800" <= letter <= "\udfff" for letter in cell):
            raise RowRefused("is not UTF-8")


def _id(cell: str) -> str:
    if not cell:
        raise RowRefused("has no id")
    if len(cell) > MAX_ID:
        raise RowRefused(f"has an id of more than {MAX_ID} characters")
    return cell


def _degrees(cell: str, what: str) -> float:
    if not cell:
        raise RowRefused(f"has no {what}")
    try:
        degrees = float(cell)
    except ValueError:
        raise RowRefused(f"has a {what} that is not a number") from None
    if degrees != degrees or abs(degrees) == float("inf"):  # noqa: PLR0124 - NaN
        raise RowRefused(f"has a {what} that is not a number")
    return degrees


def _instant(cell: str) -> datetime:
    if not _INSTANT.fullmatch(cell):
        raise RowRefused("has no time, or one that is not RFC 3339")
    if not _OFFSET.search(cell):
        raise RowRefused("has a time without its offset from UTC")
    try:
        return _TIMESTAMP.validate_python(cell)
    except ValidationError:
        raise RowRefused("has a time that there is not, or not in this century") from None


def _categories(names: Sequence[str], category_map: Map) -> tuple[tuple[str, ...], str | None]:
    """The codes of the first name that the map knows; ``other``, and the name, when it knows none."""
    said = [name for name in names if name]
    for name in said:
        if codes := category_map.get(name.casefold()):
            return codes, None
    return (CATCH_ALL,), said[0] if said else NO_CATEGORY


def shipped_map() -> Map:
    """The map that comes with this service."""
    shipped = files("concerns.schemas").joinpath("open311_map.csv").read_text(encoding="utf-8")
    return read_map(shipped.splitlines())


def read_map(lines: Iterable[str]) -> Map:
    """A CSV of ``outside,category`` lines: another system's category, and one of our codes.

    Several lines of one outside category give it several codes. Raises FileRefused.
    """
    known = {each.code for each in CATEGORIES}
    found: dict[str, tuple[str, ...]] = {}
    for line, (outside, code) in _pairs(lines):
        if code not in known:
            raise FileRefused(f"line {line}: is not in the list of categories")
        earlier = found.get(outside.casefold(), ())
        found[outside.casefold()] = earlier if code in earlier else (*earlier, code)
    return found


def _pairs(lines: Iterable[str]) -> Iterator[tuple[int, tuple[str, str]]]:
    rows = csv.reader(lines)
    if [cell.strip() for cell in next(rows, [])] != ["outside", "category"]:
        raise FileRefused("does not begin with the line: outside,category")
    for row in rows:
        if not row:
            continue
        if len(row) != 2:  # noqa: PLR2004 - the two columns
            raise FileRefused(f"line {rows.line_num}: is not two fields")
        yield rows.line_num, (row[0].strip(), row[1].strip())
