"""A walk and its life: held -> confirmed -> started -> ended, or cancelled. ``changes`` has the rest.
A held walk is its offer's or its form's alone: it is confirmed, or it goes, and nobody has been told of it.

Overdue is a mark beside the state, set when a confirmed walk was not started or a started one not ended
by its time and the team's grace (``overdue``), and cleared by whatever happens next.
Invariant: every change is a function from a walk to a new walk and the facts that tell of it; a change
that the state or the hour does not allow raises and yields neither.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from booking.domain import facts
from booking.domain.facts import Facts, Telling
from booking.domain.refusals import TooEarly, TooLate, WalkAhead, WrongState
from booking.domain.slots import (
    MeetingPoint,
    Slot,
    SlotState,
    Ward,
    require_bookable,
)
from booking.domain.teams import Officer, Policy
from booking.domain.times import Times
from shared.events.walks import Aborted, Initiator, Party, Source
from shared.phrases import marked

START_WINDOW = timedelta(minutes=60)
KEPT_AFTER_END = timedelta(days=28)
PASSED = marked("The walk's start has passed. Please call the number on this page instead.")

Missing = Literal["start", "end"]


class State(StrEnum):
    """Where a walk stands. ``held`` is a place kept for somebody who has not said yes yet.

    ``closed``: debriefed, and its participant's time is over; nothing is left to be done or known.
    """

    HELD = "held"
    CONFIRMED = "confirmed"
    STARTED = "started"
    ENDED = "ended"
    ABORTED = "aborted"
    DEBRIEFED = "debriefed"
    CLOSED = "closed"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Deed:
    """Who did something, and when. ``by`` is a subject at the issuer, or ``participant``.

    ``late``: it was heard of later than it was done.
    """

    at: datetime
    by: str
    late: bool = False


@dataclass(frozen=True, slots=True)
class Overdue:
    """What should have happened by ``due_at`` and has not, and since when somebody has taken the alarm on."""

    due_at: datetime
    missing: Missing
    acknowledged_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What notifications must hear of an overdue walk; ``event_id`` is that of the event, too."""

    event_id: UUID
    walk_id: UUID
    ward_code: str
    ward_set: str
    due_at: datetime
    missing: Missing


@dataclass(frozen=True, slots=True)
class Walk:
    """A booked patrol.

    ``sequence`` counts the changes of what she was promised (time, place, who, cancelled), as iCalendar
    does (RFC 5545, 3.8.7.4); ``version`` counts every change. ``link_generation`` is part of what her
    manage link signs: raising it revokes the links given out before. ``companions`` come with her, who take
    places as she does and are known by nothing but their number.
    """

    id: UUID
    shared_id: UUID
    reference: str
    slot_id: UUID
    officer: Officer
    ward: Ward
    near: str
    meeting_point: MeetingPoint
    times: Times
    after_dark: bool
    start_due_at: datetime
    end_due_at: datetime
    confirmed_at: datetime | None
    state: State = State.CONFIRMED
    version: int = 1
    sequence: int = 0
    link_generation: int = 1
    started: Deed | None = None
    ended: Deed | None = None
    cancelled: Deed | None = None
    initiator: Initiator | None = None
    abort_reason: Aborted | None = None
    missed: Deed | None = None
    missing_party: Party | None = None
    debriefed: Deed | None = None
    overdue: Overdue | None = None
    concern_count: int = 0
    held_until: datetime | None = None
    companions: int = 0

    @property
    def kept_until(self) -> datetime:
        """Until when her details are kept and her manage link works."""
        return self.times.ends_at + KEPT_AFTER_END


@dataclass(frozen=True, slots=True)
class NewWalk:
    """The ids of a walk that is about to be."""

    id: UUID
    shared_id: UUID
    reference: str


def book(
    slot: Slot,
    policy: Policy,
    ids: NewWalk,
    telling: Telling,
    *,
    asked_at: datetime | None = None,
    source: Source | None = None,
    companions: int = 0,
) -> tuple[Walk, Facts]:
    """The walk that a slot becomes, for a wish of ``asked_at`` or chosen by ``source``. Raises SlotTaken."""
    require_bookable(slot, policy, at=telling.at)
    walk = Walk(
        id=ids.id,
        shared_id=ids.shared_id,
        reference=ids.reference,
        slot_id=slot.id,
        officer=slot.officer,
        ward=slot.ward,
        near=slot.near,
        meeting_point=slot.meeting_point,
        times=slot.times,
        after_dark=slot.after_dark,
        start_due_at=slot.times.starts_at + policy.grace,
        end_due_at=slot.times.ends_at + policy.grace,
        confirmed_at=telling.at,
        companions=companions,
    )
    return walk, facts.confirmed(walk, telling, asked_at, source)


def start(walk: Walk, deed: Deed, telling: Telling) -> tuple[Walk, Facts]:
    """The walk under way: from 60 minutes before its time until its end."""
    require(walk, State.CONFIRMED)
    if deed.at < walk.times.starts_at - START_WINDOW:
        raise TooEarly
    if deed.at >= walk.times.ends_at:
        raise TooLate("The walk's time is over: it can no longer be started.")
    after = changed(walk, state=State.STARTED, started=deed)
    return after, facts.started(after, deed.at, telling) + cleared(walk, telling.at)


def end(walk: Walk, deed: Deed, telling: Telling) -> tuple[Walk, Facts]:
    """The walk over, and both accounted for; never before it was started."""
    require(walk, State.STARTED)
    deed = not_before(deed, walk.started)
    after = changed(walk, state=State.ENDED, ended=deed)
    return after, facts.ended(after, deed.at, telling) + cleared(walk, telling.at)


def cancel(walk: Walk, by: str, initiator: Initiator, telling: Telling) -> tuple[Walk, Facts]:
    """The walk called off.

    A participant may until its start: after that an alarm may be waiting for it, which must not fall
    silent because somebody has her phone.
    """
    require(walk, State.CONFIRMED)
    if initiator == "participant" and telling.at >= walk.times.starts_at:
        raise TooLate(PASSED)
    after = changed(
        walk,
        state=State.CANCELLED,
        cancelled=Deed(telling.at, by),
        initiator=initiator,
        sequence=walk.sequence + 1,
    )
    return after, facts.cancelled(after, initiator, telling) + cleared(walk, telling.at)


def slot_after_cancel(initiator: Initiator) -> SlotState:
    """What becomes of a cancelled walk's slot: open again only when it was she who could not."""
    return SlotState.OPEN if initiator == "participant" else SlotState.WITHDRAWN


def revoke_link(walk: Walk) -> Walk:
    """The walk with every manage link given out so far made void."""
    return replace(walk, link_generation=walk.link_generation + 1, version=walk.version + 1)


def require_over(states: Iterable[State]) -> None:
    """Raise WalkAhead while one of somebody's walks has not come to its end."""
    if not {State.HELD, State.CONFIRMED, State.STARTED}.isdisjoint(states):
        raise WalkAhead


def require(walk: Walk, *states: State) -> None:
    """Raise WrongState unless the walk is in one of the states."""
    if walk.state not in states:
        raise WrongState(
            f"The walk is {walk.state}: this cannot be done now.", state=walk.state.value
        )


def not_before(deed: Deed, earlier: Deed | None) -> Deed:
    """A deed that cannot have been done before another: clocks of telephones differ."""
    return replace(deed, at=max(deed.at, earlier.at)) if earlier else deed


def changed(walk: Walk, **changes: Any) -> Walk:
    """The walk after something happened to it; whatever it was, it clears an overdue mark."""
    return replace(walk, overdue=None, version=walk.version + 1, **changes)


def cleared(before: Walk, at: datetime) -> Facts:
    """That the walk is overdue no longer, where it was."""
    return (facts.overdue_cleared(before, before.overdue, at),) if before.overdue else ()
