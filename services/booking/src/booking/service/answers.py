"""Slots and walks as JSON: what the API answers, and what a repeated request is answered again.

Invariant: a slot's meeting point is in no answer to the public; a walk's answer to staff names no
participant.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from booking import domain
from booking.service.shapes import (
    BarJson,
    BookedWalk,
    DeedJson,
    Local,
    OfficerRef,
    OverdueJson,
    Point,
    SlotJson,
    SlotOfficers,
    StaffSlot,
    StaffWalk,
    WardJson,
)


@dataclass(frozen=True, slots=True)
class Hers:
    """What only she is given of a walk: her link, the words that her officer knows, the code to come back."""

    manage_url: str
    safe_word: str
    return_code: str


def instant(at: datetime) -> str:
    """RFC 3339 with London's offset."""
    return at.astimezone(domain.LONDON).isoformat()


def local(times: domain.Times) -> Local:
    """The wall times that were promised."""
    return {
        "date": times.local_date.isoformat(),
        "from": f"{times.local_from:%H:%M}",
        "to": f"{times.local_to:%H:%M}",
        "timezone": "Europe/London",
    }


def ward(of: domain.Ward) -> WardJson:
    """A ward."""
    return {"code": of.code, "name": of.name, "set": of.set}


def point(place: domain.MeetingPoint) -> Point:
    """A meeting point."""
    return {"name": place.name, "coordinates": [place.lon, place.lat]}


def officer(of: domain.Officer) -> OfficerRef:
    """Which officer."""
    return {"id": str(of.id), "display_name": of.display_name}


def public_slot(slot: domain.Slot) -> SlotJson:
    """A slot as anybody may see it."""
    return {
        "id": str(slot.id),
        "ward": ward(slot.ward),
        "near": slot.near,
        "starts_at": instant(slot.times.starts_at),
        "ends_at": instant(slot.times.ends_at),
        "local": local(slot.times),
        "after_dark": slot.after_dark,
        "group": slot.capacity > 1,
    }


def staff_slot(slot: domain.Slot) -> dict[str, Any]:
    """A slot with its meeting point and officer."""
    shown: StaffSlot = {
        **public_slot(slot),
        "meeting_point": point(slot.meeting_point),
        "officer": officer(slot.officer),
        "capacity": slot.capacity,
    }
    return dict(shown)


def slot_officers(
    slot: domain.Slot, beside: Sequence[domain.Officer], people: int
) -> dict[str, Any]:
    """The officers of a slot, and how many people have a place."""
    shown: SlotOfficers = {
        "slot_id": str(slot.id),
        "capacity": slot.capacity,
        "people": people,
        "officers": [officer(each) for each in (slot.officer, *beside)],
    }
    return dict(shown)


def booked_walk(walk: domain.Walk, hers: Hers) -> BookedWalk:
    """A walk as she who booked it sees it."""
    return {
        "id": str(walk.id),
        "reference": walk.reference,
        "state": walk.state.value,
        "starts_at": instant(walk.times.starts_at),
        "ends_at": instant(walk.times.ends_at),
        "local": local(walk.times),
        "meeting_point": point(walk.meeting_point),
        "officer": {
            "display_name": walk.officer.display_name,
            "force_phone": walk.officer.force_phone,
        },
        "companions": walk.companions,
        "next_steps": domain.next_steps(walk),
        "manage_url": hers.manage_url,
        "safe_word": hers.safe_word,
        "return_code": hers.return_code,
    }


def staff_walk(walk: domain.Walk, safe_word: str, at: datetime) -> dict[str, Any]:
    """A walk as staff see it at an hour: all but who booked it."""
    shown: StaffWalk = {
        "id": str(walk.id),
        "reference": walk.reference,
        "state": walk.state.value,
        "ward": ward(walk.ward),
        "near": walk.near,
        "meeting_point": point(walk.meeting_point),
        "starts_at": instant(walk.times.starts_at),
        "ends_at": instant(walk.times.ends_at),
        "local": local(walk.times),
        "after_dark": walk.after_dark,
        "officer": officer(walk.officer),
        "companions": walk.companions,
        "safe_word": safe_word,
        "started": _deed(walk.started),
        "ended": _deed(walk.ended),
        "cancelled": _deed(walk.cancelled),
        "cancelled_for": walk.initiator,
        "aborted_for": walk.abort_reason,
        "missed": _deed(walk.missed),
        "who_missed": walk.missing_party,
        "debriefed": _deed(walk.debriefed),
        "overdue": _overdue(walk, at),
        "concerns": walk.concern_count,
        "version": walk.version,
    }
    return dict(shown)


def bar(of: domain.Bar) -> dict[str, Any]:
    """A bar as coordinators see it."""
    shown: BarJson = {
        "id": str(of.id),
        "reference": of.reference,
        "ward": of.ward_code,
        "reason": of.reason,
        "by": of.by,
        "since": instant(of.since),
        "until": of.until and instant(of.until),
    }
    return dict(shown)


def contact(walk: domain.Walk, person: domain.Person, hers: Hers) -> dict[str, Any]:
    """What notifications needs to write to a participant. ``sequence`` is iCalendar's.

    ``first_until``: until when she comes first if she asks again, since we let her down.
    """
    booked = booked_walk(walk, hers)
    first_until = domain.amends.until(domain.amends.fallen(walk))
    return {
        **booked,
        "sequence": walk.sequence,
        "email": person.email,
        "mobile": person.mobile,
        "name": person.name,
        "safe_contact": safe_contact(person),
        "initiator": walk.initiator,
        "missing_party": walk.missing_party,
        "calendar_url": f"{booked['manage_url']}/walk.ics",
        "first_until": first_until and instant(first_until),
    }


def safe_contact(person: domain.Person) -> dict[str, Any] | None:
    """When and how somebody may be written to; None: she was not asked."""
    rules = person.safe_contact
    if rules is None:
        return None
    begin, end = rules.hours or (None, None)
    return {
        "from": begin and f"{begin:%H:%M}",
        "to": end and f"{end:%H:%M}",
        "no_voicemail": rules.no_voicemail,
        "neutral": rules.neutral,
    }


def _overdue(walk: domain.Walk, at: datetime) -> OverdueJson | None:
    mark, level = walk.overdue, domain.level(walk, at)
    if mark is None or level is None:
        return None
    return {
        "due_at": instant(mark.due_at),
        "missing": mark.missing,
        "level": level,
        "acknowledged_at": mark.acknowledged_at and instant(mark.acknowledged_at),
    }


def _deed(deed: domain.Deed | None) -> DeedJson | None:
    return {"at": instant(deed.at), "by": deed.by, "late": deed.late} if deed else None
