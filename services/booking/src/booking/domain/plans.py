"""A plan for the walks of an officer who is away: what is to become of each, and what has come of it.

Invariant: a step that has an outcome keeps it; whatever has changed since a plan was made is not done.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from booking.domain.offers import Offer
from booking.domain.people import Person
from booking.domain.refusals import TooLate, WrongState
from booking.domain.requests import Request, RequestState
from booking.domain.slots import Slot
from booking.domain.teams import Officer
from booking.domain.walks import State, Walk

MEANWHILE = "Something has become of this walk since the plan was made."
TIME_HAS_COME = "Its time has come: ring who waits, and give the walk to somebody by hand."

Outcome = Literal["done", "changed", "left"]


class Choice(StrEnum):
    """What becomes of a walk. ``lapse`` is of an offer that is open, ``leave`` leaves it to people."""

    REASSIGN = "reassign"
    REOFFER = "reoffer"
    WAITLIST = "waitlist"
    LAPSE = "lapse"
    LEAVE = "leave"


CALLED_OFF = frozenset({Choice.REOFFER, Choice.WAITLIST})


@dataclass(frozen=True, slots=True)
class Booked:
    """A walk without its officer, the wish that it came from if it did, that wish's offers, and who walks.

    ``person`` is None of a place that is held, and once she has been erased.
    """

    walk: Walk
    wish: Request | None = None
    offers: tuple[Offer, ...] = ()
    person: Person | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of one walk: with which officer, or which slot would be offered instead."""

    walk: Walk
    reference: str
    choice: Choice
    why: tuple[str, ...]
    officer: Officer | None = None
    slot: Slot | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """A step as it was written down, and what has come of it.

    ``said`` is why it was not done; ``wish`` and ``wish_state`` are of the wish in her name, as it stands.
    """

    number: int
    walk_id: UUID
    walk_version: int
    slot_id: UUID
    reference: str
    ward_name: str
    starts_at: datetime
    ends_at: datetime
    choice: Choice
    why: tuple[str, ...]
    officer_id: UUID | None = None
    officer_name: str | None = None
    other_starts_at: datetime | None = None
    outcome: Outcome | None = None
    said: str | None = None
    wish: str | None = None
    wish_state: RequestState | None = None


@dataclass(frozen=True, slots=True)
class Came:
    """What has come of the steps of some walks; ``said`` is why, ``request_id`` the wish that is left."""

    outcome: Outcome
    walks: Sequence[UUID]
    said: str | None = None
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a coordinator has reviewed: the steps for an absence, by start."""

    id: UUID
    absence_id: UUID
    made_by: str
    made_at: datetime
    steps: tuple[Planned, ...]

    @property
    def carried_out(self) -> bool:
        """Whether nothing of it is left to do."""
        return all(each.outcome is not None for each in self.steps)


def as_planned(
    planned: Sequence[Planned], walks: Sequence[Walk], absent: Officer, at: datetime
) -> list[Walk]:
    """Those of some walks that are as a plan saw them, and still hers and ahead.

    Raises WrongState when there are none, or when one that shares their slot is not; or TooLate.
    """
    versions = {each.walk_id: each.walk_version for each in planned}
    same = [
        each
        for each in walks
        if (each.state, each.version, each.officer.id)
        == (State.CONFIRMED, versions.get(each.id), absent.id)
    ]
    live = [each for each in walks if each.state in (State.CONFIRMED, State.STARTED)]
    if not same or same != live:
        raise WrongState(MEANWHILE)
    if same[0].times.starts_at <= at:
        raise TooLate(TIME_HAS_COME)
    return same
