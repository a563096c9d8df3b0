"""A roster as a CSV file: a line for each shift, with a heading.

Invariant: every fault names its line and its column; what is optional may be left out or empty.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, ValidationError

from booking.schemas.bodies import Body
from booking.schemas.inputs import YesOrNo
from booking.schemas.rosters import ShiftBody
from booking.service import RosterLine
from shared.clock import new_id
from shared.errors import Fault, Invalid
from shared.web import Text

NEEDED = (
    "officer", "weekday", "from", "to", "from_date", "ward", "near", "meeting_name", "longitude",
    "latitude",
)  # fmt: skip
OPTIONAL = ("until_date", "capacity")
MOST_LINES = 2000
WORDS: Mapping[str, str] = {
    "officer": "must be an officer's subject at the issuer",
    "weekday": "must be monday, tuesday ... sunday",
    "from": "must be a time like 18:00",
    "to": "must be a time like 22:00, or 24:00, and not the one from which",
    "from_date": "must be a day like 2027-03-28",
    "until_date": "must be a day like 2027-03-28, not before from_date, or empty",
    "ward": "must be a ward's code",
    "near": "must be a line of at most 100 letters",
    "meeting_name": "must be a line of at most 100 letters",
    "longitude": "must be degrees, like -0.2304",
    "latitude": "must be degrees, like 51.4230",
    "capacity": "must be a number from 1 to 20, or empty",
}


class RosterBody(Body):
    """A roster: the text of a CSV file. ``dry_run``: only say what would change."""

    model_config = Body.model_config | {
        "json_schema_extra": {
            "examples": [
                {
                    "csv": f"{','.join((*NEEDED, *OPTIONAL))}\n"
                    "officer-1,tuesday,18:00,24:00,2027-01-12,L05000001,the old mill,"
                    "Mill Lane bus stop,-0.02,51.44,,1\n",
                    "dry_run": True,
                }
            ]
        }
    }

    csv: Annotated[Text, Field(min_length=1, max_length=500_000)]
    dry_run: YesOrNo = False


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    said: Mapping[str, str]


def read_roster(text: str) -> Sequence[RosterLine]:
    """The lines of a file; raises Invalid with every fault in it."""
    rows = _rows(text)
    faults: list[Fault] = []
    lines: list[RosterLine] = []
    for row in rows:
        wrong = _wrong(row)
        if wrong:
            faults += [Fault(f"#/csv/{row.number}/{name}", WORDS[name]) for name in wrong]
        else:
            shift = _body(row).shift(new_id(), new_id())
            lines.append(RosterLine(row.number, row.said["officer"], shift))
    if faults:
        raise Invalid("Nothing was changed: some lines are wrong.", faults=faults)
    return lines


def _rows(text: str) -> Sequence[_Row]:
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        columns = [name.strip().lower() for name in reader.fieldnames or ()]
        missing = [name for name in NEEDED if name not in columns]
        unknown = [name for name in columns if name not in {*NEEDED, *OPTIONAL}]
        if missing or unknown or len(columns) != len(set(columns)):
            said = (
                f"must be a heading with {', '.join(NEEDED)}, and if need be {', '.join(OPTIONAL)}"
            )
            raise Invalid(faults=[Fault("#/csv/1", said)])
        reader.fieldnames = columns
        rows = [_Row(reader.line_num, _said(each)) for each in reader]
    except csv.Error as error:
        raise Invalid(
            faults=[Fault(f"#/csv/{reader.reader.line_num}", "is no line of a CSV file")]
        ) from error
    if not 0 < len(rows) <= MOST_LINES:
        raise Invalid(faults=[Fault("#/csv", f"must have from 1 to {MOST_LINES} lines")])
    return rows


def _said(row: Mapping[str | None, Any]) -> Mapping[str, str]:
    """The cells by column; those beyond the heading make the line wrong."""
    cells = {name: (cell or "").strip() for name, cell in row.items() if name is not None}
    return cells if None not in row else dict.fromkeys(cells, "")


def _wrong(row: _Row) -> Sequence[str]:
    """The columns that are wrong."""
    wrong = {"officer"} if not row.said["officer"] else set[str]()
    try:
        _body(row)
    except ValidationError as error:
        for each in error.errors(include_input=False, include_url=False):
            wrong.add(_column(each["loc"], each["msg"]))
    return [name for name in WORDS if name in wrong]


def _column(where: tuple[int | str, ...], said: str) -> str:
    match where:
        case ("meeting_point", "coordinates", 1):
            return "latitude"
        case ("meeting_point", "coordinates", *_):
            return "longitude"
        case ("meeting_point", *_):
            return "meeting_name"
        case (str(name), *_):
            return name
        case _:
            return "until_date" if "before" in said else "to"


def _body(row: _Row) -> ShiftBody:
    said = row.said
    capacity = said.get("capacity") or "1"
    return ShiftBody.model_validate(
        {
            "weekday": said["weekday"].lower(),
            "from": said["from"],
            "to": said["to"],
            "from_date": said["from_date"],
            "until_date": said.get("until_date") or None,
            "ward": said["ward"],
            "near": said["near"],
            "meeting_point": {
                "name": said["meeting_name"],
                "coordinates": (_number(said["longitude"]), _number(said["latitude"])),
            },
            "capacity": int(capacity) if capacity.isascii() and capacity.isdecimal() else None,
        }
    )


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
