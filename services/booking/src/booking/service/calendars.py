"""Walks as iCalendar (RFC 5545): a file for whoever walks, and a list for whom the officer's calendar asks.

Invariant: a walk has the same UID for ever, and its SEQUENCE is the walk's own; no participant and no link
is in any of it, and where the title is neutral nothing says what the appointment is for, where or with whom.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Literal

from icalendar import Calendar, Event, Timezone

from booking import domain

Title = Literal["neutral", "plain"]

NEUTRAL = "Appointment"
# Programs show it nowhere, and whoever opens the file may read it: it names no scheme.
PRODUCER = "-//Appointments//1//EN"
# RFC 5546 asks for an organiser of what is published; nobody is to be written to.
NOBODY = "invalid:nomail"
STATUS = {domain.State.HELD: "TENTATIVE", domain.State.CANCELLED: "CANCELLED"}


def walk_file(walk: domain.Walk, title: Title, at: datetime) -> bytes:
    """One walk for her own calendar, as it is at a time; a later file of it takes the place of this one."""
    event = _event(walk, at, NEUTRAL if title == "neutral" else "Walk and Talk")
    event.add("organizer", NOBODY)
    if title == "plain":
        event.add("location", f"{walk.meeting_point.name}, near {walk.near}")
        officer = walk.officer
        said = f"With {officer.display_name}, telephone {officer.force_phone}."
        event.add("description", f"{said} Reference {walk.reference}.")
    cancelled = walk.state is domain.State.CANCELLED
    return _calendar([walk], [event], method="CANCEL" if cancelled else "PUBLISH")


def officer_feed(walks: Sequence[domain.Walk], at: datetime) -> bytes:
    """An officer's walks by reference and meeting point."""
    events: list[Event] = []
    for walk in walks:
        event = _event(walk, at, f"Walk {walk.reference}")
        event.add("location", f"{walk.meeting_point.name}, near {walk.near}")
        events.append(event)
    return _calendar(walks, events)


def _calendar(
    walks: Sequence[domain.Walk], events: Sequence[Event], *, method: str | None = None
) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", PRODUCER)
    calendar.add("version", "2.0")
    if method:
        calendar.add("method", method)
    if walks:
        calendar.add_component(_london(walks))
    for event in events:
        calendar.add_component(event)
    return calendar.to_ical()


def _london(walks: Sequence[domain.Walk]) -> Timezone:
    """London's clocks, from the year before the first walk to the year after the last."""
    years = [walk.times.local_date.year for walk in walks]
    first, last = date(min(years) - 1, 1, 1), date(max(years) + 1, 12, 31)
    return Timezone.from_tzid(domain.LONDON.key, first_date=first, last_date=last)


def _event(walk: domain.Walk, at: datetime, summary: str) -> Event:
    event = Event()
    event.add("uid", str(walk.id))
    event.add("sequence", walk.sequence)
    event.add("dtstamp", at.astimezone(UTC))
    start, end = _edges(walk.times)
    event.add("dtstart", start)
    event.add("dtend", end)
    event.add("status", STATUS.get(walk.state, "CONFIRMED"))
    event.add("class", "PRIVATE")
    event.add("summary", summary)
    return event


def _edges(times: domain.Times) -> tuple[datetime, datetime]:
    """Start and end on London's clocks; in UTC where one of them lies in the hour that comes twice.

    Such a wall time is the first of the two by RFC 5545 (3.3.5) and the second to some programs.
    """
    instants = times.starts_at.astimezone(UTC), times.ends_at.astimezone(UTC)
    start, end = (at.astimezone(domain.LONDON) for at in instants)
    twice = any(len(domain.readings(at.date(), at.time())) > 1 for at in (start, end))
    return instants if twice else (start, end)
