"""Slots: a time and a place that an officer offers, and whether somebody may have them now.

Invariant: what the list offers and what a booking accepts are judged by the same policy; whether the
officer is free and a place is left is the database's to say, never ours.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from booking.domain.refusals import SlotTaken
from booking.domain.teams import Officer, Policy
from booking.domain.times import Times

# The shared tier may name the band in which a walk is planned because a walk is not longer than one.
LONGEST_MINUTES = 240


class SlotState(StrEnum):
    """Whether a slot is offered. Whether it has a place left is the database's to say."""

    OPEN = "open"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Ward:
    """A ward, with the name and the date of the boundary set that drew it."""

    code: str
    name: str
    set: str


@dataclass(frozen=True, slots=True)
class MeetingPoint:
    """Where they meet: told with the confirmation, never before. WGS84 degrees."""

    name: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Slot:
    """A time and a place that an officer offers, to ``capacity`` people, companions counted.

    ``officers`` are on it, she among them.
    """

    id: UUID
    officer: Officer
    ward: Ward
    near: str
    meeting_point: MeetingPoint
    times: Times
    after_dark: bool
    state: SlotState = SlotState.OPEN
    capacity: int = 1
    officers: int = 1


def require_bookable(slot: Slot, policy: Policy, *, at: datetime) -> None:
    """Raise SlotTaken unless the slot is open, far enough ahead, and within the horizon."""
    starts_at = slot.times.starts_at
    if (
        slot.state is not SlotState.OPEN
        or starts_at <= at
        or starts_at < at + policy.min_notice
        or starts_at > at + policy.horizon
    ):
        raise SlotTaken


def kept_free(times: Times, policy: Policy) -> tuple[datetime, datetime]:
    """The time that a walk takes of its officer: its own, the buffer on both sides, and the debrief."""
    return times.starts_at - policy.buffer, times.ends_at + policy.buffer + policy.debrief
