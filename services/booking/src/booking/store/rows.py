"""Rows into the values of the domain.

Invariant: no Record leaves the store.
"""

from datetime import datetime
from typing import Any

from asyncpg import Record

from booking import domain


def officer(row: Record) -> domain.Officer:
    """An officer, from a row that has her columns beside a slot's or a walk's."""
    return domain.Officer(
        id=row["officer_id"],
        number=row["officer_no"],
        team_id=row["team_id"],
        display_name=row["display_name"],
        force_phone=row["force_phone"],
        role=row["role"],
    )


def policy(row: Record) -> domain.Policy:
    """A team's policy."""
    return domain.Policy(
        min_notice=row["min_notice"],
        horizon=row["horizon"],
        buffer=row["buffer"],
        grace=row["grace"],
        debrief=row["debrief"],
        walk_minutes=row["walk_minutes"],
        daily_limit=row["daily_limit"],
        officer_sex=row["officer_sex"],
        group_size=row["group_size"],
        people_per_officer=row["people_per_officer"],
        youth=row["youth"],
        youth_from=row["youth_from"],
        version=row["policy_version"],
    )


def team(row: Record) -> domain.Team:
    """A team, the policy in force and its wards."""
    return domain.Team(
        id=row["team_id"],
        name=row["name"],
        policy=policy(row),
        wards=domain.Wards(tuple(row["own"]), tuple(row["borrowed"])),
        wards_version=row["wards_version"],
    )


def slot(row: Record) -> domain.Slot:
    """A slot and its officer."""
    return domain.Slot(
        id=row["id"],
        officer=officer(row),
        state=domain.SlotState(row["state"]),
        capacity=row["capacity"],
        officers=row["officers"],
        **_plan(row),
    )


def walk(row: Record) -> domain.Walk:
    """A walk and its officer."""
    return domain.Walk(
        id=row["id"],
        shared_id=row["shared_id"],
        reference=row["reference"],
        slot_id=row["slot_id"],
        officer=officer(row),
        start_due_at=row["start_due_at"],
        end_due_at=row["end_due_at"],
        confirmed_at=row["confirmed_at"],
        state=domain.State(row["state"]),
        version=row["version"],
        sequence=row["sequence"],
        link_generation=row["link_generation"],
        started=_deed(row["started_at"], row["started_by"], late=row["started_late"]),
        ended=_deed(row["ended_at"], row["ended_by"], late=row["ended_late"]),
        abort_reason=row["abort_reason"],
        missed=_deed(row["missed_at"], row["missed_by"]),
        missing_party=row["missing_party"],
        debriefed=_deed(row["debriefed_at"], row["debriefed_by"]),
        cancelled=_deed(row["cancelled_at"], row["cancelled_by"]),
        initiator=row["initiator"],
        overdue=_overdue(row),
        concern_count=row["concern_count"],
        held_until=row["held_until"],
        companions=row["companions"],
        **_plan(row),
    )


def _plan(row: Record) -> dict[str, Any]:
    """What a slot offers and a walk keeps."""
    return {
        "ward": domain.Ward(row["ward_code"], row["ward_name"], row["ward_set"]),
        "near": row["near"],
        "meeting_point": domain.MeetingPoint(
            row["meeting_name"], row["meeting_lon"], row["meeting_lat"]
        ),
        "times": domain.Times(
            row["starts_at"],
            row["ends_at"],
            row["local_date"],
            row["local_from"],
            row["local_to"],
            row["tz_version"],
        ),
        "after_dark": row["after_dark"],
    }


def _overdue(row: Record) -> domain.Overdue | None:
    if not row["overdue_due_at"]:
        return None
    due_at, missing = row["overdue_due_at"], row["overdue_missing"]
    return domain.Overdue(due_at, missing, row["overdue_acknowledged_at"])


def _deed(at: datetime | None, by: str | None, *, late: bool = False) -> domain.Deed | None:
    return domain.Deed(at, by, late) if at and by else None


def bar(row: Record) -> domain.Bar:
    """A bar."""
    return domain.Bar(
        id=row["id"],
        reference=row["reference"],
        ward_code=row["ward_code"],
        reason=row["reason"],
        by=row["barred_by"],
        since=row["barred_at"],
        until=row["until"],
        lifted_at=row["lifted_at"],
    )
