"""Dates and times as people say them in Welsh: what ``words`` has, by the same names.

Invariant: as there, London's wall time, and which it is in the hour that the clocks show twice; days and
months are the Unicode Consortium's, by Babel.
"""

from datetime import datetime

from babel.dates import format_datetime, get_day_names

from shared.clock import LONDON
from shared.pages.words import clock_time, ends_on_another_day


def people_date(instant: datetime) -> str:
    """``Dydd Iau 26 Tachwedd, 6:30yh``."""
    return f"{people_day(instant)}, {people_time(instant)}"


def people_day(instant: datetime) -> str:
    """``Dydd Iau 26 Tachwedd``."""
    return format_datetime(instant.astimezone(LONDON), "EEEE d MMMM", locale="cy")


def people_time(instant: datetime) -> str:
    """``6:30yh``, ``9yb``, ``canol dydd``, ``hanner nos``."""
    return clock_time(instant, whole=("hanner nos", "canol dydd"), half=("yb", "yh"))


def weekday(nth: int) -> str:
    """``Dydd Iau`` for 4."""
    return get_day_names("wide", "stand-alone", locale="cy")[nth - 1]


def time_range(starts_at: datetime, ends_at: datetime) -> str:
    """``6:30yh tan 7:30yh``; names the day too when it ends on another."""
    ends = people_time(ends_at)
    if ends_on_another_day(starts_at, ends_at):
        ends = f"{ends} {people_day(ends_at)}"
    return f"{people_time(starts_at)} tan {ends}"
