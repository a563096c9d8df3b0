"""Amends: whoever was let down by an officer or the force comes first when she asks for another walk.

Invariant: only a walk that fell through by our own doing counts, and only for four weeks; nobody answers for
the weather, for danger, or for what she decided herself.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from booking.domain.walks import Walk

MADE_WITHIN = timedelta(days=28)
OURS = frozenset({"officer", "force"})


@dataclass(frozen=True, slots=True)
class Fallen:
    """A walk of hers that did not take place: by whose doing, and when that was said."""

    by: str
    at: datetime


def fallen(walk: Walk) -> Fallen | None:
    """How a walk fell through; None: it did not."""
    if walk.missed and walk.missing_party:
        return Fallen(walk.missing_party, walk.missed.at)
    if walk.cancelled and walk.initiator:
        return Fallen(walk.initiator, walk.cancelled.at)
    return None


def until(how: Fallen | None) -> datetime | None:
    """Until when she comes first in the line for it; None: she does not."""
    return how.at + MADE_WITHIN if how and how.by in OURS else None


def due(walks: Iterable[Fallen], at: datetime) -> bool:
    """Whether she comes first, after all of her walks that fell through."""
    return any(last is not None and at < last for last in map(until, walks))
