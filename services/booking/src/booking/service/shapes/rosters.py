"""Shifts, rosters and absences as they are answered.

Invariant: walks that are touched are named by reference, time and ward, never by who walks.
"""

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from booking import domain
from booking.service.shapes.values import (
    Day,
    Id,
    Instant,
    Near,
    Reference,
    Version,
    Wall,
    WardCode,
    Weekday,
)
from booking.service.shapes.walks import Local, OfficerRef, Point, WalkState, WardJson

ExceptionJson = TypedDict("ExceptionJson", {"day": Day, "from": Wall | None, "to": Wall | None})
HoursOfShift = TypedDict("HoursOfShift", {"from": Wall, "to": Wall})
Change = Literal["added", "changed", "removed"]
Count = Annotated[int, Field(ge=0, examples=[4])]


class ShiftJson(HoursOfShift):
    """A shift in the words of the body that makes it, with its exceptions."""

    id: Id
    officer_id: Id
    weekday: Weekday
    from_date: Day
    until_date: Day | None
    ward: WardCode
    near: Near
    meeting_point: Point
    capacity: Annotated[int, Field(ge=1, examples=[1])]
    exceptions: list[ExceptionJson]
    version: Version


class AffectedWalk(TypedDict):
    """A walk that somebody must look after."""

    id: Id
    reference: Reference
    state: WalkState
    starts_at: Instant
    ends_at: Instant
    local: Local
    ward: WardJson


class SlotCount(TypedDict):
    """How many slots came and went."""

    opened: Count
    withdrawn: Count


class EffectJson(TypedDict):
    """What came of a change; ``left_out``: wall times at which there can be no slot."""

    slots: SlotCount
    left_out: Annotated[list[str], Field(examples=[["2027-03-28T01:30"]])]
    walks: list[AffectedWalk]


class ChangedShift(EffectJson):
    """A shift, and what came of its change."""

    shift: ShiftJson


class ComparedShift(TypedDict):
    """What an import does to a shift."""

    change: Change
    officer: Annotated[str, Field(examples=["PC Robin Example"])]
    shift: ShiftJson


class RosterReport(EffectJson):
    """What an import has changed, or (``dry_run``) would."""

    dry_run: bool
    changes: list[ComparedShift]
    unchanged: Count


AbsenceJson = TypedDict(
    "AbsenceJson",
    {
        "id": Id,
        "officer": OfficerRef,
        "kind": domain.AbsenceKind,
        "from": Instant,
        "until": Instant | None,
        "version": Version,
    },
)


class RecordedAbsence(TypedDict):
    """An absence, and the walks that wait for another officer."""

    absence: AbsenceJson
    walks: list[AffectedWalk]


class ShiftList(TypedDict):
    """Shifts."""

    items: list[ShiftJson]


class AbsenceList(TypedDict):
    """Absences."""

    items: list[AbsenceJson]
