"""When a walk is overdue, and whose it is to act: grace (its officer) -> supervisor -> control room.

Invariant: the level follows from the walk's times, the hour, and when somebody took the alarm on; nothing is
counted up, so that neither a restart nor a late worker loses a step.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from booking.domain import facts
from booking.domain.walks import Overdue, State, Walk
from shared.events import Outgoing
from shared.events.walks import Level

# As notifications' ladder climbs by default: what staff read here is what was told there.
CONTROL_ROOM_AFTER = timedelta(minutes=5)


def mark_overdue(walk: Walk, at: datetime) -> tuple[Walk, Overdue, Outgoing] | None:
    """The walk marked, its mark, and the fact of it; None when it is not overdue or marked already."""
    due = _due(walk)
    if due is None or walk.overdue is not None or at < due.due_at:
        return None
    after = replace(walk, overdue=due, version=walk.version + 1)
    return after, due, facts.overdue(after, due, _alarmed(due, at), at)


def level(walk: Walk, at: datetime) -> Level | None:
    """Whose it is to act now; None while nothing is late.

    Until the grace is over it is the officer's: the alarm has not been raised. Then it climbs, until
    somebody has taken it on; there it stays.
    """
    due, planned = walk.overdue or _due(walk), _planned(walk)
    if due is not None and at >= due.due_at:
        return _alarmed(due, min(due.acknowledged_at or at, at))
    return "officer" if planned is not None and at >= planned else None


def _alarmed(due: Overdue, at: datetime) -> Level:
    return "control_room" if at >= due.due_at + CONTROL_ROOM_AFTER else "supervisor"


def _planned(walk: Walk) -> datetime | None:
    """When what comes next was promised for."""
    return {State.CONFIRMED: walk.times.starts_at, State.STARTED: walk.times.ends_at}.get(
        walk.state
    )


def _due(walk: Walk) -> Overdue | None:
    """What must have happened, and by when; None where nobody waits for anything."""
    return {
        State.CONFIRMED: Overdue(walk.start_due_at, "start"),
        State.STARTED: Overdue(walk.end_due_at, "end"),
    }.get(walk.state)
