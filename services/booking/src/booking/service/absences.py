"""Officers who are not there: recorded, ended, and which walks are without their officer.

Invariant: the absence counts for every list, hold and booking from its commit on; no walk is changed by it:
whoever records it is told which walks wait for another officer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from booking import domain, store
from booking.service import roster_answers
from booking.service.desk import Desk
from booking.service.teams import leads, must_lead
from shared import idempotency, outbox
from shared.auth import Principal
from shared.clock import new_id
from shared.errors import Fault, Invalid, NotFound, PreconditionFailed
from shared.idempotency import Once
from shared.postgres import Connection


@dataclass(frozen=True, slots=True)
class NewAbsence:
    """An absence as a coordinator records it."""

    officer_id: UUID
    kind: domain.AbsenceKind
    since: datetime
    until: datetime | None


async def record_absence(
    desk: Desk, wanted: NewAbsence, who: Principal, request: Once
) -> dict[str, Any]:
    """An officer will not be there, or is not. Raises Invalid, Forbidden."""
    at = desk.clock()
    if wanted.until is not None and wanted.until <= max(wanted.since, at):
        raise Invalid(faults=[Fault("#/until", "must lie ahead, and after its beginning")])
    async with desk.database.transaction() as connection:
        if kept := await idempotency.replay(connection, request):
            return kept
        officer = await _lead(connection, wanted.officer_id, who)
        absence = domain.Absence(new_id(), officer, wanted.kind, wanted.since, wanted.until)
        await store.absences.add_absence(connection, absence, by=who.subject, at=at)
        walks = await affected(connection, absence, at)
        await outbox.append(connection, *domain.record(absence, len(walks), at))
        answer = roster_answers.recorded_absence(absence, walks)
        await idempotency.keep(connection, request, answer)
    # Not whose: a log is read by more people than may know.
    desk.log.info("absence.recorded", absence=str(absence.id), walks=len(walks))
    return answer


async def end_absence(
    desk: Desk, absence_id: UUID, until: datetime | None, who: Principal, seen: int
) -> dict[str, Any]:
    """Another end of an absence: now, sooner, later, or (None) not known.

    Raises NotFound, Forbidden, PreconditionFailed, AbsenceOver. It is told of again when it reaches further
    than before: only then do more walks wait for somebody.
    """
    at = desk.clock()
    async with desk.database.transaction() as connection:
        found = await store.absences.find_absence(connection, absence_id)
        if found is None:
            raise NotFound("There is no such absence.")
        await _lead(connection, found.officer.id, who)
        before = await store.absences.find_absence(connection, absence_id)
        if before is None or before.version != seen:
            raise PreconditionFailed
        after, further = domain.end_absence(before, until, at)
        await store.absences.save_absence(connection, after, by=who.subject, at=at)
        walks = await affected(connection, after, at)
        if further:
            await outbox.append(connection, *domain.record(after, len(walks), at))
    desk.log.info("absence.changed", absence=str(absence_id), walks=len(walks))
    return roster_answers.recorded_absence(after, walks)


async def absences(
    desk: Desk, who: Principal, officer: UUID | None = None
) -> Sequence[domain.Absence]:
    """The absences of the coordinator's teams; that she has read them is written down."""
    async with desk.database.transaction() as connection:
        teams = [each.id for each in await store.teams.list_teams(connection) if leads(who, each)]
        found = await store.absences.list_absences(
            connection, desk.clock(), teams=teams, officer=officer
        )
        await _audit(connection, who, found)
    return found


async def absence(
    desk: Desk, absence_id: UUID, who: Principal
) -> tuple[domain.Absence, Sequence[domain.Walk]]:
    """An absence, and the walks that wait for another officer. Raises NotFound, Forbidden."""
    async with desk.database.transaction() as connection:
        found = await find_led(connection, absence_id, who)
        walks = await affected(connection, found, desk.clock())
    return found, walks


async def find_led(connection: Connection, absence_id: UUID, who: Principal) -> domain.Absence:
    """An absence in a team of hers; that she has read it is written down. Raises NotFound, Forbidden."""
    found = await store.absences.find_absence(connection, absence_id)
    if found is None:
        raise NotFound("There is no such absence.")
    await _must_lead(connection, found.officer, who)
    await _audit(connection, who, [found])
    return found


async def _audit(connection: Connection, who: Principal, found: Sequence[domain.Absence]) -> None:
    await store.people.audit(
        connection,
        actor=who.subject,
        action="absence.read",
        subjects=[f"absence {each.id}" for each in found],
        reason="looking after walks",
    )


async def affected(
    connection: Connection, absence: domain.Absence, at: datetime
) -> list[domain.Walk]:
    """The walks to come, and places held, that an absence leaves without their officer, by start."""
    since = max(absence.since, at)
    return await store.absences.affected(connection, absence.officer.id, since, absence.until)


async def _lead(connection: Connection, officer_id: UUID, who: Principal) -> domain.Officer:
    await store.absences.lock_officer(connection, officer_id)
    found = await store.teams.find_officer(connection, officer_id)
    if found is None:
        raise Invalid(faults=[Fault("#/officer_id", "is no officer's")])
    officer, _ = found
    await _must_lead(connection, officer, who)
    return officer


async def _must_lead(connection: Connection, officer: domain.Officer, who: Principal) -> None:
    team = await store.teams.find_team(connection, officer.team_id)
    assert team is not None  # an officer's team is never deleted
    must_lead(who, team)
