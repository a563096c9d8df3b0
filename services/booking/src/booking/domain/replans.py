"""What becomes of the walks of an officer who is away: a choice for each, and why.

Each group that shares a slot goes to one colleague, as a whole, where there is one. Otherwise each walk is
called off with an apology, and a wish in her name comes first in the line.
Invariant: a plan changes nothing; the order of its arguments does not matter; the officer-sex rule and what
somebody asked for hold for every choice, and a walk whose time has come is left to people.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from enum import StrEnum
from itertools import groupby
from typing import Literal
from uuid import UUID

from booking.domain import offers
from booking.domain.colleagues import Colleague, Hindrance, hindrances, rules
from booking.domain.matching import Candidate, Match, Needs, match
from booking.domain.offers import Offer
from booking.domain.refusals import DoesNotFit, OfficerBusy, TooLate, WrongState
from booking.domain.requests import DAY_MINUTES, Request, RequestState, WishedHours
from booking.domain.slots import Slot
from booking.domain.teams import Officer, Policy, Traits
from booking.domain.times import Times
from booking.domain.walks import State, Walk

EITHER_WAY_MINUTES = 120

BESIDE = "She only walks along: the group keeps its own officer. Look whether it needs another."
OTHER_WARD = "It is in none of your wards: ask a coordinator of that ward."
TIME_HAS_COME = "Its time has come: ring who waits, and give the walk to somebody by hand."
MEANWHILE = "Something has become of this walk since the plan was made."
LAPSES = "The offer can no longer be kept. She keeps her place in the line."
ONE_FITS = "One that fits is free now; she is offered the first that fits when this is carried out."
NONE_FITS = "No other time that fits is free now: she comes first as soon as there is one."


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
    """A walk without its officer, the wish that it came from if it did, and that wish's offers."""

    walk: Walk
    wish: Request | None = None
    offers: tuple[Offer, ...] = ()


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


def plan(
    booked: Sequence[Booked],
    absent: Colleague,
    colleagues: Sequence[Colleague],
    candidates: Sequence[Candidate],
    covers: Callable[[str], bool],
    at: datetime,
) -> list[Step]:
    """A step for each walk and each open offer of hers, by start. ``covers``: whose wards these are."""
    drawing = _Drawing(
        absent,
        {each.officer.id: each for each in colleagues if each.officer.id != absent.officer.id},
        candidates,
        at,
    )
    steps: list[Step] = []
    walks = sorted(booked, key=lambda each: (each.walk.times.starts_at, each.walk.slot_id.bytes))
    for _, sharing in groupby(walks, key=lambda each: each.walk.slot_id):
        group = sorted(sharing, key=lambda each: each.walk.id.bytes)
        held = [each for each in group if each.walk.state is State.HELD]
        steps += [_step(each, Choice.LAPSE, LAPSES) for each in held]
        if left := [each for each in group if each.walk.state is not State.HELD]:
            steps += drawing.group(left, covers)
    return steps


class _Drawing:
    """A plan that is being made: what has been given away so far is not to be had again."""

    def __init__(
        self,
        absent: Colleague,
        colleagues: Mapping[UUID, Colleague],
        candidates: Sequence[Candidate],
        at: datetime,
    ) -> None:
        self._absent, self._at = absent, at
        self._colleagues = dict(colleagues)
        self._candidates = list(candidates)

    def group(self, group: Sequence[Booked], covers: Callable[[str], bool]) -> list[Step]:
        """The steps of those who share a slot."""
        walk = group[0].walk
        if walk.officer.id != self._absent.officer.id:
            return [_step(each, Choice.LEAVE, BESIDE) for each in group]
        if not covers(walk.ward.code):
            return [_step(each, Choice.LEAVE, OTHER_WARD) for each in group]
        if walk.times.starts_at <= self._at:
            return [_step(each, Choice.LEAVE, TIME_HAS_COME) for each in group]
        found, why = self._takers(group)
        if not found:
            return [self._instead(each, why) for each in group]
        officer = found[0].candidate.slot.officer
        slot = slot_of(walk)
        self._colleagues[officer.id] = self._colleagues[officer.id].given(slot, len(group))
        said = (f"{officer.display_name} is on duty then.", *found[0].why)
        return [
            Step(each.walk, each.walk.reference, Choice.REASSIGN, said, officer) for each in group
        ]

    def _takers(self, group: Sequence[Booked]) -> tuple[Sequence[Match], str]:
        """Who may take a group, the fairest first; or why nobody."""
        slot = slot_of(group[0].walk)
        standing = {
            each.officer.id: may_not(each, group, self._absent)
            for each in self._colleagues.values()
        }
        free = [
            self._colleagues[officer_id].offering(slot)
            for officer_id in sorted(standing, key=lambda each: each.bytes)
            if not standing[officer_id]
        ]
        return match(free, Needs()), _nobody(standing.values())

    def _instead(self, each: Booked, why: str) -> Step:
        """Another time for one of them, as the line would offer it to her."""
        walk = each.walk
        wish = again(each, self._absent, walk.id, walk.reference, self._at)
        self._candidates = [one for one in self._candidates if self._still_free(one)]
        found = offers.choose(wish, self._candidates, each.offers, self._at)
        if found is None:
            return Step(walk, walk.reference, Choice.WAITLIST, (why, NONE_FITS))
        slot = found.candidate.slot
        self._candidates.remove(found.candidate)
        if slot.officer.id in self._colleagues:
            hers = self._colleagues[slot.officer.id]
            self._colleagues[slot.officer.id] = hers.given(slot, 1)
        return Step(walk, walk.reference, Choice.REOFFER, (why, ONE_FITS), None, slot)

    def _still_free(self, candidate: Candidate) -> bool:
        hers = self._colleagues.get(candidate.slot.officer.id)
        return hers is None or not rules(hers, candidate.slot)


def may_not(colleague: Colleague, group: Sequence[Booked], absent: Colleague) -> set[Hindrance]:
    """What keeps an officer from taking a group over; nothing that is known of any of them is set aside."""
    needs = [needs_of(each, absent.policy, absent.traits) for each in group]
    found = hindrances(colleague, slot_of(group[0].walk), needs)
    if any(offers.declined(each.offers, colleague.officer.id) for each in group):
        found.add("declined")
    return found


def require_may(colleague: Colleague, group: Sequence[Booked], absent: Colleague) -> None:
    """Raise DoesNotFit or OfficerBusy where an officer may no longer take a group over."""
    found = may_not(colleague, group, absent)
    if found & {"sex", "language", "skill", "ward", "declined"}:
        raise DoesNotFit("This officer does not bring what is needed any more.")
    if found:
        raise OfficerBusy("This officer is not free then any more.")


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


def needs_of(booked: Booked, policy: Policy, absent: Traits) -> Needs:
    """What is known of who should walk with her.

    Where a woman may be asked for, and she has one, nobody knows any more whether she asked: she keeps one.
    """
    wish = booked.wish
    kept = policy.officer_sex == "women" or (
        wish is None and policy.officer_sex == "if_asked" and absent.sex == "female"
    )
    if wish is None:
        return Needs(officer_sex="female" if kept else None)
    sex = "female" if kept else wish.officer_sex
    return Needs(officer_sex=sex, language=wish.language, skills=wish.needs)


def again(
    booked: Booked, absent: Colleague, request_id: UUID, reference: str, at: datetime
) -> Request:
    """The wish in the name of somebody whose walk is called off: first in the line.

    As she wished before; else for her walk's ward, light and weekday, two hours either way.
    """
    needs, walk = needs_of(booked, absent.policy, absent.traits), booked.walk
    wish = booked.wish or Request(
        id=request_id,
        reference=reference,
        wards=(walk.ward.code,),
        ward_set=walk.ward.set,
        hours=(around(walk.times),),
        light="dark" if walk.after_dark else "day",
        asked_at=at,
    )
    return replace(
        wish,
        id=request_id,
        reference=reference,
        asked_at=at,
        officer_sex="female" if needs.officer_sex else None,
        priority=True,
        state=RequestState.ASKED,
        reason=None,
        closed_at=None,
    )


def around(times: Times) -> WishedHours:
    """The hours around a walk on its weekday, as far as the day goes."""
    since, until = (wall.hour * 60 + wall.minute for wall in (times.local_from, times.local_to))
    until = until + EITHER_WAY_MINUTES if until > since else DAY_MINUTES
    since = max(since - EITHER_WAY_MINUTES, 0)
    return WishedHours((times.local_date.isoweekday(),), _wall(since), _wall(until))


def slot_of(walk: Walk) -> Slot:
    """The slot on which a walk is booked."""
    return Slot(
        walk.slot_id,
        walk.officer,
        walk.ward,
        walk.near,
        walk.meeting_point,
        walk.times,
        walk.after_dark,
    )


def _step(booked: Booked, choice: Choice, why: str) -> Step:
    """A step that needs nobody else; an offer's is known by its wish: nobody knows a held walk."""
    offered = booked.wish if choice is Choice.LAPSE else None
    return Step(booked.walk, (offered or booked.walk).reference, choice, (why,))


def _nobody(standing: Iterable[set[Hindrance]]) -> str:
    """Why none of them takes it, the rule named that stands in the way of one who could."""
    known = list(standing)
    if any(each == {"sex"} for each in known):
        return "No woman is free then, and that is not set aside."
    if any(each and each <= {"sex", "language", "skill", "declined"} for each in known):
        return "Nobody who is free then brings what she needs."
    return "Nobody who is on duty then is free."


def _wall(minutes: int) -> time:
    return time(*divmod(minutes, 60)) if minutes < DAY_MINUTES else time()
