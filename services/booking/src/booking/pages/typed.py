"""What coordinators type into forms: days, wall times, and what pydantic finds wrong with them.

Invariant: what was typed is shown again, and each fault in the words of its own field.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Literal

from pydantic import ValidationError
from starlette.datastructures import FormData

from booking import domain


def typed_in(form: FormData, fields: Iterable[str]) -> dict[str, str]:
    """The text of some fields."""
    return {name: str(form.get(name, "")).strip() for name in fields}


def seen_in(form: FormData) -> int:
    """The version that a form was filled with; 0, which nothing has, when it is none."""
    version = str(form.get("version", ""))
    return int(version) if version.isascii() and version.isdecimal() else 0


def whole(text: str) -> int | None:
    """A whole number of at most three digits; None when it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else None  # noqa: PLR2004


def day_of(typed: Mapping[str, str], prefix: str) -> date | None:
    """The day in three fields; None when it is none."""
    try:
        return date(*(int(typed[f"{prefix}_{part}"]) for part in ("year", "month", "day")))
    except (ValueError, OverflowError):
        return None


def instant_of(
    typed: Mapping[str, str], prefix: str, which: Literal["first", "last"]
) -> datetime | None:
    """The instant at a day and a wall time, which may be empty: the day's beginning.

    Of a time that comes twice the first or the last; None when it is none or the clocks skip it.
    """
    day = day_of(typed, prefix)
    if day is None:
        return None
    try:
        wall = time.fromisoformat((typed[f"{prefix}_wall"] or "00:00").zfill(len("00:00")))
        found = domain.readings(day, wall.replace(tzinfo=None, second=0, microsecond=0))
    except (ValueError, OverflowError):
        return None
    return found[0 if which == "first" else -1] if found else None


def said_day(day: date | None) -> str:
    """A day as the API is told it."""
    return day.isoformat() if day else ""


def wrong_fields(error: ValidationError, words: Mapping[str, str], usual: str) -> dict[str, str]:
    """The words for every field that is wrong; ``usual`` is the field of what concerns several.

    Within a field that has words of its own, nothing else is looked for.
    """
    steps = {
        str(step)
        for each in error.errors(include_input=False, include_url=False)
        for step in _steps(each["loc"], words) or (usual,)
    }
    return {name: said for name, said in words.items() if name in steps}


def _steps(loc: tuple[int | str, ...], words: Mapping[str, str]) -> tuple[int | str, ...]:
    return loc[:1] if loc and loc[0] in words else loc
