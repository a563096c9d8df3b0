"""An alert and its ladder: somebody must act, and the next is told until one says "I have it".

Invariant: an alert is acknowledged at most once, by one named person; it climbs only while nobody
has acknowledged it and its cause has not gone away; and no fact about it names anybody.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from shared.errors import Conflict
from shared.events import WardRef
from shared.events.alerts import AlertAcknowledged, AlertEscalated, AlertRaised, Rung

Missing = Literal["start", "end"]
State = Literal["raised", "escalated", "acknowledged", "cleared"]

CODE: Literal["walk_overdue"] = "walk_overdue"
FIRST_RUNG: Rung = "supervisor"
LAST_RUNG: Rung = "control_room"


class AlreadyAcknowledged(Conflict):
    """Somebody else has acknowledged this alert already."""

    slug = "already-acknowledged"


@dataclass(frozen=True, slots=True)
class Overdue:
    """What booking says: a walk was not started or not ended by ``due_at`` (time and grace)."""

    event_id: UUID
    walk_id: UUID
    ward: WardRef
    due_at: datetime
    missing: Missing


@dataclass(frozen=True, slots=True)
class Ladder:
    """How long after an alert is raised each rung is told."""

    supervisor_after: timedelta
    control_room_after: timedelta


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Who took an alert on, and when. ``subject`` is the person's id at the issuer."""

    subject: str
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert. ``climbs_at`` None: it stays on its rung."""

    id: UUID
    walk_id: UUID
    ward: WardRef
    due_at: datetime
    missing: Missing
    rung: Rung
    raised_at: datetime
    climbs_at: datetime | None
    escalated_at: datetime | None = None
    acknowledged: Acknowledgement | None = None
    cleared_at: datetime | None = None

    @property
    def state(self) -> State:
        """Acknowledged for good; cleared when its cause went away before anybody did."""
        if self.acknowledged:
            return "acknowledged"
        if self.cleared_at:
            return "cleared"
        return "escalated" if self.escalated_at else "raised"

    @property
    def is_open(self) -> bool:
        """Whether somebody must still act."""
        return self.state in ("raised", "escalated")


def raise_alert(
    overdue: Overdue, alert_id: UUID, ladder: Ladder, *, at: datetime
) -> tuple[Alert, AlertRaised]:
    """The alert that an overdue walk is, on the first rung, and the fact that says so."""
    alert = Alert(
        id=alert_id,
        walk_id=overdue.walk_id,
        ward=overdue.ward,
        due_at=overdue.due_at,
        missing=overdue.missing,
        rung=FIRST_RUNG,
        raised_at=at,
        climbs_at=at + ladder.control_room_after,
    )
    fact = AlertRaised(
        code=CODE,
        walk_id=alert.walk_id,
        ward=alert.ward,
        rung=alert.rung,
        due_at=alert.due_at,
    )
    return alert, fact


def climb(alert: Alert, *, at: datetime) -> tuple[Alert, AlertEscalated]:
    """The alert on the last rung. The caller has seen that it is due to climb."""
    climbed = replace(alert, rung=LAST_RUNG, escalated_at=at, climbs_at=None)
    fact = AlertEscalated(
        code=CODE,
        walk_id=alert.walk_id,
        ward=alert.ward,
        rung=climbed.rung,
        elapsed_seconds=_elapsed(alert, at),
    )
    return climbed, fact


def acknowledge(alert: Alert, by: Acknowledgement) -> tuple[Alert, AlertAcknowledged | None]:
    """The alert taken on by a named person; by the same person again, nothing new.

    Raises AlreadyAcknowledged, which says since when but not by whom.
    """
    if alert.acknowledged:
        if alert.acknowledged.subject == by.subject:
            return alert, None
        since = alert.acknowledged.at.isoformat()
        raise AlreadyAcknowledged(f"Already acknowledged, since {since}.", since=since)
    taken = replace(alert, acknowledged=by, climbs_at=None)
    fact = AlertAcknowledged(
        code=CODE,
        walk_id=alert.walk_id,
        ward=alert.ward,
        rung=alert.rung,
        elapsed_seconds=_elapsed(alert, by.at),
    )
    return taken, fact


def _elapsed(alert: Alert, at: datetime) -> int:
    return max(0, int((at - alert.raised_at).total_seconds()))
