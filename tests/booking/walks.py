"""Slots, walks and what is told of them, as the domain has them: without a database."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from booking import domain
from booking.domain import Walk
from shared.events import Outgoing
from tests.factories import START

HOUR = timedelta(hours=1)
POLICY = domain.Policy(
    min_notice=HOUR, horizon=timedelta(days=28), buffer=HOUR / 4, grace=timedelta(minutes=10)
)


def a_slot(**changes: Any) -> domain.Slot:
    """A slot of half an hour, two hours from START."""
    officer = domain.Officer(uuid4(), 7, uuid4(), "PC Robin", "020 7946 0000", "PCSO")
    slot = domain.Slot(
        id=uuid4(),
        officer=officer,
        ward=domain.Ward("L05000001", "Millfield", "larkmere-2026"),
        near="the old mill",
        meeting_point=domain.MeetingPoint("Mill Lane bus stop", -0.02, 51.44),
        times=domain.promised(START + 2 * HOUR, 30, "2026a"),
        after_dark=True,
    )
    return replace(slot, **changes)


def telling(at: datetime = START) -> domain.Telling:
    return domain.Telling(at, 4 * HOUR)


def booked(slot: domain.Slot | None = None) -> tuple[Walk, domain.Facts]:
    ids = domain.NewWalk(uuid4(), uuid4(), "0000-0001")
    return domain.book(slot or a_slot(), POLICY, ids, telling())


def a_walk(state: str = "confirmed") -> Walk:
    """A walk in a state."""
    walk, _ = booked()
    at = telling(walk.times.starts_at)
    match state:
        case "held":
            return replace(walk, state=domain.State.HELD)
        case "started":
            return start(walk, "officer-1", at)[0]
        case "ended":
            return end(start(walk, "officer-1", at)[0], "officer-1", at)[0]
        case "cancelled":
            return domain.cancel(walk, "officer-1", "force", at)[0]
        case _:
            return walk


def start(walk: Walk, by: str, at: domain.Telling) -> tuple[Walk, domain.Facts]:
    """Somebody starts a walk now."""
    return domain.start(walk, domain.tap(by, None, at.at), at)


def end(walk: Walk, by: str, at: domain.Telling) -> tuple[Walk, domain.Facts]:
    """Somebody ends a walk now."""
    return domain.end(walk, domain.tap(by, None, at.at), at)


def types(facts: domain.Facts) -> list[str]:
    return [fact.topic.split(".")[0] + " " + fact.type for fact in facts]


def only(facts: domain.Facts, tier: str) -> Outgoing:
    [found] = [fact for fact in facts if fact.topic.startswith(tier)]
    return found
