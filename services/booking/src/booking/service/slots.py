"""Opening slots.

Invariant: a slot lies ahead, in a ward that its opener covers, and not across its officer's walks.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from booking import domain, store
from booking.service import answers
from booking.service.desk import Desk
from shared import idempotency
from shared.areas import Ward, sun
from shared.auth import Principal
from shared.clock import new_id
from shared.errors import Fault, Invalid
from shared.idempotency import Once


@dataclass(frozen=True, slots=True)
class NewSlot:
    """A slot as a coordinator asks for it; ``starts_at`` is aware, ``ward`` a code."""

    officer_id: UUID
    ward: str
    starts_at: datetime
    minutes: int
    near: str
    meeting_point: domain.MeetingPoint
    capacity: int = 1


async def open_slot(desk: Desk, wanted: NewSlot, by: Principal, request: Once) -> dict[str, Any]:
    """Offer a time and a place. Raises Invalid, Forbidden, SlotExists or OfficerBusy."""
    ward = _require_ward(desk, wanted)
    by.must_cover(ward.code)
    at = desk.clock()
    if wanted.starts_at <= at:
        raise Invalid(faults=[Fault("#/starts_at", "must lie ahead")])
    times = domain.promised(wanted.starts_at, wanted.minutes, desk.tz_version)
    async with desk.database.transaction() as connection:
        if kept := await idempotency.replay(connection, request):
            return kept
        found = await store.teams.find_officer(connection, wanted.officer_id)
        if found is None:
            raise Invalid(faults=[Fault("#/officer_id", "is no officer's")])
        officer, policy = found
        if faults := domain.faults_of_capacity(wanted.capacity, policy):
            raise Invalid(faults=faults)
        if await store.slots.is_busy(connection, officer.number, domain.kept_free(times, policy)):
            raise domain.OfficerBusy
        slot = domain.Slot(
            id=new_id(),
            officer=officer,
            ward=domain.Ward(ward.code, ward.name, ward.set),
            near=wanted.near,
            meeting_point=wanted.meeting_point,
            times=times,
            after_dark=sun.is_dark(times.starts_at, *ward.point),
            capacity=wanted.capacity,
        )
        if not await store.slots.open_slot(connection, slot, by=by.subject, at=at):
            raise domain.SlotExists
        answer = await idempotency.keep(connection, request, answers.staff_slot(slot))
    desk.log.info("slot.opened", slot=str(slot.id), ward=ward.code)
    return answer


def _require_ward(desk: Desk, wanted: NewSlot) -> Ward:
    """The ward named, and a meeting point that is not given latitude first."""
    ward = desk.areas.by_code.get(wanted.ward)
    if ward is None:
        raise Invalid(faults=[Fault("#/ward", "is not a ward of the boundary set in force")])
    place = wanted.meeting_point
    if desk.areas.find(place.lon, place.lat) is None and desk.areas.find(place.lat, place.lon):
        raise Invalid(
            faults=[Fault("#/meeting_point/coordinates", "must be longitude first, then latitude")]
        )
    return ward
