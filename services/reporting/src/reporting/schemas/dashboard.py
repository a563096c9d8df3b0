"""The dashboard as its page shows it: what was chosen, and a table of walks and concerns by ward.

Invariant: what the page's script shows live is worked out here first, so that the page says the same
without a script.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import get_args

from reporting.domain import Light, Measure, Question, Row
from reporting.schemas.figures import WardNames
from reporting.service import Answer, Freshness
from shared.areas import BoundarySet

MEASURES: Mapping[Measure, str] = {"walks": "Walks", "concerns": "Concerns"}
LIGHTS: Mapping[Light, str] = {"day": "In daylight", "dark": "After dark"}
OUTSIDE = "Outside every ward"

# Seconds in a unit, its name, seconds in the following unit.
_UNITS = ((1, "second", 60), (60, "minute", 3600), (3600, "hour", 86400))


@dataclass(frozen=True, slots=True)
class Choice:
    """What the form on the page says; ``errors`` is field -> what is wrong with it."""

    show: Measure = "concerns"
    ward: str | None = None
    light: Light | None = None
    since: date | None = None
    until: date | None = None
    errors: Mapping[str, str] = field(default_factory=dict[str, str])

    def questions(self) -> tuple[Question, Question]:
        """What to ask for: walks, then concerns."""
        walks, concerns = (
            Question(measure, ("ward", "light"), self.since, self.until, self.light, self.ward)
            for measure in MEASURES
        )
        return walks, concerns

    @property
    def dated(self) -> bool:
        """Whether it is some days only: the live stream tells of all days together."""
        return self.since is not None or self.until is not None

    @property
    def lights(self) -> Sequence[Light]:
        """The lights that have a column."""
        return (self.light,) if self.light else tuple(LIGHTS)


def choice_of(said: Mapping[str, str], wards: BoundarySet) -> Choice:
    """Read the form's fields; what cannot be read is left out and named in ``errors``."""
    errors: dict[str, str] = {}

    def one_of(name: str, known: Sequence[str]) -> str | None:
        value = said.get(name) or None
        if value is not None and value not in known:
            errors[name] = "Choose one of the list"
            return None
        return value

    def day(name: str) -> date | None:
        value = said.get(name) or None
        try:
            return date.fromisoformat(value) if value else None
        except ValueError:
            errors[name] = "Enter a real date, like 2027-01-12"
            return None

    show = one_of("show", tuple(MEASURES))
    light = one_of("light", tuple(LIGHTS))
    ward, since, until = one_of("ward", tuple(wards.by_code)), day("from"), day("to")
    if since and until and since > until:
        errors["from"] = "The first day must not be after the last"
        since = until = None
    return Choice(
        next((each for each in get_args(Measure) if each == show), "concerns"),
        ward,
        next((each for each in get_args(Light) if each == light), None),
        since,
        until,
        errors,
    )


@dataclass(frozen=True, slots=True)
class Column:
    """A column of counts; ``light`` None is the sum of both."""

    measure: Measure
    light: Light | None
    title: str


@dataclass(frozen=True, slots=True)
class Line:
    """A ward's counts, one for each column; ``key`` is ``<set>/<code>``, empty outside every ward."""

    key: str
    name: str
    counts: Sequence[int]


@dataclass(frozen=True, slots=True)
class Board:
    """The table: its columns, a line for each ward, their sums."""

    columns: Sequence[Column]
    lines: Sequence[Line]

    @property
    def sums(self) -> Sequence[int]:
        """The foot of the table."""
        return [sum(counts) for counts in zip(*(line.counts for line in self.lines), strict=True)]


def board_of(
    choice: Choice, answers: Sequence[Answer], wards: BoundarySet, names: WardNames
) -> Board:
    """Every ward of the set in force, then those of other sets that have counts, then outside."""
    counted: dict[tuple[str, str | None, str], int] = {}
    shown = dict(_wards_in_force(choice, wards))
    for answer in answers:
        for row in answer.rows:
            key = _key(row)
            shown.setdefault(key, _other_name(row, names))
            counted[answer.question.measure, row.light, key] = row.count
    if "" in shown or choice.ward is None:
        shown[""] = shown.pop("", OUTSIDE)  # last
    columns = list(_columns(choice))

    def count(column: Column, key: str) -> int:
        lights = (column.light,) if column.light else choice.lights
        return sum(counted.get((column.measure, light, key), 0) for light in lights)

    lines = [
        Line(key, name, [count(column, key) for column in columns]) for key, name in shown.items()
    ]
    return Board(columns, lines)


def _wards_in_force(choice: Choice, wards: BoundarySet) -> Iterator[tuple[str, str]]:
    for ward in sorted(wards.wards, key=lambda ward: ward.name):
        if choice.ward in (None, ward.code):
            yield f"{ward.set}/{ward.code}", ward.name


def _key(row: Row) -> str:
    return f"{row.ward_set}/{row.ward_code}" if row.ward_code else ""


def _other_name(row: Row, names: WardNames) -> str:
    if row.ward_code is None or row.ward_set is None:
        return OUTSIDE
    name = names.get((row.ward_set, row.ward_code), row.ward_code)
    return f"{name} ({row.ward_set})"


def _columns(choice: Choice) -> Iterator[Column]:
    for measure in MEASURES:
        for light in choice.lights:
            yield Column(measure, light, LIGHTS[light])
        if choice.light is None:
            yield Column(measure, None, "All")


def lag_words(freshness: Freshness) -> str:
    """How far the figures are behind, in people's words."""
    seconds = freshness.lag_seconds or 0
    for unit, name, following in _UNITS:
        if seconds < following:
            number = int(seconds // unit)
            return f"{number} {name}{'' if number == 1 else 's'} behind"
    return "more than a day behind"
