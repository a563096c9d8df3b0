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


class _Walk(Fact):
    """What every internal event of a walk repeats, so that no reader needs to have kept it."""

    topic = INTERNAL

    ward: WardRef
    starts_at: datetime
    ends_at: datetime
    local_date: date
    light: Light


class WalkConfirmed(_Walk):
    """A woman has a walk: time, place and officer are settled."""

    type = "walk.confirmed.v1"
    officer_role: OfficerRole


class WalkCancelled(_Walk):
    """A walk will not take place."""

    type = "walk.cancelled.v1"
    initiator: Initiator
    notice_hours: float


class WalkStarted(_Walk):
    """The officer and the participant have set off."""

    type = "walk.started.v1"
    at: datetime


class WalkEnded(_Walk):
    """The walk is over and both are accounted for."""

    type = "walk.ended.v1"
    at: datetime


class WalkOverdue(_Walk):
    """A walk was not started, or not ended, by its time and grace."""

    type = "walk.overdue.v1"
    due_at: datetime
    missing: Literal["start", "end"]


class WalkOverdueCleared(_Walk):
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


class SharedWalkStarted(_SharedWalk):
    """A planned walk took place."""

    type = "walk.started.v1"


class SharedWalkEnded(_SharedWalk):
    """A walk is over."""

    type = "walk.ended.v1"


FACTS: tuple[type[Fact], ...] = (
    WalkConfirmed,
    WalkCancelled,
    WalkStarted,
    WalkEnded,
    WalkOverdue,
    WalkOverdueCleared,
    SharedWalkConfirmed,
    SharedWalkCancelled,
    SharedWalkStarted,
    SharedWalkEnded,
)
