"""What a walk's changes say to the others, on both tiers.

Invariant: the shared tier is keyed by the walk's own shared id, carries the planned date and band and
nothing finer, and is never told that a walk is overdue.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from shared.bands import Band, band_of
from shared.events import Outgoing, WardRef, internal, shared_at_once, shared_later
from shared.events.walks import (
    Initiator,
    SharedWalkCancelled,
    SharedWalkConfirmed,
    SharedWalkEnded,
    SharedWalkStarted,
    WalkCancelled,
    WalkConfirmed,
    WalkEnded,
    WalkOverdue,
    WalkOverdueCleared,
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


def confirmed(walk: "Walk", telling: Telling) -> Facts:
    """A walk was confirmed."""
    role = walk.officer.role
    return (
        _internal(WalkConfirmed(**_plan(walk), officer_role=role), walk, telling),
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
    notice = max(walk.times.starts_at - telling.at, timedelta()) / timedelta(hours=1)
    fact = WalkCancelled(**_plan(walk), initiator=initiator, notice_hours=round(notice, 1))
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


def started(walk: "Walk", telling: Telling) -> Facts:
    """A walk was started."""
    return (
        _internal(WalkStarted(**_plan(walk), at=telling.at), walk, telling),
        _later(SharedWalkStarted(**_shared_plan(walk)), walk, telling),
    )


def ended(walk: "Walk", telling: Telling) -> Facts:
    """A walk was ended."""
    return (
        _internal(WalkEnded(**_plan(walk), at=telling.at), walk, telling),
        _later(SharedWalkEnded(**_shared_plan(walk)), walk, telling),
    )


def overdue(walk: "Walk", mark: "Overdue", at: datetime) -> Outgoing:
    """A walk is overdue. For the four services only."""
    fact = WalkOverdue(**_plan(walk), due_at=mark.due_at, missing=mark.missing)
    return internal(fact, walk.id, at=at)


def overdue_cleared(walk: "Walk", mark: "Overdue", at: datetime) -> Outgoing:
    """A walk is overdue no longer. For the four services only."""
    return internal(WalkOverdueCleared(**_plan(walk), due_at=mark.due_at, at=at), walk.id, at=at)


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
