"""Dates and times as people say them, always in London's time.

Invariant: takes aware instants, shows wall time; in the hour that the clocks show twice it says
which. (GOV.UK style: 6:30pm, 9pm, midday, midnight; "to" between times.)
"""

from calendar import day_name
from datetime import datetime, timedelta

from shared.clock import LONDON

NOON = 12


def people_date(instant: datetime) -> str:
    """``Thursday 26 November, 6:30pm``."""
    return f"{people_day(instant)}, {people_time(instant)}"


def people_day(instant: datetime) -> str:
    """``Thursday 26 November``."""
    local = instant.astimezone(LONDON)
    return f"{local:%A} {local.day} {local:%B}"


def people_time(instant: datetime) -> str:
    """``6:30pm``, ``9pm``, ``midday``, ``midnight``."""
    return clock_time(instant, whole=("midnight", "midday"), half=("am", "pm"))


def time_range(starts_at: datetime, ends_at: datetime) -> str:
    """``6:30pm to 7:30pm``; names the day too when it ends on another."""
    ends = people_time(ends_at)
    if ends_on_another_day(starts_at, ends_at):
        ends = f"{ends} on {people_day(ends_at)}"
    return f"{people_time(starts_at)} to {ends}"


def weekday(nth: int) -> str:
    """``Thursday`` for 4, as ISO 8601 counts."""
    return day_name[nth - 1]


def clock_time(instant: datetime, *, whole: tuple[str, str], half: tuple[str, str]) -> str:
    """A wall time on the clock of twelve, in any language.

    ``whole`` are its words for midnight and midday, ``half`` what it says after a time before and after noon.
    """
    local = instant.astimezone(LONDON)
    afternoon = local.hour >= NOON
    if local.minute == 0 and local.hour in {0, NOON}:
        return whole[afternoon]
    minutes = f":{local:%M}" if local.minute else ""
    said = f"{local.hour % NOON or NOON}{minutes}{half[afternoon]}"
    return f"{said} ({local:%Z})" if _shown_twice(instant) else said


def ends_on_another_day(starts_at: datetime, ends_at: datetime) -> bool:
    """Whether London's date is another at the end."""
    return starts_at.astimezone(LONDON).date() != ends_at.astimezone(LONDON).date()


def _shown_twice(instant: datetime) -> bool:
    """Whether London's clocks show this wall time twice, once in BST and once in GMT."""
    wall = instant.astimezone(LONDON).replace(tzinfo=None)
    hour = timedelta(hours=1)
    return any(
        other.astimezone(LONDON).replace(tzinfo=None) == wall
        for other in (instant - hour, instant + hour)
    )
