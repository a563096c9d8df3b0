"""What notifications says about alerts: that somebody at the force must act, and whether one has.

Invariant: no name of whoever acted, and nothing about the walk but its id and ward.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.events.base import Fact, WardRef

INTERNAL = "internal.notifications.alerts.v1"

Rung = Literal["supervisor", "control_room"]


class _Alert(Fact):
    """What every event of an alert repeats."""

    topic = INTERNAL

    code: Literal["walk_overdue"]
    walk_id: UUID
    ward: WardRef
    rung: Rung


class AlertRaised(_Alert):
    """Somebody at the force must act."""

    type = "alert.raised.v1"
    due_at: datetime


class AlertEscalated(_Alert):
    """Nobody acknowledged in time: the next rung is alerted."""

    type = "alert.escalated.v1"
    elapsed_seconds: int


class AlertAcknowledged(_Alert):
    """A named person has taken it on."""

    type = "alert.acknowledged.v1"
    elapsed_seconds: int


FACTS: tuple[type[Fact], ...] = (AlertRaised, AlertEscalated, AlertAcknowledged)
