"""Figures as JSON and as CSV (RFC 4180).

Invariant: the members of a row come in the order asked for; no cell of a CSV file is taken for a
formula by the spreadsheet that opens it.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from reporting.domain import MENTIONS_NOTE, Dimension, Row
from reporting.service import Answer, Freshness

# (boundary set, ward code) -> name
WardNames = Mapping[tuple[str, str], str]

# A spreadsheet takes a cell that begins so for a formula (OWASP, "CSV Injection").
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class Ward(BaseModel):
    """A ward with the boundary set that drew it; the name is null when that set is not at hand."""

    code: str
    name: str | None
    set: str


class FigureRow(BaseModel):
    """A count; of the other members those that were asked for, in that order."""

    ward: Ward | None = Field(None, description="null: outside every ward")
    day: str | None = Field(None, description="London date")
    category: str | None = None
    light: str | None = Field(None, description="day or dark")
    kind: str | None = Field(
        None,
        description="what became of wishes: requested, waitlisted, offer_made, offer_expired, "
        "withdrawn or confirmed",
    )
    count: int


class Figures(BaseModel):
    """Rows, what they count, and how fresh they are."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "as_of": "2027-01-12T18:00:00Z",
                "lag_seconds": 0.4,
                "parked": 0,
                "measure": "concerns",
                "counts": "mentions",
                "note": MENTIONS_NOTE,
                "rows": [{"light": "dark", "category": "badly_lit", "count": 12}],
            }
        }
    )

    as_of: AwareDatetime | None = Field(description="everything up to then is counted")
    lag_seconds: float | None = Field(description="how long ago that is")
    parked: int = Field(description="events that could not be counted and wait for an operator")
    measure: str
    counts: str = Field(description="walks, concerns, mentions or requests")
    note: str | None
    rows: list[FigureRow]


def as_json(answer: Answer, names: WardNames) -> dict[str, Any]:
    """The body of an answer, of the form that ``Figures`` describes."""
    question = answer.question
    return {
        **freshness_members(answer.freshness),
        "measure": question.measure,
        "counts": question.counts,
        "note": MENTIONS_NOTE if question.counts == "mentions" else None,
        "rows": [row_members(row, question.by, names) for row in answer.rows],
    }


def freshness_members(freshness: Freshness) -> dict[str, Any]:
    """``as_of`` in RFC 3339, ``lag_seconds`` and ``parked``."""
    as_of = freshness.as_of
    return {
        "as_of": as_of.isoformat() if as_of else None,
        "lag_seconds": freshness.lag_seconds,
        "parked": freshness.parked,
    }


def row_members(row: Row, by: Sequence[Dimension], names: WardNames) -> dict[str, Any]:
    """The members of one row: the dimensions in the order asked, then the count."""
    members: dict[str, Any] = {}
    for dimension in by:
        match dimension:
            case "ward":
                members["ward"] = ward_members(row, names)
            case "day":
                members["day"] = row.day.isoformat() if row.day else None
            case "category":
                members["category"] = row.category
            case "light":
                members["light"] = row.light
            case "kind":
                members["kind"] = row.kind
    return members | {"count": row.count}


def ward_members(row: Row, names: WardNames) -> dict[str, str | None] | None:
    """A row's ward, or None when what is counted lies outside every ward."""
    if row.ward_code is None or row.ward_set is None:
        return None
    name = names.get((row.ward_set, row.ward_code))
    return {"code": row.ward_code, "name": name, "set": row.ward_set}


def as_csv(answer: Answer, names: WardNames) -> str:
    """The same rows as a table; ``counts`` says in each line what its count counts."""
    file = io.StringIO()
    table = csv.writer(file)
    table.writerow([*_columns(answer.question.by), "count", "counts"])
    for row in answer.rows:
        members = row_members(row, answer.question.by, names)
        table.writerow([*map(_safe, _cells(members)), answer.question.counts])
    return file.getvalue()


def _columns(by: Sequence[Dimension]) -> Iterable[str]:
    for dimension in by:
        yield from ("ward_code", "ward_name", "ward_set") if dimension == "ward" else (dimension,)


def _cells(members: Mapping[str, Any]) -> Iterable[Any]:
    for name, value in members.items():
        if name == "ward":
            yield from (value["code"], value["name"], value["set"]) if value else ("", "", "")
        else:
            yield value


def _safe(cell: Any) -> Any:
    if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS):
        return f"'{cell}"
    return cell
