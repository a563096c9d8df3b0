"""What has become of a walk, in words for staff.

Invariant: who did something is a subject at the issuer, or the participant without her name.
"""

from collections.abc import Mapping
from datetime import datetime

from booking import domain
from booking.service import OneWalk
from shared.events.walks import (
    InternalWalk,
    NoShowRecorded,
    WalkAborted,
    WalkCancelled,
    WalkConfirmed,
    WalkDebriefed,
    WalkEnded,
    WalkOverdue,
    WalkOverdueCleared,
    WalkReassigned,
    WalkRescheduled,
    WalkStarted,
)
from shared.pages.words import people_date, people_time

PARTIES = {"participant": "the participant", "officer": "the officer", "force": "the force"}
CANCELLED = {
    "participant": "the participant cannot come",
    "force": "the force cannot make it",
    "weather": "weather",
    "safety": "safety",
}
ABORTED = {
    "participant": "the participant wished to",
    "incident": "an incident",
    "weather": "weather",
    "safety": "safety",
}


def in_words(seen: OneWalk) -> list[tuple[datetime, str]]:
    """Each thing that happened, with its time and, where it is kept, who did it."""
    lines = list[tuple[datetime, str]]()
    for at, fact in seen.told:
        if lines and isinstance(fact, WalkConfirmed):
            lines.append((at, "Not cancelled after all"))
            continue
        deed = _deed(seen.walk, fact)
        by = f", by {deed.by}" if deed else ""
        late = ", heard of later" if deed and deed.late else ""
        lines.append((at, f"{_said(fact)}{by}{late}"))
    return lines


def _deed(walk: domain.Walk, fact: InternalWalk) -> domain.Deed | None:
    """Which member of staff did it; a participant's own deeds say so themselves."""
    match fact:
        case WalkStarted():
            return walk.started
        case WalkEnded() | WalkAborted():
            return walk.ended
        case WalkCancelled():
            return walk.cancelled if fact.initiator != "participant" else None
        case NoShowRecorded():
            return walk.missed
        case WalkDebriefed():
            return walk.debriefed
        case _:
            return None


def _said(fact: InternalWalk) -> str:
    match fact:
        case WalkRescheduled() if fact.shortened:
            return f"Shortened to end at {people_time(fact.ends_at)}: {ABORTED[fact.shortened]}"
        case WalkRescheduled():
            plan = f"{people_date(fact.old_starts_at)}, to {people_date(fact.starts_at)}"
            return f"Moved by {PARTIES[fact.initiator]} from {plan}"
        case WalkCancelled() | WalkAborted():
            return _why(fact)
        case NoShowRecorded():
            return f"Did not take place: {PARTIES[fact.party]} did not come"
        case WalkOverdue():
            return f"Overdue: not {fact.missing}ed by {people_date(fact.due_at)}"
        case _:
            by_staff = isinstance(fact, WalkConfirmed) and fact.source == "assisted"
            return BOOKED_BY_STAFF if by_staff else PLAIN[type(fact)]


def _why(fact: WalkCancelled | WalkAborted) -> str:
    if isinstance(fact, WalkCancelled):
        return f"Cancelled: {CANCELLED[fact.initiator]}"
    return f"Broken off: {ABORTED[fact.reason]}"


BOOKED_BY_STAFF = "Booked by staff, for somebody who asked them"
PLAIN: Mapping[type[InternalWalk], str] = {
    WalkConfirmed: "Booked",
    WalkReassigned: "Given to another officer",
    WalkStarted: "Started",
    WalkEnded: "Ended",
    WalkDebriefed: "All that was said is written down",
    WalkOverdueCleared: "Overdue no longer",
}
