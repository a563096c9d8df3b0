"""Dates and times as people say them in Welsh: what ``words`` has, by the same names.

Invariant: as there, London's wall time, and which it is in the hour that the clocks show twice; days and
months are the Unicode Consortium's, by Babel.
"""

from datetime import datetime

from babel.dates import format_datetime, get_day_names

from shared.clock import LONDON
from shared.pages.words import NOON, shown_twice


def people_date(instant: datetime) -> str:
    """``Dydd Iau 26 Tachwedd, 6:30yh``."""
    return f"{people_day(instant)}, {people_time(instant)}"


def people_day(instant: datetime) -> str:
    """``Dydd Iau 26 Tachwedd``."""
    return format_datetime(instant.astimezone(LONDON), "EEEE d MMMM", locale="cy")


def people_time(instant: datetime) -> str:
    """``6:30yh``, ``9yb``, ``canol dydd``, ``hanner nos``."""
    local = instant.astimezone(LONDON)
    if local.minute == 0 and local.hour in {0, NOON}:
        return "canol dydd" if local.hour else "hanner nos"
    minutes = f":{local:%M}" if local.minute else ""
    said = f"{local.hour % NOON or NOON}{minutes}{'yb' if local.hour < NOON else 'yh'}"
    return f"{said} ({local:%Z})" if shown_twice(instant) else said


def weekday(nth: int) -> str:
    """``Dydd Iau`` for 4."""
    return get_day_names("wide", "stand-alone", locale="cy")[nth - 1]


def time_range(starts_at: datetime, ends_at: datetime) -> str:
    """``6:30yh tan 7:30yh``; names the day too when it ends on another."""
    ends = people_time(ends_at)
    if starts_at.astimezone(LONDON).date() != ends_at.astimezone(LONDON).date():
        ends = f"{ends} {people_day(ends_at)}"
    return f"{people_time(starts_at)} tan {ends}"
