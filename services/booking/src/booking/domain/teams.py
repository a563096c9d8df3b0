"""Teams, their policies and their officers.

Invariant: a policy is never changed: another version takes its place, for what is booked from then on; a
walk keeps what it was promised under.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

Role = Literal["PC", "PCSO"]
Sex = Literal["female", "male"]
OfficerSex = Literal["any", "if_asked", "women"]
Youth = Literal["adults_only", "with_guardian"]


@dataclass(frozen=True, slots=True)
class Policy:
    """How a team books.

    ``min_notice`` and ``horizon`` before a walk; ``buffer`` around it and ``debrief`` after it, in which
    its officer is kept free; ``grace`` before it is overdue. ``officer_sex``: whether a participant may
    ask for a woman (``if_asked``), or every officer is one (``women``). ``group_size`` people at most
    walk together, with an officer for every ``people_per_officer``. ``youth``: from ``youth_from`` on
    with a guardian, or adults only. Versions count from 1.
    """

    min_notice: timedelta
    horizon: timedelta
    buffer: timedelta
    grace: timedelta
    debrief: timedelta = timedelta()
    walk_minutes: int = 30
    daily_limit: int = 12
    officer_sex: OfficerSex = "any"
    group_size: int = 1
    people_per_officer: int = 6
    youth: Youth = "adults_only"
    youth_from: int = 16
    version: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class Officer:
    """An officer as a walk knows her. ``number`` is for the exclusion constraint and goes nowhere."""

    id: UUID
    number: int
    team_id: UUID
    display_name: str
    force_phone: str
    role: Role


@dataclass(frozen=True, slots=True)
class Traits:
    """What an officer brings to a walk: languages and skills are codes, as needs are."""

    sex: Sex | None = None
    languages: tuple[str, ...] = ("en",)
    skills: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wards:
    """The wards that a team covers, and the neighbours it may borrow from; none: every ward."""

    own: tuple[str, ...] = ()
    borrowed: tuple[str, ...] = ()

    def cover(self, ward: str) -> bool:
        """Whether the team walks there."""
        return not (self.own or self.borrowed) or ward in self.own or ward in self.borrowed

    def changed(self, other: "Wards") -> Collection[str]:
        """The wards that are not in both, or not in the same way."""
        return sorted(set(self.own) ^ set(other.own) | set(self.borrowed) ^ set(other.borrowed))


@dataclass(frozen=True, slots=True)
class Team:
    """A team, the policy in force, and its wards; ``wards_version`` counts their changes."""

    id: UUID
    name: str
    policy: Policy
    wards: Wards
    wards_version: int


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """A policy that is or was in force: who set it, and when."""

    policy: Policy
    set_by: str
    set_at: datetime
