"""Wishes for a walk: where, at which hours, with whom; and the line in which they wait.

asked -> offered -> confirmed; or waitlisted until a slot fits, and offered then. A wish ends as confirmed,
withdrawn by her, or closed when nobody could be found in time.
Invariant: the line is by priority, then by the hour of asking, and a place in it is never lost by an offer
that came to nothing; who she needs is never relaxed here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from booking.domain.facts import Facts
from booking.domain.matching import Candidate, Needs, lacking, lacks
from booking.domain.refusals import RequestOver, WalkAhead
from booking.domain.times import Times
from shared.bands import LABELS, BandLabel
from shared.events import WardRef, internal
from shared.events.requests import RequestWaitlisted, RequestWithdrawn, WalkRequested

WAITS_AT_MOST = timedelta(weeks=8)
KEPT_AFTER_CLOSE = timedelta(days=28)
ALERT_AFTER = timedelta(days=3)
FEW = 4
# A wish's link is not revoked: it ends with the wish.
LINK_GENERATION = 1
DAY_MINUTES = 24 * 60
BAND_MINUTES = 4 * 60

Lightness = Literal["dark", "day", "any"]
Reason = Literal["no_slot", "no_woman", "needs", "declined", "expired"]


class RequestState(StrEnum):
    """Where a wish stands."""

    ASKED = "asked"
    OFFERED = "offered"
    WAITLISTED = "waitlisted"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


WAITING = frozenset({RequestState.ASKED, RequestState.WAITLISTED})
OPEN = WAITING | {RequestState.OFFERED}


@dataclass(frozen=True, slots=True)
class WishedHours:
    """Weekdays (1 is Monday), and wall times that hold the walk; ``until`` 00:00 is the day's end."""

    days: tuple[int, ...]
    since: time
    until: time

    @property
    def minutes(self) -> tuple[int, int]:
        """Both ends, in minutes of the day."""
        return _minutes(self.since), _minutes(self.until) or DAY_MINUTES

    def hold(self, times: Times) -> bool:
        """Whether all of a walk lies within them."""
        first, last = self.minutes
        begins, ends = _minutes(times.local_from), _minutes(times.local_to)
        ends += DAY_MINUTES if ends <= begins else 0
        return times.local_date.isoweekday() in self.days and first <= begins and ends <= last


@dataclass(frozen=True, slots=True)
class Request:
    """A wish. ``wards`` are codes of ``ward_set``, ``needs`` codes; who she is lies elsewhere, sealed.

    ``priority``: she was let down before, and comes first. ``reason`` is why she waits. ``companions`` come
    with her.
    """

    id: UUID
    reference: str
    wards: tuple[str, ...]
    ward_set: str
    hours: tuple[WishedHours, ...]
    asked_at: datetime
    light: Lightness = "any"
    officer_sex: Literal["female"] | None = None
    language: str | None = None
    needs: tuple[str, ...] = ()
    priority: bool = False
    state: RequestState = RequestState.ASKED
    reason: Reason | None = None
    closed_at: datetime | None = None
    companions: int = 0

    @property
    def kept_until(self) -> datetime | None:
        """Until when her details are kept and her link works; None: while it is open."""
        return self.closed_at + KEPT_AFTER_CLOSE if self.closed_at else None

    @property
    def to_be_met(self) -> Needs:
        """What a slot and its officer must bring."""
        return Needs(
            officer_sex=self.officer_sex,
            language=self.language,
            skills=self.needs,
            wards=self.wards,
            dark=None if self.light == "any" else self.light == "dark",
            companions=self.companions,
        )

    def suits(self, times: Times) -> bool:
        """Whether a walk at that time lies within hours of hers."""
        return any(hours.hold(times) for hours in self.hours)

    @property
    def answer_by(self) -> datetime:
        """By when she has a walk, or is told that none was found."""
        return self.asked_at + WAITS_AT_MOST

    @property
    def attention_at(self) -> datetime:
        """From when on a coordinator should look at it, if it is still open."""
        return self.asked_at + ALERT_AFTER

    def waits_too_long(self, at: datetime) -> bool:
        """Whether a coordinator should look at it: it has been open for days."""
        return self.state in OPEN and at >= self.attention_at


def ask(request: Request, source: Literal["online", "assisted"] = "online") -> Facts:
    """What is told of a new wish, made by her or by somebody at the force for her."""
    return told(
        WalkRequested,
        request,
        request.asked_at,
        mode="preference",
        bands=bands_of(request.hours),
        light=None if request.light == "any" else request.light,
        has_needs=bool(request.needs or request.language or request.officer_sex),
        source=source,
        attention_at=request.attention_at,
    )


def waitlist(request: Request, reason: Reason, ahead: int, at: datetime) -> tuple[Request, Facts]:
    """The wish in the line, ``ahead`` of it so many that ask for a ward of hers."""
    how_many = "none" if ahead == 0 else "few" if ahead <= FEW else "many"
    facts = told(RequestWaitlisted, request, at, reason=reason, ahead=how_many)
    return replace(request, state=RequestState.WAITLISTED, reason=reason), facts


def withdraw(
    request: Request, reason: Literal["participant", "coordinator", "too_late"], at: datetime
) -> tuple[Request, Facts]:
    """The wish given up, by her or because its time is over. Raises RequestOver."""
    require_open(request)
    state = RequestState.CLOSED if reason == "too_late" else RequestState.WITHDRAWN
    after = replace(request, state=state, reason=None, closed_at=at)
    return after, told(RequestWithdrawn, request, at, reason=reason)


def require_open(request: Request) -> None:
    """Raise RequestOver when nothing more can come of a wish."""
    if request.state not in OPEN:
        raise RequestOver(state=request.state.value)


def require_all_over(states: Iterable[RequestState]) -> None:
    """Raise WalkAhead while one of somebody's wishes is open."""
    if not OPEN.isdisjoint(states):
        raise WalkAhead("A wish of hers is open: let her withdraw it, then erase her.")


def why_none(request: Request, candidates: Sequence[Candidate], before: Reason | None) -> Reason:
    """Why no slot is offered: none there, none with what she needs, or it was offered ``before``."""
    needs = request.to_be_met
    there = [
        lacks(each.traits, needs)
        for each in candidates
        if not {"ward", "light", "room"} & set(lacking(each, needs))
        and request.suits(each.slot.times)
    ]
    if () in there:
        return before or "no_slot"
    if not there:
        return "no_slot"
    # The rule that stands in the way of all others being met is named: it is not relaxed.
    return "no_woman" if ("sex",) in there or all("sex" in each for each in there) else "needs"


def bands_of(hours: Sequence[WishedHours]) -> list[BandLabel]:
    """The bands of the day that some hours touch."""
    return [
        label
        for hour, label in LABELS.items()
        if any(
            each.minutes[0] < hour * 60 + BAND_MINUTES and hour * 60 < each.minutes[1]
            for each in hours
        )
    ]


def told(fact: Any, request: Request, at: datetime, **said: Any) -> Facts:
    """A fact of a wish, for the four services only."""
    wards = [WardRef(code=code, set=request.ward_set) for code in request.wards]
    return (internal(fact(wards=wards, **said), request.id, at=at),)


def _minutes(wall: time) -> int:
    return wall.hour * 60 + wall.minute
