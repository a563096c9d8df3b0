"""Shifts, and the slots that are opened out of them.

Invariant: what a shift offers and what is open of it are brought together in one transaction, under the
shift's lock; a booked walk is never dropped by it: whoever changed the shift is told which walks lie
outside it now.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from booking import domain, store
from booking.service import roster_answers
from booking.service.desk import Desk
from booking.service.teams import must_lead
from shared import idempotency
from shared.areas import sun
from shared.auth import Principal
from shared.clock import new_id
from shared.errors import Fault, Invalid, NotFound, PreconditionFailed
from shared.idempotency import Once
from shared.postgres import Connection

BY_ROSTER = "roster"
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Effect:
    """What came of a shift: slots opened and withdrawn, times left out, walks outside it now."""

    opened: int = 0
    withdrawn: int = 0
    left_out: tuple[datetime, ...] = ()
    walks: tuple[domain.Walk, ...] = ()

    def __add__(self, other: "Effect") -> "Effect":
        return Effect(
            self.opened + other.opened,
            self.withdrawn + other.withdrawn,
            self.left_out + other.left_out,
            self.walks + other.walks,
        )


async def add_shift(
    desk: Desk, shift: domain.Shift, who: Principal, request: Once
) -> dict[str, Any]:
    """A shift more, with its slots. Raises Invalid, Forbidden, ShiftsOverlap."""
    async with desk.database.transaction() as connection:
        if kept := await idempotency.replay(connection, request):
            return kept
        await lead(connection, shift.officer_id, who)
        await _require_places(connection, shift)
        effect = await put_shift(desk, connection, shift, who)
        answer = roster_answers.changed_shift(shift, effect)
        await idempotency.keep(connection, request, answer)
    desk.log.info("shift.added", shift=str(shift.id), slots=effect.opened)
    return answer


async def change_shift(
    desk: Desk, wanted: domain.Shift, who: Principal, seen: int
) -> dict[str, Any]:
    """A shift at other times or another place; its exceptions stay. Raises as adding, and 412."""
    async with desk.database.transaction() as connection:
        before = await _lock(connection, wanted.officer_id, wanted.id, who, seen)
        await _require_places(connection, wanted)
        kept = tuple(each for each in before.exceptions if wanted.falls_on(each[0]))
        after = replace(wanted, exceptions=kept, version=seen + 1)
        effect = await put_shift(desk, connection, after, who)
    desk.log.info("shift.changed", shift=str(after.id), walks=len(effect.walks))
    return roster_answers.changed_shift(after, effect)


async def except_day(
    desk: Desk,
    officer_id: UUID,
    shift_id: UUID,
    who: Principal,
    seen: int,
    *,
    day: date,
    hours: domain.Hours | None,
) -> dict[str, Any]:
    """A day on which a shift is worked at other times, or (None) not at all. Raises as changing."""
    async with desk.database.transaction() as connection:
        before = await _lock(connection, officer_id, shift_id, who, seen)
        if not before.falls_on(day):
            raise Invalid(faults=[Fault("#/path/day", "is not a day of this shift")])
        others = tuple(each for each in before.exceptions if each[0] != day)
        differing = others if hours == before.hours else (*others, (day, hours))
        after = replace(before, exceptions=tuple(sorted(differing)), version=seen + 1)
        effect = await put_shift(desk, connection, after, who)
    desk.log.info("shift.changed", shift=str(shift_id), walks=len(effect.walks))
    return roster_answers.changed_shift(after, effect)


async def remove_shift(
    desk: Desk, officer_id: UUID, shift_id: UUID, who: Principal, seen: int
) -> dict[str, Any]:
    """A shift less: its open slots go with it, its booked walks stay. Raises as changing."""
    async with desk.database.transaction() as connection:
        shift = await _lock(connection, officer_id, shift_id, who, seen)
        effect = await drop_shift(desk, connection, shift)
    desk.log.info("shift.removed", shift=str(shift_id), walks=len(effect.walks))
    return roster_answers.effect(effect)


async def open_next_shift(desk: Desk) -> bool:
    """Open the slots of one shift as far as its team's horizon; False when all are."""
    at = desk.clock()
    async with desk.database.transaction() as connection:
        shift = await store.rosters.lock_next_to_open(connection, at, _rules(desk))
        if shift is None:
            return False
        effect = await _bring_together(desk, connection, shift)
    desk.log.info(
        "shift.opened",
        shift=str(shift.id),
        opened=effect.opened,
        withdrawn=effect.withdrawn,
        left_out=[wall.isoformat() for wall in effect.left_out],
    )
    return True


async def put_shift(
    desk: Desk, connection: Connection, shift: domain.Shift, who: Principal
) -> Effect:
    """A shift as its coordinator wants it; the officer's roster is locked. Raises as adding."""
    who.must_cover(shift.ward)
    if faults := faults_of(desk, shift):
        raise Invalid(faults=faults)
    others = await store.rosters.list_shifts(connection, [shift.officer_id])
    if domain.clashes(shift, others):
        raise domain.ShiftsOverlap
    return await write_shift(desk, connection, shift, who)


def faults_of(desk: Desk, shift: domain.Shift) -> list[Fault]:
    """What is wrong with where a shift is."""
    place = shift.meeting_point
    if shift.ward not in desk.areas.by_code:
        return [Fault("#/ward", "is not a ward of the boundary set in force")]
    if desk.areas.find(place.lon, place.lat) is None and desk.areas.find(place.lat, place.lon):
        return [Fault("#/meeting_point/coordinates", "must be longitude first, then latitude")]
    return []


async def write_shift(
    desk: Desk, connection: Connection, shift: domain.Shift, who: Principal
) -> Effect:
    """Write a shift that has been looked at, and bring its slots together with it."""
    await store.rosters.save_shift(connection, shift, by=who.subject, at=desk.clock())
    return await _bring_together(desk, connection, shift)


async def drop_shift(desk: Desk, connection: Connection, shift: domain.Shift) -> Effect:
    """Withdraw what is open of a locked shift, and drop it."""
    slots = await store.rosters.slots_ahead(connection, shift.id, desk.clock())
    effect = await _withdraw(connection, slots)
    await store.rosters.delete_shift(connection, shift.id)
    return effect


async def lead(connection: Connection, officer_id: UUID, who: Principal) -> domain.Officer:
    """Lock the roster of an officer whose team the coordinator leads. Raises NotFound, Forbidden."""
    await store.rosters.lock_rosters(connection, [officer_id])
    found = await store.teams.find_officer(connection, officer_id)
    if found is None:
        raise NotFound("There is no such officer.")
    officer, _ = found
    team = await store.teams.find_team(connection, officer.team_id)
    assert team is not None  # an officer's team is never deleted
    must_lead(who, team)
    return officer


async def _require_places(connection: Connection, shift: domain.Shift) -> None:
    """Raise Invalid where a shift is offered to more people than may walk with one officer."""
    found = await store.teams.find_officer(connection, shift.officer_id)
    assert found is not None  # her roster is locked
    if faults := domain.faults_of_capacity(shift.capacity, found[1]):
        raise Invalid(faults=faults)


async def _lock(
    connection: Connection, officer_id: UUID, shift_id: UUID, who: Principal, seen: int
) -> domain.Shift:
    """Her shift, locked after her. Raises NotFound, Forbidden, PreconditionFailed."""
    await lead(connection, officer_id, who)
    shift = await store.rosters.lock_shift(connection, shift_id)
    if shift is None or shift.officer_id != officer_id:
        raise NotFound("This officer has no such shift.")
    if shift.version != seen:
        raise PreconditionFailed
    return shift


def _rules(desk: Desk) -> str:
    """What slots depend on beside shift and policy: time zone rules and wards."""
    return f"{desk.tz_version} {desk.areas.name}"


async def _bring_together(desk: Desk, connection: Connection, shift: domain.Shift) -> Effect:
    """Withdraw open slots that a locked shift does not offer, open those that it does."""
    at = desk.clock()
    found = await store.teams.find_officer(connection, shift.officer_id)
    assert found is not None  # an officer is never deleted
    officer, policy = found
    today = at.astimezone(domain.LONDON).date()
    last = (at + policy.horizon).astimezone(domain.LONDON).date()
    offered = domain.openings(shift, policy, (today - DAY, last), desk.tz_version)
    known = shift.ward in desk.areas.by_code
    ahead = [times for times in offered.times if known and times.starts_at > at]
    slots = await store.rosters.slots_ahead(connection, shift.id, at)
    stray = [s for s in slots if not any(domain.belongs(s, shift, times) for times in ahead)]
    effect = await _withdraw(connection, [s for s in stray if s.state is domain.SlotState.OPEN])
    there = {slot.times.starts_at for slot in slots if slot not in stray}
    # A slot that somebody withdrew stays withdrawn, whatever else has changed of the shift.
    there |= {s.times.starts_at for s in slots if s.state is domain.SlotState.WITHDRAWN}
    missing = [times for times in ahead if times.starts_at not in there]
    opened = await _open(desk, connection, shift, officer, missing)
    under = f"{policy.version} {_rules(desk)}"
    await store.rosters.note_opened(connection, shift.id, store.rosters.Opened(last, under))
    said = tuple(wall for wall in offered.left_out if wall.date() >= today)
    return replace(effect, opened=opened, left_out=said)


async def _withdraw(connection: Connection, slots: Sequence[domain.Slot]) -> Effect:
    ids = [slot.id for slot in slots]
    withdrawn = await store.rosters.withdraw(connection, ids)
    walks = await store.rosters.walks_on(connection, ids)
    return Effect(withdrawn=withdrawn, walks=tuple(walks))


async def _open(
    desk: Desk,
    connection: Connection,
    shift: domain.Shift,
    officer: domain.Officer,
    missing: Sequence[domain.Times],
) -> int:
    opened = 0
    for times in missing:
        ward = desk.areas.by_code[shift.ward]
        slot = domain.Slot(
            id=new_id(),
            officer=officer,
            ward=domain.Ward(ward.code, ward.name, ward.set),
            near=shift.near,
            meeting_point=shift.meeting_point,
            times=times,
            after_dark=sun.is_dark(times.starts_at, *ward.point),
            capacity=shift.capacity,
        )
        opened += await store.slots.open_slot(
            connection, slot, by=BY_ROSTER, at=desk.clock(), shift_id=shift.id
        )
    return opened
