"""A shift as its forms show it and say what came of it.

Invariant: a place that the boundary set does not name stays what it is until another is chosen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any
from uuid import UUID

from booking import domain, service, store
from booking.service import Desk, roster_answers
from shared.auth import Principal
from shared.errors import NotFound

AS_IT_IS = "as it is"
MIDNIGHT = time()


@dataclass(frozen=True, slots=True)
class Place:
    """A place to meet that can be chosen; ``point`` is longitude, latitude."""

    ward: str
    name: str
    point: tuple[float, float]


def places(desk: Desk, shift: domain.Shift | None = None) -> Mapping[str, Place]:
    """The places that the boundary set names, and the shift's own, by the value of their option."""
    named = {
        f"{ward.code} {nth}": Place(ward.code, place.name, place.point)
        for ward in desk.areas.wards
        for nth, place in enumerate(ward.places)
    }
    own = shift and _place_of(shift)
    return {AS_IT_IS: own, **named} if own and own not in named.values() else named


def _place_of(shift: domain.Shift) -> Place:
    point = shift.meeting_point
    return Place(shift.ward, point.name, (point.lon, point.lat))


async def of_shift(desk: Desk, shift_id: UUID, who: Principal) -> domain.Shift:
    """A shift of an officer whose team a coordinator leads. Raises NotFound, Forbidden."""
    async with desk.database.reading() as connection:
        shift = await store.rosters.find_shift(connection, shift_id)
        if shift is None:
            raise NotFound("There is no such shift, or no longer.")
        found = await store.teams.find_officer(connection, shift.officer_id)
        assert found is not None  # an officer is never deleted
        team = await store.teams.find_team(connection, found[0].team_id)
    assert team is not None  # nor is her team
    service.must_lead(who, team)
    return shift


def filled(desk: Desk, shift: domain.Shift) -> dict[str, str]:
    """The form of a shift as it is in force."""
    own = _place_of(shift)
    return {
        "officer_id": str(shift.officer_id),
        "weekday": roster_answers.WEEKDAYS[shift.weekday - 1],
        **said_hours(shift.hours),
        **said_parts("begins", shift.from_date),
        **said_parts("ends", shift.until_date),
        "place": next(value for value, each in places(desk, shift).items() if each == own),
        "near": shift.near,
        "capacity": str(shift.capacity),
    }


def said_parts(prefix: str, day: date | None) -> dict[str, str]:
    """A day in the three fields of a form; empty where there is none."""
    return {
        f"{prefix}_{part}": str(getattr(day, part)) if day else ""
        for part in ("day", "month", "year")
    }


def said_hours(hours: domain.Hours | None) -> dict[str, str]:
    """Hours as a form takes them; empty where there are none."""
    if hours is None:
        return {"from": "", "to": ""}
    begin, end = hours
    return {"from": f"{begin:%H:%M}", "to": "24:00" if end == MIDNIGHT else f"{end:%H:%M}"}


def name_of(shift: domain.Shift) -> str:
    """``Tuesdays, 18:00 to 24:00``."""
    hours = said_hours(shift.hours)
    weekday = roster_answers.WEEKDAYS[shift.weekday - 1].capitalize()
    return f"{weekday}s, {hours['from']} to {hours['to']}"


def in_force(desk: Desk, shift: domain.Shift) -> list[tuple[str, str]]:
    """What holds now, line by line."""
    ward = desk.areas.by_code.get(shift.ward)
    return [
        ("When", name_of(shift)),
        ("First day", f"{shift.from_date.day} {shift.from_date:%B %Y}"),
        (
            "Last day",
            f"{shift.until_date.day} {shift.until_date:%B %Y}" if shift.until_date else "None",
        ),
        ("Meeting point", f"{shift.meeting_point.name}, {ward.name if ward else shift.ward}"),
        ("Near", shift.near),
        ("How many may walk together", str(shift.capacity)),
    ]


def said_of(what: str, answer: Mapping[str, Any]) -> str:
    """What came of a change, in a sentence or two."""
    slots = answer["slots"]
    return f"The shift {what}: {slots['opened']} slots opened, {slots['withdrawn']} withdrawn."
