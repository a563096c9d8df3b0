"""What booking says about walks, to the four services and to other police systems.

Invariant: no name, contact, free text, exact point, officer's number or participant's id; on the
shared topic no time finer than the planned date and band.
"""

from datetime import date, datetime
from typing import Literal

from shared.bands import BandLabel
from shared.events.base import Fact, WardRef

INTERNAL = "internal.booking.walks.v1"
SHARED = "shared.walks.v1"

Light = Literal["day", "dark"]
OfficerRole = Literal["PC", "PCSO"]
Initiator = Literal["participant", "force", "weather", "safety"]
# Why another officer walks; never why the first one cannot.
Reassigned = Literal["unavailable", "asked_for"]
Aborted = Literal["incident", "weather", "participant", "safety"]
# Why a walk that has not begun is to be shorter than promised.
Shortened = Literal["incident", "weather", "participant", "safety"]
Party = Literal["participant", "officer"]
Source = Literal["online", "assisted"]
# Whose it is to act on a walk that is late.
Level = Literal["officer", "supervisor", "control_room"]


class InternalWalk(Fact):
    """What every internal event of a walk repeats, so that no reader needs to have kept it."""

    topic = INTERNAL

    ward: WardRef
    starts_at: datetime
    ends_at: datetime
    local_date: date
    light: Light


class WalkConfirmed(InternalWalk):
    """A woman has a walk: time, place and officer are settled.

    ``waited_hours``: how many whole hours before it she asked for one that suits; None: she chose a slot
    herself. ``source``: who chose it, she (``online``) or staff for her; None: it came of a wish, is not
    cancelled after all, or was said before there was a source.
    """

    type = "walk.confirmed.v1"
    officer_role: OfficerRole
    waited_hours: int | None = None
    source: Source | None = None


class WalkCancelled(InternalWalk):
    """A walk will not take place."""

    type = "walk.cancelled.v1"
    initiator: Initiator
    notice_hours: float


class WalkRescheduled(InternalWalk):
    """A walk keeps its officer's promise at another time: these are the new times, and the old.

    ``shortened``: it only ends sooner, and why; None: it was moved.
    """

    type = "walk.rescheduled.v1"
    old_starts_at: datetime
    old_ends_at: datetime
    initiator: Literal["participant", "force"]
    shortened: Shortened | None = None


class WalkReassigned(InternalWalk):
    """Another officer comes to the same walk."""

    type = "walk.reassigned.v1"
    reason: Reassigned
    officer_role: OfficerRole
    notice_hours: float


class WalkStarted(InternalWalk):
    """The officer and the participant have set off."""

    type = "walk.started.v1"
    at: datetime


class WalkEnded(InternalWalk):
    """The walk is over and both are accounted for."""

    type = "walk.ended.v1"
    at: datetime


class WalkAborted(InternalWalk):
    """A walk that had been started was broken off, and both are accounted for."""

    type = "walk.aborted.v1"
    at: datetime
    reason: Aborted


class NoShowRecorded(InternalWalk):
    """One side did not come to the meeting point."""

    type = "walk.no_show_recorded.v1"
    party: Party


class WalkDebriefed(InternalWalk):
    """What was said on a walk has been written down."""

    type = "walk.debriefed.v1"
    concern_count: int
    survey_invited: bool


class WalkOverdue(InternalWalk):
    """A walk was not started, or not ended, by its time and grace.

    ``level``: whose it was to act when this was found; ``control_room`` where it was found late. None:
    said before levels were.
    """

    type = "walk.overdue.v1"
    due_at: datetime
    missing: Literal["start", "end"]
    level: Level | None = None


class WalkOverdueCleared(InternalWalk):
    """An overdue walk was started or ended after all, or cancelled."""

    type = "walk.overdue_cleared.v1"
    due_at: datetime
    at: datetime


class _SharedWalk(Fact):
    """What other systems may know of any walk: where roughly, and on which evening."""

    topic = SHARED

    ward: WardRef
    local_date: date
    band: BandLabel


class SharedWalkConfirmed(_SharedWalk):
    """A walk is planned in this ward, date and band."""

    type = "walk.confirmed.v1"
    officer_role: OfficerRole


class SharedWalkCancelled(_SharedWalk):
    """A planned walk will not take place."""

    type = "walk.cancelled.v1"


class SharedWalkRescheduled(_SharedWalk):
    """A planned walk is to take place in this date and band, and no longer in the old ones."""

    type = "walk.rescheduled.v1"
    old_local_date: date
    old_band: BandLabel


class SharedWalkStarted(_SharedWalk):
    """A planned walk took place."""

    type = "walk.started.v1"


class SharedWalkEnded(_SharedWalk):
    """A walk is over."""

    type = "walk.ended.v1"


class SharedWalkAborted(_SharedWalk):
    """A walk was broken off."""

    type = "walk.aborted.v1"


class SharedNoShowRecorded(_SharedWalk):
    """A planned walk did not take place, because one side did not come."""

    type = "walk.no_show_recorded.v1"
    party: Party


FACTS: tuple[type[Fact], ...] = (
    WalkConfirmed,
    WalkRescheduled,
    WalkReassigned,
    WalkCancelled,
    WalkStarted,
    WalkEnded,
    WalkAborted,
    NoShowRecorded,
    WalkDebriefed,
    WalkOverdue,
    WalkOverdueCleared,
    SharedWalkConfirmed,
    SharedWalkRescheduled,
    SharedWalkCancelled,
    SharedWalkStarted,
    SharedWalkEnded,
    SharedWalkAborted,
    SharedNoShowRecorded,
)
