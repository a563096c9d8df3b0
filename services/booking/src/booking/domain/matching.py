"""Which of the slots that can be booked fit what somebody needs, in the order in which to offer them.

Invariant: whether an officer fits is one question, ``lacks``, for the list, an offer and a check alike; what
is not met is never relaxed here. The order depends on its arguments alone: the same slots in any order,
the same pick.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from booking.domain import whys
from booking.domain.slots import Slot
from booking.domain.teams import Sex, Traits
from shared.phrases import Phrase

Lack = Literal["sex", "language", "skill", "ward", "light", "room", "age"]


@dataclass(frozen=True, slots=True)
class Needs:
    """What a walk needs of its officer, and where and in which light it should be.

    ``language`` and ``skills`` are codes. ``wards`` None: anywhere. ``dark`` None: either. ``companions``
    need places beside hers.
    """

    officer_sex: Sex | None = None
    language: str | None = None
    skills: tuple[str, ...] = ()
    wards: tuple[str, ...] | None = None
    dark: bool | None = None
    companions: int = 0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A slot that can be booked, with what its officer brings and how much she has walked lately.

    ``load`` counts her walks in the four weeks before and all to come; ``last`` is when the latest of
    them is. ``borrowed``: her team only helps out in that ward. ``notice`` is what her team needs before it.
    ``room`` is for so many people.
    """

    slot: Slot
    traits: Traits
    load: int = 0
    last: datetime | None = None
    borrowed: bool = False
    notice: timedelta = timedelta()
    room: int = 1


@dataclass(frozen=True, slots=True)
class Match:
    """A slot that fits, and why its officer: a sentence each, none of them about anybody else."""

    candidate: Candidate
    why: tuple[str, ...]


def lacks(traits: Traits, needs: Needs) -> tuple[Lack, ...]:
    """What an officer does not bring of what is needed."""
    found: list[Lack] = []
    if needs.officer_sex is not None and traits.sex != needs.officer_sex:
        found.append("sex")
    if needs.language is not None and needs.language not in traits.languages:
        found.append("language")
    if not set(needs.skills) <= set(traits.skills):
        found.append("skill")
    return tuple(found)


def lacking(candidate: Candidate, needs: Needs) -> tuple[Lack, ...]:
    """What a slot and its officer do not bring of what is needed."""
    found = list(lacks(candidate.traits, needs))
    if needs.wards is not None and candidate.slot.ward.code not in needs.wards:
        found.append("ward")
    if needs.dark is not None and candidate.slot.after_dark is not needs.dark:
        found.append("light")
    if candidate.room <= needs.companions:
        found.append("room")
    return tuple(found)


def fits(candidate: Candidate, needs: Needs) -> bool:
    """Whether a slot and its officer bring all that is needed."""
    return not lacking(candidate, needs)


def match(candidates: Iterable[Candidate], needs: Needs) -> Sequence[Match]:
    """The slots that fit, the one to offer first.

    The team's own wards before those it borrows; then whoever has walked least lately, then whose last
    walk is longest ago; then the earliest slot, and ids where even that is the same.
    """
    fitting = sorted((each for each in candidates if fits(each, needs)), key=_turn)
    least = min((each.load for each in fitting), default=0)
    return [Match(each, _why(each, needs, least)) for each in fitting]


def _turn(candidate: Candidate) -> tuple[bool, int, float, datetime, str]:
    last = candidate.last.timestamp() if candidate.last else float("-inf")
    slot = candidate.slot
    return candidate.borrowed, candidate.load, last, slot.times.starts_at, str(slot.id)


def _why(candidate: Candidate, needs: Needs, least: int) -> tuple[str, ...]:
    ward = whys.HELPS_OUT if candidate.borrowed else whys.WALKS_IN
    said = [Phrase(ward, ward=candidate.slot.ward.name), whys.IS_FREE]
    if needs.officer_sex is not None:
        said.append(whys.IS_A_WOMAN if needs.officer_sex == "female" else whys.IS_A_MAN)
    if needs.language is not None:
        said.append(whys.SPEAKS)
    if needs.skills:
        said.append(whys.BRINGS)
    if needs.dark is not None:
        said.append(whys.DARK if needs.dark else whys.LIGHT)
    turn = whys.FEWEST if candidate.load == least else whys.MORE
    said.append(Phrase(turn, num=candidate.load))
    return tuple(said)
