"""Holds: a place kept until an hour, for an offer or while a form is filled. Nobody is told of them.

Invariant: a hold ends no later than its slot could still be booked.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from booking.domain.facts import Telling
from booking.domain.slots import Slot
from booking.domain.teams import Policy
from booking.domain.walks import NewWalk, State, Walk, book

FORM_TAKES = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Hold:
    """A slot kept while a form is filled, by the walk that it may become."""

    walk_id: UUID
    slot_id: UUID
    until: datetime


def until(slot: Slot, policy: Policy, at: datetime) -> datetime:
    """When a hold that a form asks for ends."""
    return min(at + FORM_TAKES, slot.times.starts_at - policy.min_notice)


def hold(
    slot: Slot,
    policy: Policy,
    ids: NewWalk,
    expires_at: datetime,
    telling: Telling,
    companions: int = 0,
) -> Walk:
    """The walk that keeps a place, and her companions', until an hour; nothing is told. Raises SlotTaken."""
    walk, _ = book(slot, policy, ids, telling, companions=companions)
    return replace(walk, state=State.HELD, held_until=expires_at)
