"""What a walk's changes say to the others, on both tiers.

Invariant: the shared tier is keyed by the walk's own shared id, carries the planned date and band and
nothing finer, and is never told that a walk is overdue.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from shared.bands import Band, band_of
from shared.events import Outgoing, WardRef, internal, shared_at_once, shared_later
from shared.events.walks import (
    Aborted,
    Initiator,
    Level,
    NoShowRecorded,
    Party,
    Reassigned,
    SharedNoShowRecorded,
    SharedWalkAborted,
    SharedWalkCancelled,
    SharedWalkConfirmed,
    SharedWalkEnded,
    SharedWalkRescheduled,
    SharedWalkStarted,
    Shortened,
    Source,
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

if TYPE_CHECKING:
    from booking.domain.walks import Overdue, Walk

Facts = tuple[Outgoing, ...]


@dataclass(frozen=True, slots=True)
class Telling:
    """When something happened, and how long after its band the shared tier waits to tell of it."""

    at: datetime
    wait: timedelta


def confirmed(
    walk: "Walk",
    telling: Telling,
    asked_at: datetime | None = None,
    source: Source | None = None,
) -> Facts:
    """A walk was confirmed: for a wish of ``asked_at``, or of a slot that ``source`` chose."""
    role = walk.officer.role
    waited = None if asked_at is None else (telling.at - asked_at) // timedelta(hours=1)
    fact = WalkConfirmed(**_plan(walk), officer_role=role, waited_hours=waited, source=source)
    return (
        _internal(fact, walk, telling),
        shared_at_once(
            SharedWalkConfirmed(**_shared_plan(walk), officer_role=role),
            walk.shared_id,
            band=_band(walk),
            at=telling.at,
            wait=telling.wait,
        ),
    )


def cancelled(walk: "Walk", initiator: Initiator, telling: Telling) -> Facts:
    """A walk was cancelled; ``notice_hours`` is how long before its start, 0 when after."""
    notice = _notice_hours(walk, telling.at)
    fact = WalkCancelled(**_plan(walk), initiator=initiator, notice_hours=notice)
    return (
        _internal(fact, walk, telling),
        shared_at_once(
            SharedWalkCancelled(**_shared_plan(walk)),
            walk.shared_id,
            band=_band(walk),
            at=telling.at,
            wait=telling.wait,
        ),
    )


def started(walk: "Walk", at: datetime, telling: Telling) -> Facts:
    """A walk was started at an instant, of which we may hear later."""
    return (
        _internal(WalkStarted(**_plan(walk), at=at), walk, telling),
        _later(SharedWalkStarted(**_shared_plan(walk)), walk, telling),
    )


def ended(walk: "Walk", at: datetime, telling: Telling) -> Facts:
    """A walk was ended at an instant, of which we may hear later."""
    return (
        _internal(WalkEnded(**_plan(walk), at=at), walk, telling),
        _later(SharedWalkEnded(**_shared_plan(walk)), walk, telling),
    )


def aborted(walk: "Walk", at: datetime, reason: Aborted, telling: Telling) -> Facts:
    """A walk was broken off."""
    return (
        _internal(WalkAborted(**_plan(walk), at=at, reason=reason), walk, telling),
        _later(SharedWalkAborted(**_shared_plan(walk)), walk, telling),
    )


def no_show(walk: "Walk", party: Party, telling: Telling) -> Facts:
    """One side did not come."""
    return (
        _internal(NoShowRecorded(**_plan(walk), party=party), walk, telling),
        _later(SharedNoShowRecorded(**_shared_plan(walk), party=party), walk, telling),
    )


def debriefed(walk: "Walk", telling: Telling) -> Facts:
    """What was said has been written down. For the four services only."""
    fact = WalkDebriefed(**_plan(walk), concern_count=walk.concern_count, survey_invited=False)
    return (_internal(fact, walk, telling),)


def rescheduled(
    walk: "Walk",
    before: "Walk",
    initiator: Literal["participant", "force"],
    telling: Telling,
    shortened: Shortened | None = None,
) -> Facts:
    """A walk has other times, or only a sooner end (``shortened``: why).

    The shared tier is told at once only while neither band has begun.
    """
    old = _band(before)
    fact = WalkRescheduled(
        **_plan(walk),
        old_starts_at=before.times.starts_at,
        old_ends_at=before.times.ends_at,
        initiator=initiator,
        shortened=shortened,
    )
    if shortened:  # to others, who know a date and a band, nothing has changed
        return (_internal(fact, walk, telling),)
    told = SharedWalkRescheduled(**_shared_plan(walk), old_local_date=old.date, old_band=old.label)
    tell = shared_at_once if telling.at < old.starts_at else shared_later
    return (
        _internal(fact, walk, telling),
        tell(told, walk.shared_id, band=_band(walk), at=telling.at, wait=telling.wait),
    )


def reassigned(walk: "Walk", reason: Reassigned, telling: Telling) -> Facts:
    """Another officer comes. For the four services only: to others nothing has changed."""
    fact = WalkReassigned(
        **_plan(walk),
        reason=reason,
        officer_role=walk.officer.role,
        notice_hours=_notice_hours(walk, telling.at),
    )
    return (_internal(fact, walk, telling),)


def overdue(walk: "Walk", mark: "Overdue", level: Level, at: datetime) -> Outgoing:
    """A walk is overdue. For the four services only."""
    fact = WalkOverdue(**_plan(walk), due_at=mark.due_at, missing=mark.missing, level=level)
    return internal(fact, walk.id, at=at)


def overdue_cleared(walk: "Walk", mark: "Overdue", at: datetime) -> Outgoing:
    """A walk is overdue no longer. For the four services only."""
    return internal(WalkOverdueCleared(**_plan(walk), due_at=mark.due_at, at=at), walk.id, at=at)


def _notice_hours(walk: "Walk", at: datetime) -> float:
    """How long before the walk's start; 0 when after."""
    return round(max(walk.times.starts_at - at, timedelta()) / timedelta(hours=1), 1)


def _internal(fact: Any, walk: "Walk", telling: Telling) -> Outgoing:
    return internal(fact, walk.id, at=telling.at)


def _later(fact: Any, walk: "Walk", telling: Telling) -> Outgoing:
    key: UUID = walk.shared_id
    return shared_later(fact, key, band=_band(walk), at=telling.at, wait=telling.wait)


def _band(walk: "Walk") -> Band:
    return band_of(walk.times.starts_at)


def _plan(walk: "Walk") -> dict[str, Any]:
    return {
        "ward": WardRef(code=walk.ward.code, set=walk.ward.set),
        "starts_at": walk.times.starts_at,
        "ends_at": walk.times.ends_at,
        "local_date": walk.times.local_date,
        "light": "dark" if walk.after_dark else "day",
    }


def _shared_plan(walk: "Walk") -> dict[str, Any]:
    band = _band(walk)
    return {
        "ward": WardRef(code=walk.ward.code, set=walk.ward.set),
        "local_date": band.date,
        "band": band.label,
    }
