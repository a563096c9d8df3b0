"""A whole roster at once: the shifts of every officer that it names become what it says.

Invariant: all or nothing; a dry run is the run itself, rolled back, so that both say the same. Officers that
are not named keep their shifts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from booking import domain, store
from booking.service import roster_answers
from booking.service.desk import Desk
from booking.service.rosters import Effect, drop_shift, faults_of, write_shift
from booking.service.teams import must_lead
from shared import idempotency
from shared.auth import Principal
from shared.errors import Fault, Invalid
from shared.idempotency import Once
from shared.postgres import Connection


@dataclass(frozen=True, slots=True)
class RosterLine:
    """A shift as a line of the file says it; its officer by subject."""

    number: int
    subject: str
    shift: domain.Shift


async def import_roster(
    desk: Desk, lines: Sequence[RosterLine], who: Principal, request: Once, *, dry_run: bool
) -> dict[str, Any]:
    """Make officers' shifts what the lines say. Raises Invalid with every line that is wrong."""
    async with desk.database.transaction() as connection:
        if kept := await idempotency.replay(connection, request):
            return kept
        attempt = connection.transaction()
        await attempt.start()
        report = await _import(desk, connection, lines, who)
        if dry_run:
            await attempt.rollback()
            return report | {"dry_run": True}
        await attempt.commit()
        await idempotency.keep(connection, request, report)
    desk.log.info("roster.imported", lines=len(lines), walks=len(report["walks"]))
    return report


async def _import(
    desk: Desk, connection: Connection, lines: Sequence[RosterLine], who: Principal
) -> dict[str, Any]:
    officers = await store.teams.officers_of(connection, [line.subject for line in lines])
    teams = {team.id: team for team in await store.teams.list_teams(connection)}
    for officer in officers.values():
        must_lead(who, teams[officer.team_id])
    policies = {each.id: teams[each.team_id].policy for each in officers.values()}
    _require_right(desk, lines, officers, who)
    _require_places(lines, officers, policies)
    wanted = {
        line.number: replace(line.shift, officer_id=officers[line.subject].id) for line in lines
    }
    _require_apart(wanted)
    ids = sorted({shift.officer_id for shift in wanted.values()})
    await store.rosters.lock_rosters(connection, ids)
    before = await store.rosters.list_shifts(connection, ids)
    compared = domain.compare(before, list(wanted.values()))
    effect = Effect()
    for shift in (*compared.removed, *compared.changed):
        await store.rosters.lock_shift(connection, shift.id)
    for shift in compared.removed:
        effect += await drop_shift(desk, connection, shift)
    for shift in (*compared.changed, *compared.added):
        effect += await write_shift(desk, connection, shift, who)
    names = {officer.id: officer.display_name for officer in officers.values()}
    return {
        "dry_run": False,
        "changes": roster_answers.comparison(compared, names),
        "unchanged": len(compared.same),
        **roster_answers.effect(effect),
    }


def _require_right(
    desk: Desk,
    lines: Sequence[RosterLine],
    officers: Mapping[str, domain.Officer],
    who: Principal,
) -> None:
    """Raise Invalid with every line whose officer, ward or place cannot be."""
    faults: list[Fault] = []
    for line in lines:
        where = f"#/csv/{line.number}"
        if line.subject not in officers:
            faults.append(Fault(f"{where}/officer", "is no officer's subject"))
        wrong = {fault.pointer: fault.detail for fault in faults_of(desk, line.shift)}
        if "#/ward" in wrong:
            faults.append(Fault(f"{where}/ward", wrong["#/ward"]))
        elif not who.covers(line.shift.ward):
            faults.append(Fault(f"{where}/ward", "is not one of your wards"))
        if "#/meeting_point/coordinates" in wrong:
            faults.append(Fault(f"{where}/longitude", wrong["#/meeting_point/coordinates"]))
    _raise(faults)


def _require_places(
    lines: Sequence[RosterLine],
    officers: Mapping[str, domain.Officer],
    policies: Mapping[UUID, domain.Policy],
) -> None:
    """Raise Invalid with every line that is for more people than may walk with its officer."""
    _raise(
        [
            Fault(f"#/csv/{line.number}/capacity", fault.detail)
            for line in lines
            for fault in domain.faults_of_capacity(
                line.shift.capacity, policies[officers[line.subject].id]
            )
        ]
    )


def _require_apart(wanted: Mapping[int, domain.Shift]) -> None:
    """Raise Invalid with every line that overlaps an earlier one of the same officer."""
    faults: list[Fault] = []
    seen: dict[UUID, list[tuple[int, domain.Shift]]] = {}
    for number, shift in wanted.items():
        hers = seen.setdefault(shift.officer_id, [])
        other = next((nth for nth, each in hers if domain.clashes(shift, [each])), None)
        if other is not None:
            said = f"overlaps line {other}: an officer has one shift at a time"
            faults.append(Fault(f"#/csv/{number}/from", said))
        hers.append((number, shift))
    _raise(faults)


def _raise(faults: Sequence[Fault]) -> None:
    if faults:
        raise Invalid("Nothing was changed: some lines are wrong.", faults=faults)
