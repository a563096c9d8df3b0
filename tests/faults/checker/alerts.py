"""I4 at notifications: an alert for each overdue walk, a message for each that must be told, once.

An alarm also comes by HTTP, so an alert may stand before its event is applied here; never without its
event being committed.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from tests.faults.checker.effects import Event
from tests.faults.checker.findings import Gathered
from tests.faults.checker.log import Connection

ROWS = "select id, walk_id, due_at, cleared_at, escalated_at from alert"
MESSAGES = "select walk_id, purpose, sequence, alert_id, rung from message"

Deadline = tuple[UUID, datetime]
Intent = tuple[Any, ...]

WHERE = "notifications' alerts"


@dataclass
class Expected:
    """One alert as it must be."""

    missing: str
    cleared_at: datetime | None = None


@dataclass
class Alerts:
    """Alerts by walk and deadline with when they were cleared, and the messages intended."""

    alerts: dict[UUID, dict[datetime, Expected]] = field(
        default_factory=lambda: defaultdict[UUID, dict[datetime, Expected]](dict)
    )
    intended: set[Intent] = field(default_factory=set[Intent])
    committed: set[Deadline] = field(default_factory=set[Deadline])

    def know(self, event: Event) -> None:
        """Take in an event that is committed, applied here or not."""
        if event.kind == "overdue":
            self.committed.add((event.key, event.instant("due_at")))

    def apply(self, event: Event) -> None:
        """Take in an event that was applied here."""
        match event.kind:
            case "confirmed":
                self._intend(event)
            case "cancelled":
                self._intend(event)
                self._clear(event, event.time)
            case "overdue":
                raised = Expected(event.value["missing"])
                self.alerts[event.key][event.instant("due_at")] = raised
            case "started" | "ended" | "overdue_cleared":
                self._clear(event, event.instant("at"))
            case _:
                pass

    def _intend(self, event: Event) -> None:
        self.intended.add((event.key, f"walk_{event.kind}", event.sequence, None, None))

    def _clear(self, event: Event, at: datetime) -> None:
        for due_at, alert in self.alerts.get(event.key, {}).items():
            meant = {
                "started": alert.missing == "start",
                "overdue_cleared": event.value.get("due_at") is not None
                and due_at == event.instant("due_at"),
            }.get(event.kind, True)
            if meant and alert.cleared_at is None:
                alert.cleared_at = at

    async def compare(
        self, connection: "Connection[Any]", topics: Sequence[str], gathered: Gathered
    ) -> None:
        """Alert by alert, and message by message."""
        held = {(row["walk_id"], row["due_at"]): row for row in await connection.fetch(ROWS)}
        expected = {
            (walk, due_at): alert
            for walk, of in self.alerts.items()
            for due_at, alert in of.items()
        }
        gathered.counted["alerts"] += len(held)
        for walk, due_at in sorted(expected.keys() - held.keys()):
            gathered.add("I4", WHERE, f"none for walk {walk}, due at {due_at}")
        for walk, due_at in sorted(held.keys() - self.committed):
            gathered.add("I4", WHERE, f"one for walk {walk}, due at {due_at}, never overdue")
        for deadline in sorted(held.keys() & expected.keys()):
            cleared_at = held[deadline]["cleared_at"]
            if cleared_at != expected[deadline].cleared_at:
                what = f"that of walk {deadline[0]} was cleared at {cleared_at}"
                gathered.add("I4", WHERE, f"{what}, told of {expected[deadline].cleared_at}")
        await self._compare_messages(connection, list(held.values()), gathered)

    async def _compare_messages(
        self, connection: "Connection[Any]", alerts: Sequence[Any], gathered: Gathered
    ) -> None:
        expected = self.intended.copy()
        for alert in alerts:
            rungs = ("supervisor", "control_room") if alert["escalated_at"] else ("supervisor",)
            expected |= {
                (alert["walk_id"], "alert_waiting", None, alert["id"], rung) for rung in rungs
            }
        held = [tuple(row.values()) for row in await connection.fetch(MESSAGES)]
        gathered.counted["messages"] += len(held)
        where = "notifications' messages"
        for intent in sorted(expected - set(held), key=str):
            gathered.add("I4", where, f"none was intended: {intent}")
        for intent in sorted(set(held) - expected, key=str):
            gathered.add("I4", where, f"one nobody asked for: {intent}")
        if len(held) != len(set(held)):
            gathered.add("I4", where, f"{len(held) - len(set(held))} are intended twice")
