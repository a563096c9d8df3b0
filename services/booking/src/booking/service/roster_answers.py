"""Shifts, rosters and absences as JSON.

Invariant: walks that are touched are named by reference, time and ward, never by who walks.
"""

from collections.abc import Mapping, Sequence
from datetime import time
from typing import TYPE_CHECKING, Any
from uuid import UUID

from booking import domain
from booking.service import answers
from booking.service.shapes import (
    AbsenceJson,
    AffectedWalk,
    ChangedShift,
    ComparedShift,
    EffectJson,
    RecordedAbsence,
    ShiftJson,
)
from booking.service.shapes.rosters import Change, HoursOfShift
from booking.service.shapes.values import Weekday

if TYPE_CHECKING:
    from booking.service.rosters import Effect

WEEKDAYS: tuple[Weekday, ...] = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)


def shift(of: domain.Shift) -> ShiftJson:
    """A shift in the words of the body that makes it, with its exceptions."""
    return {
        "id": str(of.id),
        "officer_id": str(of.officer_id),
        "weekday": WEEKDAYS[of.weekday - 1],
        **_hours(of.hours),
        "from_date": of.from_date.isoformat(),
        "until_date": of.until_date and of.until_date.isoformat(),
        "ward": of.ward,
        "near": of.near,
        "meeting_point": answers.point(of.meeting_point),
        "capacity": of.capacity,
        "exceptions": [
            {
                "day": day.isoformat(),
                "from": _hours(hours)["from"] if hours else None,
                "to": _hours(hours)["to"] if hours else None,
            }
            for day, hours in of.exceptions
        ],
        "version": of.version,
    }


def effect(of: "Effect") -> dict[str, Any]:
    """What came of a change: slots, wall times at which there can be none, walks to look after."""
    return dict(_effect(of))


def changed_shift(after: domain.Shift, of: "Effect") -> dict[str, Any]:
    """A shift, and what came of its change."""
    shown: ChangedShift = {"shift": shift(after), **_effect(of)}
    return dict(shown)


def walks(found: Sequence[domain.Walk]) -> list[AffectedWalk]:
    """Walks that somebody must look after."""
    return [
        {
            "id": str(walk.id),
            "reference": walk.reference,
            "state": walk.state.value,
            "starts_at": answers.instant(walk.times.starts_at),
            "ends_at": answers.instant(walk.times.ends_at),
            "local": answers.local(walk.times),
            "ward": answers.ward(walk.ward),
        }
        for walk in found
    ]


def comparison(of: domain.Comparison, names: Mapping[UUID, str]) -> list[ComparedShift]:
    """Every shift that is added, changed or removed, with its officer's name."""
    changes: Mapping[Change, Sequence[domain.Shift]]
    changes = {"added": of.added, "changed": of.changed, "removed": of.removed}
    return [
        {"change": change, "officer": names[each.officer_id], "shift": shift(each)}
        for change, shifts in changes.items()
        for each in shifts
    ]


def in_words(report: Mapping[str, Any]) -> list[str]:
    """What an import has changed, or would: a line for each shift and each walk to look after."""
    lines = [
        f"{each['change']}: {each['officer']}, {each['shift']['weekday']}"
        f" {each['shift']['from']} to {each['shift']['to']}, {each['shift']['ward']}"
        for each in report["changes"]
    ]
    slots, would = report["slots"], "would be " if report["dry_run"] else ""
    lines.append(f"{report['unchanged']} shifts stay as they are")
    lines.append(f"{slots['opened']} slots {would}opened, {slots['withdrawn']} {would}withdrawn")
    lines += [f"no slot at {wall}: the clocks change" for wall in report["left_out"]]
    lines += [
        f"outside the roster: walk {each['reference']}, {each['local']['date']}"
        f" {each['local']['from']}, {each['ward']['name']}"
        for each in report["walks"]
    ]
    return lines


def absence(of: domain.Absence) -> AbsenceJson:
    """An absence, for coordinators."""
    return {
        "id": str(of.id),
        "officer": {"id": str(of.officer.id), "display_name": of.officer.display_name},
        "kind": of.kind,
        "from": answers.instant(of.since),
        "until": answers.instant(of.until) if of.until else None,
        "version": of.version,
    }


def recorded_absence(of: domain.Absence, affected: Sequence[domain.Walk]) -> dict[str, Any]:
    """An absence, and the walks that wait for another officer."""
    shown: RecordedAbsence = {"absence": absence(of), "walks": walks(affected)}
    return dict(shown)


def _effect(of: "Effect") -> EffectJson:
    return {
        "slots": {"opened": of.opened, "withdrawn": of.withdrawn},
        "left_out": [f"{wall:%Y-%m-%dT%H:%M}" for wall in of.left_out],
        "walks": walks(of.walks),
    }


def _hours(hours: domain.Hours) -> HoursOfShift:
    begin, end = hours
    return {"from": f"{begin:%H:%M}", "to": "24:00" if end == time() else f"{end:%H:%M}"}
