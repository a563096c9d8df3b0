"""Officers who might take somebody else's walk, and what stands in the way of it.

Invariant: only who is on duty then takes a walk; what a plan has given her so far counts as what is booked,
buffers and the daily limit included.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from booking.domain.matching import Candidate, Lack, Needs, lacks
from booking.domain.rosters import Shift, spread
from booking.domain.slots import Slot, kept_free
from booking.domain.teams import Officer, Policy, Traits, Wards
from booking.domain.times import Times

DAY = timedelta(days=1)

Span = tuple[datetime, datetime]
Hindrance = Lack | Literal["away", "off_duty", "busy", "limit", "declined"]


@dataclass(frozen=True, slots=True)
class Taken:
    """The time that a slot takes of its officer; ``day`` is the slot's own, for the daily limit."""

    slot_id: UUID
    span: Span
    day: date


@dataclass(frozen=True, slots=True)
class Colleague:
    """An officer, what she brings, where her team walks, and how her days look.

    ``opened`` are times that she offers herself, ``load`` and ``last`` as for a Candidate.
    """

    officer: Officer
    traits: Traits
    policy: Policy
    wards: Wards
    taken: tuple[Taken, ...] = ()
    away: tuple[Span, ...] = ()
    shifts: tuple[Shift, ...] = ()
    opened: tuple[Span, ...] = ()
    load: int = 0
    last: datetime | None = None

    def given(self, slot: Slot, walks: int) -> "Colleague":
        """The same officer with a slot more, and so many walks; one of her own at that time gives way."""
        starts_at = slot.times.starts_at
        return replace(
            self,
            taken=(*self.taken, _takes(slot, self.policy)),
            opened=tuple(each for each in self.opened if each[0] != starts_at),
            load=self.load + walks,
            last=max(self.last or starts_at, starts_at),
        )

    def offering(self, slot: Slot) -> Candidate:
        """A slot as it would be hers, to be compared with others'."""
        borrowed = slot.ward.code in self.wards.borrowed
        return Candidate(
            replace(slot, officer=self.officer), self.traits, self.load, self.last, borrowed
        )


def hindrances(colleague: Colleague, slot: Slot, needs: Sequence[Needs]) -> set[Hindrance]:
    """All that keeps an officer from taking a slot whose participants need this."""
    found = rules(colleague, slot)
    found.update(lack for each in needs for lack in lacks(colleague.traits, each))
    times = slot.times
    if not colleague.wards.cover(slot.ward.code):
        found.add("ward")
    if any(_meet((times.starts_at, times.ends_at), span) for span in colleague.away):
        found.add("away")
    if not on_duty(colleague, times):
        found.add("off_duty")
    return found


def rules(colleague: Colleague, slot: Slot) -> set[Hindrance]:
    """What her team's policy says against a slot more: the officer-sex rule, time, the daily limit."""
    found = set[Hindrance]()
    policy, hers = colleague.policy, kept_free(slot.times, colleague.policy)
    others = [each for each in colleague.taken if each.slot_id != slot.id]
    if policy.officer_sex == "women" and colleague.traits.sex != "female":
        found.add("sex")
    # Whoever walks along already is no other officer: the group would be one short.
    along = len(others) < len(colleague.taken) and colleague.officer.id != slot.officer.id
    if along or any(_meet(hers, each.span) for each in others):
        found.add("busy")
    if sum(each.day == slot.times.local_date for each in others) >= policy.daily_limit:
        found.add("limit")
    return found


def on_duty(colleague: Colleague, times: Times) -> bool:
    """Whether a walk lies within a shift of hers, or meets a time that she offers herself."""
    begins = datetime.combine(times.local_date, times.local_from)
    _, ends = spread(times.local_date, (times.local_from, times.local_to))
    worked = [
        spread(day, hours)
        for shift in colleague.shifts
        for day in (times.local_date - DAY, times.local_date)
        if (hours := shift.hours_on(day)) is not None
    ]
    return any(since <= begins and ends <= until for since, until in worked) or any(
        _meet((times.starts_at, times.ends_at), span) for span in colleague.opened
    )


def _takes(slot: Slot, policy: Policy) -> Taken:
    return Taken(slot.id, kept_free(slot.times, policy), slot.times.local_date)


def _meet(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]
