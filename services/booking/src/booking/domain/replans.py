"""What becomes of the walks of an officer who is away: a choice for each, and why.

Each group that shares a slot goes to one colleague, as a whole, where there is one. Otherwise each walk is
called off with an apology, and a wish in her name comes first in the line.
Invariant: a plan changes nothing; the order of its arguments does not matter; the officer-sex rule and what
somebody asked for hold for every choice, and a walk whose time has come is left to people.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time
from itertools import groupby
from uuid import UUID

from booking.domain import offers
from booking.domain.colleagues import Colleague, Hindrance, hindrances, rules
from booking.domain.matching import Candidate, Match, Needs, match
from booking.domain.plans import TIME_HAS_COME, Booked, Choice, Step
from booking.domain.refusals import DoesNotFit, OfficerBusy
from booking.domain.requests import DAY_MINUTES, Request, RequestState, WishedHours
from booking.domain.slots import Slot
from booking.domain.teams import Policy, Traits
from booking.domain.times import Times
from booking.domain.walks import State, Walk
from booking.domain.youth import may_take, may_wish

EITHER_WAY_MINUTES = 120
NEEDS: frozenset[Hindrance] = frozenset({"language", "skill", "declined", "age"})

BESIDE = "She only walks along: the group keeps its own officer. Look whether it needs another."
OTHER_WARD = "It is in none of your wards: ask a coordinator of that ward."
LAPSES = "The offer can no longer be kept. She keeps her place in the line."
ONE_FITS = "One that fits is free now; she is offered the first that fits when this is carried out."
SPEAK = "No other time can be looked for by itself: speak to her."
NONE_FITS = "No other time that fits is free now: she comes first as soon as there is one."


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
    return [
        step
        for _, group in groupby(sorted(booked, key=_place), key=lambda each: _place(each)[:-1])
        for step in drawing.group(list(group), covers)
    ]


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
        if walk.state is State.HELD:
            return [_step(each, Choice.LAPSE, LAPSES) for each in group]
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
        if each.person is not None and not may_wish(each.person):
            return Step(walk, walk.reference, Choice.LEAVE, (why, SPEAK))
        wish = again(each, self._absent, walk.id, walk.reference, self._at)
        # Her hours first: they leave few, and what the plan has given away is only looked up for those.
        suited = [one for one in self._candidates if wish.suits(one.slot.times)]
        left = [one for one in suited if self._still_free(one)]
        found = offers.choose(wish, left, each.offers, self._at)
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
    if any(each.person and not may_take(colleague.policy, each.person) for each in group):
        found.add("age")
    return found


def require_may(colleague: Colleague, group: Sequence[Booked], absent: Colleague) -> None:
    """Raise DoesNotFit or OfficerBusy where an officer may no longer take a group over."""
    found = may_not(colleague, group, absent)
    if found & (NEEDS | {"sex", "ward"}):
        raise DoesNotFit("This officer does not bring what is needed any more.")
    if found:
        raise OfficerBusy("This officer is not free then any more.")


def needs_of(booked: Booked, policy: Policy, absent: Traits) -> Needs:
    """What is known of who should walk with her.

    Where a woman may be asked for, and she has one, nobody knows any more whether she asked: she keeps one.
    """
    wish = booked.wish
    kept = policy.officer_sex == "women" or (
        wish is None and policy.officer_sex == "if_asked" and absent.sex == "female"
    )
    language, skills = (wish.language, wish.needs) if wish else (None, ())
    if booked.person is not None:
        language = language or booked.person.language
        skills = tuple(dict.fromkeys((*skills, *booked.person.needs)))
    sex = "female" if kept else wish.officer_sex if wish else None
    return Needs(officer_sex=sex, language=language, skills=skills)


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
        companions=walk.companions,
    )
    return replace(
        wish,
        id=request_id,
        reference=reference,
        asked_at=at,
        officer_sex="female" if needs.officer_sex else None,
        language=needs.language,
        needs=needs.skills,
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


def _place(booked: Booked) -> tuple[datetime, bytes, bool, bytes]:
    """Where a walk stands in a plan: by start, those of a slot together, who only holds a place first."""
    walk = booked.walk
    held = walk.state is State.HELD
    return walk.times.starts_at, walk.slot_id.bytes, not held, walk.id.bytes


def _step(booked: Booked, choice: Choice, why: str) -> Step:
    """A step that needs nobody else; an offer's is known by its wish: nobody knows a held walk."""
    offered = booked.wish if choice is Choice.LAPSE else None
    return Step(booked.walk, (offered or booked.walk).reference, choice, (why,))


def _nobody(standing: Iterable[set[Hindrance]]) -> str:
    """Why none of them takes it, what stands in the way of one who is free before the rest."""
    known = list(standing)
    if any(each and each <= NEEDS for each in known):
        return "Nobody who is free then brings what she needs."
    if any("sex" in each and each <= NEEDS | {"sex"} for each in known):
        return "No woman is free then, and that is not set aside."
    return "Nobody who is on duty then is free."


def _wall(minutes: int) -> time:
    return time(*divmod(minutes, 60)) if minutes < DAY_MINUTES else time()
