"""Events as reporting receives them, valid by default."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from shared.events import Fact, Received, WardRef, absences, alerts, concerns, requests, walks
from shared.postgres import Database

DAY = date(2027, 1, 12)
AT = datetime(2027, 1, 12, 18, 5, tzinfo=UTC)
WARD = WardRef(code="L05000001", set="larkmere-2026")

WALKS: dict[str, tuple[type[Fact], dict[str, Any]]] = {
    "confirmed": (walks.WalkConfirmed, {"officer_role": "PC"}),
    "cancelled": (walks.WalkCancelled, {"initiator": "weather", "notice_hours": 5.0}),
    "rescheduled": (
        walks.WalkRescheduled,
        {"old_starts_at": AT, "old_ends_at": AT, "initiator": "force"},
    ),
    "reassigned": (
        walks.WalkReassigned,
        {"reason": "unavailable", "officer_role": "PC", "notice_hours": 2.0},
    ),
    "aborted": (walks.WalkAborted, {"at": AT, "reason": "incident"}),
    "no_show": (walks.NoShowRecorded, {"party": "officer"}),
    "debriefed": (walks.WalkDebriefed, {"concern_count": 1, "survey_invited": False}),
    "started": (walks.WalkStarted, {"at": AT}),
    "ended": (walks.WalkEnded, {"at": AT}),
    "overdue": (walks.WalkOverdue, {"due_at": AT, "missing": "end"}),
    "overdue_cleared": (walks.WalkOverdueCleared, {"due_at": AT, "at": AT}),
}


def received(
    fact: Fact, key: UUID | None = None, *, at: datetime = AT, sequence: int = 1
) -> Received:
    """A fact in its envelope."""
    return Received(uuid4(), fact.topic, fact.type, str(key or uuid4()), sequence, at, fact)


def a_walk_event(kind: str = "started", **changes: Any) -> Received:
    """An event of a walk in the dark of 12 January 2027."""
    fact, own = WALKS[kind]
    told: dict[str, Any] = {
        "ward": WARD,
        "starts_at": AT,
        "ends_at": AT + timedelta(hours=1),
        "local_date": DAY,
        "light": "dark",
    }
    return received(fact(**(told | own | changes)))


def a_started_walk(**changes: Any) -> Received:
    """A WalkStarted."""
    return a_walk_event("started", **changes)


def a_concern(**changes: Any) -> Received:
    """A ConcernCaptured of severity 2 that names one category."""
    told: dict[str, Any] = {
        "walk_id": uuid4(),
        "ward": WARD,
        "categories": ["badly_lit"],
        "category_version": "2026-11",
        "severity": 2,
        "light": "dark",
        "source": "walk",
        "observed_at": AT,
        "local_date": DAY,
    }
    return received(concerns.ConcernCaptured(**(told | changes)))


def alert_events(*, at: datetime = AT) -> list[Received]:
    """The three events of an alert that nobody acknowledged at first."""
    told: dict[str, Any] = {
        "code": "walk_overdue",
        "walk_id": uuid4(),
        "ward": WARD,
        "rung": "supervisor",
    }
    return [
        received(alerts.AlertRaised(**told, due_at=at), at=at),
        received(alerts.AlertEscalated(**told, elapsed_seconds=300), at=at),
        received(alerts.AlertAcknowledged(**told, elapsed_seconds=420), at=at),
    ]


def request_events(*wards: WardRef) -> list[Received]:
    """The five events that a request in these wards may meet."""
    told: dict[str, Any] = {"wards": list(wards or (WARD,))}
    wish: dict[str, Any] = {
        "mode": "preference",
        "bands": ["16"],
        "light": "dark",
        "has_needs": False,
        "source": "online",
    }
    return [
        received(requests.WalkRequested(**told, **wish)),
        received(requests.RequestWaitlisted(**told, reason="no_slot", ahead="none")),
        received(requests.RequestWithdrawn(**told, reason="participant")),
        received(requests.OfferMade(**told, offer_no=1, expires_at=AT, borrowed=False)),
        received(requests.OfferExpired(**told, offer_no=1)),
    ]


def an_absence() -> Received:
    """An OfficerAbsenceRecorded."""
    return received(absences.OfficerAbsenceRecorded(since=AT, until=None, affected_walks=2))


APPLIED = """
insert into partition_progress (consumer, topic, partition, lag, as_of) values ($1, 'walks', 0, 0, $2)
"""


async def applied_until(
    database: Database, as_of: datetime, *, consumer: str = "reporting"
) -> None:
    """Say what the consumer says: that everything up to ``as_of`` is applied."""
    await database.pool.execute(APPLIED, consumer, as_of)
