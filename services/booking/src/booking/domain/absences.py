"""When an officer is not there, and what the others are told of it.

Invariant: that walks must be looked after is told, whose absence it is and why never; only coordinators are
shown the kind.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from booking.domain.facts import Facts
from booking.domain.refusals import AbsenceOver
from booking.domain.teams import Officer
from booking.domain.times import Times
from shared.events import internal
from shared.events.absences import OfficerAbsenceRecorded

AbsenceKind = Literal["sick", "redeployed", "leave", "moved", "suspended", "blocked"]


@dataclass(frozen=True, slots=True)
class Absence:
    """An officer is away from an instant to another; ``until`` None: nobody knows for how long."""

    id: UUID
    officer: Officer
    kind: AbsenceKind
    since: datetime
    until: datetime | None
    version: int = field(default=1, compare=False)

    def touches(self, times: Times) -> bool:
        """Whether a walk at some times would be without its officer."""
        return self.since < times.ends_at and (self.until is None or times.starts_at < self.until)


def record(absence: Absence, affected: int, at: datetime) -> Facts:
    """What is told of a new absence: so many walks are without their officer."""
    fact = OfficerAbsenceRecorded(since=absence.since, until=absence.until, affected_walks=affected)
    return (internal(fact, absence.id, at=at),)


def end_absence(absence: Absence, until: datetime | None, at: datetime) -> tuple[Absence, bool]:
    """The absence with another end, and whether it reaches further than before.

    What is past stays as it was: raises AbsenceOver for one that has ended, and an end that lies behind
    becomes now. An end at or before its beginning calls off one that has not begun.
    """
    if absence.until is not None and absence.until <= at:
        raise AbsenceOver
    if until is not None and until < at:
        until = at
    further = absence.until is not None and (until is None or until > absence.until)
    return replace(absence, until=until, version=absence.version + 1), further
