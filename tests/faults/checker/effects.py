"""I4 in the tables of those who listen: each effect recomputed from what was committed, and compared.

Invariant: the rules by which an event has effects are written here a second time, from the promises.
What is expected of a consumer is what its inbox says that it has applied.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from tests.faults.checker.findings import Gathered
from tests.faults.checker.log import Connection
from tests.faults.checker.promised import ALERTS, CONCERNS, WALKS

LONDON = ZoneInfo("Europe/London")

FACTS = """
select measure, kind, day, ward_code, ward_set, light, category, category_version, severity, detail,
       elapsed_seconds, count(*) as count
  from fact where measure = any($1::text[])
 group by measure, kind, day, ward_code, ward_set, light, category, category_version, severity, detail,
          elapsed_seconds
"""
WINDOWS = (
    "select walk_id, starts_at, ends_at, started_at, ended_at, cancelled_at from capture_window"
)
HEARD = "select id, concern_count, overdue_due_at, overdue_acknowledged_at from walk"
MEASURES = {WALKS: ("walks",), CONCERNS: ("concerns", "mentions"), ALERTS: ("alerts",)}


@dataclass(frozen=True)
class Event:
    """One committed event, its value as JSON says it."""

    topic: str
    key: UUID
    sequence: int
    type: str
    time: datetime
    value: dict[str, Any]

    @property
    def kind(self) -> str:
        """``started`` of ``walk.started.v1``."""
        return self.type.split(".")[1]

    def instant(self, name: str) -> datetime:
        """A field that is a moment."""
        return datetime.fromisoformat(self.value[name])


class Effects(Protocol):
    """What a consumer's handlers write, worked out anew."""

    def apply(self, event: Event) -> None:
        """Take in an event that the consumer has applied; a key's come in order."""
        ...

    async def compare(
        self, connection: "Connection[Any]", topics: Sequence[str], gathered: Gathered
    ) -> None:
        """Compare with the consumer's tables, as far as these topics go."""
        ...


@dataclass
class Facts:
    """Reporting's: facts counted by all that they say."""

    expected: Counter[tuple[Any, ...]] = field(default_factory=Counter[tuple[Any, ...]])

    def apply(self, event: Event) -> None:
        ward = event.value["ward"] or {"code": None, "set": None}
        place = (ward["code"], ward["set"])
        if event.topic == WALKS:
            said = event.value.get("initiator") or event.value.get("missing")
            day = date.fromisoformat(event.value["local_date"])
            light = event.value["light"]
            self._add("walks", event.kind, day, *place, light, None, None, None, said, None)
        elif event.topic == CONCERNS:
            self._add_concern(event, place)
        else:
            day = event.time.astimezone(LONDON).date()
            told = (None, None, None, None, event.value["rung"], event.value.get("elapsed_seconds"))
            self._add("alerts", event.kind, day, *place, *told)

    def _add_concern(self, event: Event, place: tuple[Any, Any]) -> None:
        value = event.value
        day = date.fromisoformat(value["local_date"])
        told = (value["category_version"], value["severity"], value["source"], None)
        self._add("concerns", event.kind, day, *place, value["light"], None, *told)
        for category in sorted(set(value["categories"])):
            self._add("mentions", event.kind, day, *place, value["light"], category, *told)

    def _add(self, *fact: Any) -> None:
        self.expected[fact] += 1

    async def compare(
        self, connection: "Connection[Any]", topics: Sequence[str], gathered: Gathered
    ) -> None:
        measures = [each for topic in topics for each in MEASURES[topic]]
        held: Counter[tuple[Any, ...]] = Counter()
        for row in await connection.fetch(FACTS, measures):
            *fact, number = row.values()
            held[tuple(fact)] = number
        gathered.counted["facts"] += held.total()
        for fact in held.keys() | self.expected.keys():
            if held[fact] != self.expected[fact]:
                what = f"{held[fact]} times, not {self.expected[fact]}: {fact}"
                gathered.add("I4", "reporting's facts", what)


@dataclass
class Windows:
    """Concerns': the capture window of each walk."""

    expected: dict[UUID, dict[str, Any]] = field(default_factory=dict[UUID, dict[str, Any]])

    def apply(self, event: Event) -> None:
        said: dict[str, Any] = {}
        match event.kind:
            case "confirmed" | "rescheduled":
                said["cancelled_at"] = None
            case "started":
                said["started_at"] = event.instant("at")
            case "ended" | "aborted":
                said["ended_at"] = event.instant("at")
            case "cancelled":
                said["cancelled_at"] = event.time
            case _:
                return
        nothing = dict.fromkeys(("started_at", "ended_at", "cancelled_at"))
        times = {name: event.instant(name) for name in ("starts_at", "ends_at")}
        self.expected[event.key] = self.expected.get(event.key, nothing) | times | said

    async def compare(
        self, connection: "Connection[Any]", topics: Sequence[str], gathered: Gathered
    ) -> None:
        held = {row["walk_id"]: dict(row) for row in await connection.fetch(WINDOWS)}
        gathered.counted["capture windows"] += len(held)
        for walk in held.keys() | self.expected.keys():
            found = {name: given for name, given in held.get(walk, {}).items() if name != "walk_id"}
            if found != self.expected.get(walk, {}):
                gathered.add("I4", "concerns' windows", f"walk {walk} has not what was told of it")


@dataclass
class Heard:
    """Booking's, on each walk: how many concerns were said on it, and when its alarm was taken on."""

    concerns: Counter[UUID] = field(default_factory=Counter[UUID])
    taken_on: dict[UUID, list[datetime]] = field(default_factory=dict[UUID, list[datetime]])

    def apply(self, event: Event) -> None:
        if event.topic == ALERTS:
            if event.kind == "acknowledged":
                self.taken_on.setdefault(UUID(event.value["walk_id"]), []).append(event.time)
        elif event.value["walk_id"]:
            self.concerns[UUID(event.value["walk_id"])] += 1

    async def compare(
        self, connection: "Connection[Any]", topics: Sequence[str], gathered: Gathered
    ) -> None:
        for row in await connection.fetch(HEARD):
            if CONCERNS in topics and row["concern_count"] != self.concerns[row["id"]]:
                counted, told = row["concern_count"], self.concerns[row["id"]]
                what = f"walk {row['id']} counts {counted} concerns, told of {told}"
                gathered.add("I4", "booking's debriefs", what)
            if ALERTS in topics and not self._is_taken_on_as_told(row):
                at = row["overdue_acknowledged_at"]
                what = f"walk {row['id']}: its alarm taken on at {at}, which nobody told"
                gathered.add("I4", "booking's duty list", what)

    def _is_taken_on_as_told(self, row: Any) -> bool:
        """Of a walk with several alarms each may be the one that its row is about, or none yet."""
        due_at, held = row["overdue_due_at"], row["overdue_acknowledged_at"]
        told = [at for at in self.taken_on.get(row["id"], []) if due_at and at >= due_at]
        return held in told if held or len(told) == 1 else True
