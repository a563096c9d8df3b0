"""The whole life of walks, with a model beside the database that says what each step must do.

The machine opens, books, cancels, undoes, moves, hands over, starts, ends, breaks off, misses, debriefs,
records absences and lets time pass in any order; after each step rows, events and what is offered must be
what the model says.
"""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any, ClassVar
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, Phase, settings, strategies as some
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from booking import service, store
from shared.errors import Refusal
from shared.events.base import Fact
from shared.events.walks import (
    FACTS,
    INTERNAL,
    InternalWalk,
    NoShowRecorded,
    WalkAborted,
    WalkCancelled,
    WalkConfirmed,
    WalkDebriefed,
    WalkEnded,
    WalkOverdue,
    WalkOverdueCleared,
    WalkReassigned,
    WalkRescheduled,
    WalkStarted,
)
from shared.idempotency import once
from shared.postgres import Database
from tests.booking.desk import POLICY, Booking, a_booking, problem
from tests.factories import START
from tests.tokens import TestIssuer

NO_KEY = once("test", None, b"")
WALK = timedelta(minutes=30)
KINDS: Mapping[str, type[Fact]] = {kind.type: kind for kind in FACTS if kind.topic == INTERNAL}
BECOMES: Mapping[type[Fact], str] = {
    WalkConfirmed: "confirmed",
    WalkCancelled: "cancelled",
    WalkStarted: "started",
    WalkEnded: "ended",
    WalkAborted: "aborted",
    NoShowRecorded: "no_show",
    WalkDebriefed: "debriefed",
}
# Near enough to each other that buffers meet, and up to the edge of the horizon.
AHEAD = some.sampled_from([20, 40, 60, 85, 130, 24 * 60, 24 * 60 + 30, 28 * 24 * 60]).map(
    lambda minutes: timedelta(minutes=minutes)
)
PASSING = some.sampled_from([5, 11, 30, 90, 24 * 60]).map(
    lambda minutes: timedelta(minutes=minutes)
)
ANY = some.integers(0, 11)
EMPTIED = "truncate walk, slot, assignment, absence, participant, event_log, outbox cascade"


@dataclass
class Place:
    """A slot as the model has it."""

    id: str
    officer: int
    at: datetime
    capacity: int
    open: bool = True

    @property
    def kept(self) -> tuple[datetime, datetime]:
        """The time it takes of its officer while somebody walks on it."""
        return self.at - POLICY.buffer, self.at + WALK + POLICY.buffer


@dataclass
class Life:
    """A walk as the model has it."""

    id: str
    token: str
    place: Place
    officer: int
    state: str = "confirmed"
    version: int = 1
    sequence: int = 0
    initiator: str | None = None
    cancelled_at: datetime | None = None
    overdue: str | None = None

    def change(self, state: str | None = None, *, promise: bool = False) -> None:
        """Something happened to it."""
        self.state = state or self.state
        self.version += 1
        self.sequence += promise
        self.overdue = None


@dataclass
class Away:
    """An absence as the model has it."""

    id: str
    officer: int
    since: datetime
    until: datetime | None
    version: int = 1


@dataclass
class Told:
    """A walk as its events alone tell it."""

    state: str = ""
    version: int = 0
    sequence: int = -1
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    ward_code: str = ""
    local_date: Any = None
    after_dark: bool = False
    initiator: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    abort_reason: str | None = None
    missing_party: str | None = None
    overdue_due_at: datetime | None = None
    overdue_missing: str | None = None

    def hear(self, fact: Fact) -> None:
        """The next fact of this walk."""
        assert isinstance(fact, InternalWalk)
        if isinstance(fact, WalkOverdueCleared):
            assert self.due in (fact.due_at, None), "a mark that is cleared was set"
            self.overdue_due_at = self.overdue_missing = None
            self._as_planned(fact)
            return
        self.version += 1
        if isinstance(fact, WalkConfirmed | WalkRescheduled | WalkReassigned | WalkCancelled):
            self.sequence += 1
        if isinstance(fact, WalkConfirmed | WalkRescheduled):
            if isinstance(fact, WalkRescheduled):
                assert (fact.old_starts_at, fact.old_ends_at) == (self.starts_at, self.ends_at)
            self.starts_at, self.ends_at = fact.starts_at, fact.ends_at
            self.local_date, self.ward_code = fact.local_date, fact.ward.code
            self.after_dark = fact.light == "dark"
        self._as_planned(fact)
        self._become(fact)

    @property
    def due(self) -> datetime | None:
        """By when what is missing was due."""
        return self.overdue_due_at

    def _as_planned(self, fact: InternalWalk) -> None:
        assert (fact.starts_at, fact.ends_at) == (self.starts_at, self.ends_at), fact.type

    def _become(self, fact: InternalWalk) -> None:
        self.state = BECOMES.get(type(fact), self.state)
        match fact:
            case WalkConfirmed():
                self.initiator = None
            case WalkCancelled():
                self.initiator = fact.initiator
            case WalkStarted():
                self.started_at = fact.at
            case WalkEnded() | WalkAborted():
                self.ended_at = fact.at
                self.abort_reason = getattr(fact, "reason", None)
            case NoShowRecorded():
                self.missing_party = fact.party
            case WalkOverdue():
                self.overdue_due_at, self.overdue_missing = fact.due_at, fact.missing
            case _:
                assert isinstance(fact, WalkRescheduled | WalkReassigned | WalkDebriefed)


@dataclass
class Model:
    """What should be, and what each step should be answered."""

    places: list[Place] = field(default_factory=list)
    lives: list[Life] = field(default_factory=list)
    away: list[Away] = field(default_factory=list)

    def on(self, place: Place, *, but: Life | None = None) -> list[Life]:
        """Who has a place there."""
        return [
            life
            for life in self.lives
            if life.place is place and life.state != "cancelled" and life is not but
        ]

    def absent(self, officer: int, place: Place) -> bool:
        """Whether an officer is away during a walk."""
        return any(
            each.officer == officer
            and each.since < place.at + WALK
            and (each.until is None or each.until > place.at)
            for each in self.away
        )

    def busy(self, officer: int, place: Place, *, but: Life | None = None) -> bool:
        """Whether an officer's time around a walk is taken by another."""
        begin, end = place.kept
        return any(
            other is not place
            and other.officer == officer
            and self.on(other, but=but)
            and other.kept[0] < end
            and begin < other.kept[1]
            for other in self.places
        )

    def full_day(self, place: Place, but: Life | None) -> bool:
        """Whether an officer has as many as she may have on that day."""
        same = [
            other
            for other in self.places
            if other is not place
            and other.officer == place.officer
            and other.at.date() == place.at.date()
            and self.on(other, but=but)
        ]
        return len(same) >= POLICY.daily_limit

    def bookable(self, place: Place, at: datetime, *, but: Life | None = None) -> bool:
        """Whether a place can be had now; ``but``: by somebody who gives up hers for it."""
        return (
            place.open
            and at < place.at <= at + POLICY.horizon
            and len(self.on(place, but=but)) < place.capacity
            and not self.absent(place.officer, place)
            and not self.busy(place.officer, place, but=but)
            and not self.full_day(place, but)
        )


class Lifecycle(RuleBasedStateMachine):
    """Steps over HTTP and by links, in a thread beside the loop that the app and its pool live on."""

    booking: ClassVar[Booking]
    loop: ClassVar[asyncio.AbstractEventLoop]
    reached: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.booking.clock.at = START
        self.wait(self._empty())

    async def _empty(self) -> None:
        async with self.booking.database.transaction() as connection:
            await connection.execute(EMPTIED)

    @property
    def at(self) -> datetime:
        """What the clock shows."""
        return self.booking.clock.at

    def wait(self, doing: Coroutine[Any, Any, Any]) -> Any:
        """What the app's loop makes of it."""
        return asyncio.run_coroutine_threadsafe(doing, self.loop).result(60)

    def meet(self, what: str, doing: Coroutine[Any, Any, Any], expected: str) -> Any:
        """Do a step and have it end as the model says: ``done``, or a problem's slug."""

        async def tried() -> tuple[str, Any]:
            try:
                found = await doing
            except Refusal as refusal:
                return refusal.slug, refusal
            if isinstance(found, httpx.Response):
                return ("done" if found.is_success else problem(found)), found
            return "done", found

        outcome, found = self.wait(tried())
        assert outcome == expected, (what, found)
        self.reached[f"{what}: {outcome}"] += 1
        return found

    def life(self, nth: int) -> Life:
        return self.model.lives[nth % len(self.model.lives)]

    def place(self, nth: int) -> Place:
        return self.model.places[nth % len(self.model.places)]

    def acts(self, life: Life, verb: str, **body: Any) -> Coroutine[Any, Any, httpx.Response]:
        more = {"json": body} if body else {}
        return self.booking.acts({"id": life.id}, verb, headers=self.booking.coordinator, **more)

    @initialize()
    def a_roster(self) -> None:
        """Something to begin with: chance alone seldom gets beyond an empty week."""
        for minutes, officer, capacity in ((60, 0, 2), (130, 0, 1), (60, 1, 1), (1470, 1, 3)):
            self.open_slot(officer, timedelta(minutes=minutes), capacity)
        for nth in (0, 0, 3):
            self.book(nth)

    @rule(officer=some.integers(0, 1), ahead=AHEAD, capacity=some.sampled_from([1, 1, 2, 3]))
    def open_slot(self, officer: int, ahead: timedelta, capacity: int) -> None:
        place = Place("", officer, self.at + ahead, capacity)
        there = any(
            other.open and (other.officer, other.at) == (officer, place.at)
            for other in self.model.places
        )
        busy = self.model.busy(officer, place)
        expected = "officer-busy" if busy else "slot-exists" if there else "done"
        opening = self.booking.opens(at=place.at, officer=officer)
        answer = self.meet("open", opening, expected)
        if expected != "done":
            return
        place.id = answer.json()["id"]
        self.model.places.append(place)
        self.wait(self._widen(place))

    async def _widen(self, place: Place) -> None:
        async with self.booking.database.transaction() as connection:
            await connection.execute(
                "update slot set capacity = $2 where id = $1", UUID(place.id), place.capacity
            )

    @precondition(lambda self: self.model.places)
    @rule(nth=ANY)
    def book(self, nth: int) -> None:
        place = self.place(nth)
        bookable = self.model.bookable(place, self.at)
        self._booked(place, "done" if bookable else "slot-taken")

    @precondition(lambda self: any(self.model.bookable(p, self.at) for p in self.model.places))
    @rule(nth=ANY)
    def book_what_is_offered(self, nth: int) -> None:
        offered = [each for each in self.model.places if self.model.bookable(each, self.at)]
        self._booked(offered[nth % len(offered)], "done")

    def _booked(self, place: Place, expected: str) -> None:
        answer = self.meet("book", self.booking.books(place.id), expected)
        if expected == "done":
            said = answer.json()
            token = said["manage_url"].rsplit("/", 1)[-1]
            self.model.lives.append(Life(said["id"], token, place, place.officer))

    @precondition(lambda self: self.model.lives)
    @rule(nth=ANY, initiator=some.sampled_from(["force", "weather", "safety"]))
    def cancel(self, nth: int, initiator: str) -> None:
        life = self.life(nth)
        expected = "done" if life.state == "confirmed" else "wrong-state"
        self.meet("cancel", self.acts(life, "cancel", reason=initiator), expected)
        if expected == "done":
            self._cancelled(life, initiator)
            if not any(
                other.state in ("confirmed", "started") for other in self.model.on(life.place)
            ):
                life.place.open = False

    @precondition(lambda self: self.model.lives)
    @rule(nth=ANY)
    def cancel_by_her(self, nth: int) -> None:
        life = self.life(nth)
        late = "too-late" if self.at >= life.place.at else "done"
        expected = late if life.state == "confirmed" else "wrong-state"
        doing = service.cancel_by_link(self.booking.desk, life.token, NO_KEY)
        self.meet("cancel by her", doing, expected)
        if expected == "done":
            self._cancelled(life, "participant")
            life.place.open = True

    def _cancelled(self, life: Life, initiator: str) -> None:
        life.change("cancelled", promise=True)
        life.initiator, life.cancelled_at = initiator, self.at

    @precondition(lambda self: any(life.state == "cancelled" for life in self.model.lives))
    @rule(nth=ANY)
    def undo(self, nth: int) -> None:
        cancelled = [life for life in self.model.lives if life.state == "cancelled"]
        life = cancelled[nth % len(cancelled)]
        assert life.cancelled_at is not None
        if life.initiator != "participant":
            expected = "wrong-state"
        elif self.at > life.cancelled_at + timedelta(minutes=10):
            expected = "too-late"
        else:
            expected = "done" if self.model.bookable(life.place, self.at) else "slot-taken"
        doing = service.undo_cancel_by_link(self.booking.desk, life.token, NO_KEY)
        self.meet("undo", doing, expected)
        if expected == "done":
            life.change("confirmed", promise=True)
            life.initiator, life.officer = None, life.place.officer

    @precondition(lambda self: self.model.lives)
    @rule(nth=ANY, to=ANY, by_her=some.booleans())
    def move(self, nth: int, to: int, *, by_her: bool) -> None:
        life, place = self.life(nth), self.place(to)
        expected = self._move_expected(life, place, by_her=by_her)
        doing = (
            service.move_by_link(self.booking.desk, life.token, UUID(place.id), NO_KEY)
            if by_her
            else self.acts(life, "move", slot_id=place.id)
        )
        self.meet("move", doing, expected)
        if expected == "done":
            life.change(promise=True)
            life.place, life.officer = place, place.officer

    @precondition(lambda self: self._confirmed())
    @rule(nth=ANY, to=ANY, by_her=some.booleans())
    def move_to_what_is_offered(self, nth: int, to: int, *, by_her: bool) -> None:
        confirmed = self._confirmed()
        life = confirmed[nth % len(confirmed)]
        offered = [
            each for each in self.model.places if self.model.bookable(each, self.at, but=life)
        ]
        if offered:
            place = offered[to % len(offered)]
            self.move(self.model.lives.index(life), self.model.places.index(place), by_her=by_her)

    def _confirmed(self) -> list[Life]:
        return [life for life in self.model.lives if life.state == "confirmed"]

    def _move_expected(self, life: Life, place: Place, *, by_her: bool) -> str:
        if life.state != "confirmed":
            return "wrong-state"
        if by_her and self.at >= life.place.at:
            return "too-late"
        if life.place is place:
            return "wrong-state"
        return "done" if self.model.bookable(place, self.at, but=life) else "slot-taken"

    @precondition(lambda self: self.model.lives)
    @rule(nth=ANY, officer=some.integers(0, 1))
    def reassign(self, nth: int, officer: int) -> None:
        life = self.life(nth)
        group = [
            each for each in self.model.on(life.place) if each.state in ("confirmed", "started")
        ]
        expected = self._reassign_expected(life, group, officer)
        doing = self.acts(life, "reassign", officer_id=self.booking.officers[officer])
        self.meet("reassign", doing, expected)
        if expected == "done":
            for other in self._beside(life.place, officer):
                other.open = False
            life.place.officer = officer
            for each in group:
                overdue = each.overdue  # another officer does not make it any less overdue
                each.change(promise=True)
                each.officer, each.overdue = officer, overdue

    def _beside(self, place: Place, officer: int) -> Iterator[Place]:
        for other in self.model.places:
            if other.open and (other.officer, other.at) == (officer, place.at):
                yield other

    def _reassign_expected(self, life: Life, group: list[Life], officer: int) -> str:
        states = {life.state} | {each.state for each in group}
        if states != {"confirmed"} or life.officer == officer:
            return "wrong-state"
        occupied = any(self.model.on(other) for other in self._beside(life.place, officer))
        if (
            self.model.absent(officer, life.place)
            or self.model.busy(officer, life.place)
            or occupied
        ):
            return "officer-busy"
        return "done"

    @precondition(lambda self: self._confirmed())
    @rule(nth=ANY, minutes=some.sampled_from([-61, -60, -20, 0, 15, 29, 30]))
    def start_about_its_time(self, nth: int, minutes: int) -> None:
        confirmed = self._confirmed()
        life = confirmed[nth % len(confirmed)]
        self.booking.clock.at = max(self.at, life.place.at + timedelta(minutes=minutes))
        self.look_for_overdue()
        self.start(self.model.lives.index(life))

    @precondition(lambda self: self._confirmed())
    @rule(nth=ANY)
    def hand_over(self, nth: int) -> None:
        confirmed = self._confirmed()
        life = confirmed[nth % len(confirmed)]
        self.reassign(self.model.lives.index(life), 1 - life.officer)

    @precondition(lambda self: any(life.state == "started" for life in self.model.lives))
    @rule(nth=ANY, verb=some.sampled_from(["end", "abort"]))
    def finish_what_is_under_way(self, nth: int, verb: str) -> None:
        under_way = [life for life in self.model.lives if life.state == "started"]
        self.finish(self.model.lives.index(under_way[nth % len(under_way)]), verb)

    @precondition(lambda self: self.model.lives)
    @rule(nth=ANY)
    def start(self, nth: int) -> None:
        life = self.life(nth)
        if life.state != "confirmed":
            expected = "wrong-state"
        elif self.at < life.place.at - timedelta(hours=1):
            expected = "too-early"
        else:
            expected = "too-late" if self.at >= life.place.at + WALK else "done"
        self.meet("start", self.acts(life, "start"), expected)
        if expected == "done":
            life.change("started")

    @precondition(lambda self: self.model.lives)
    @rule(nth=ANY, verb=some.sampled_from(["end", "abort", "no-show", "debrief"]))
    def finish(self, nth: int, verb: str) -> None:
        life = self.life(nth)
        befores = {
            "end": (("started",), "ended"),
            "abort": (("started",), "aborted"),
            "no-show": (("confirmed",), "no_show"),
            "debrief": (("ended", "aborted"), "debriefed"),
        }
        before, after = befores[verb]
        expected = "done" if life.state in before else "wrong-state"
        if verb == "no-show" and expected == "done" and self.at < life.place.at:
            expected = "too-early"
        body = {"abort": {"reason": "weather"}, "no-show": {"party": "officer"}}.get(verb, {})
        self.meet(verb, self.acts(life, verb, **body), expected)
        if expected == "done":
            life.change(after)

    @rule(officer=some.integers(0, 1), hours=some.sampled_from([1, 30, None]))
    def fall_sick(self, officer: int, hours: int | None) -> None:
        until = self.at + timedelta(hours=hours) if hours else None
        body: dict[str, Any] = {
            "officer_id": self.booking.officers[officer],
            "kind": "sick",
            "from": self.at.isoformat(),
        }
        body |= {"until": until.isoformat()} if until else {}
        url = "/booking/v1/absences"
        doing = self.booking.http.post(url, json=body, headers=self.booking.coordinator)
        answer = self.meet("absence", doing, "done")
        self.model.away.append(Away(answer.json()["absence"]["id"], officer, self.at, until))

    @precondition(lambda self: self.model.away)
    @rule(nth=ANY)
    def come_back(self, nth: int) -> None:
        away = self.model.away[nth % len(self.model.away)]
        over = away.until is not None and away.until <= self.at
        doing = self.booking.http.patch(
            f"/booking/v1/absences/{away.id}",
            json={"until": self.at.isoformat()},
            headers=self.booking.coordinator | {"If-Match": f'"{away.version}"'},
        )
        self.meet("absence ended", doing, "absence-over" if over else "done")
        if away.since == self.at:
            self.model.away.remove(away)
        elif not over:
            away.until, away.version = self.at, away.version + 1

    @rule(by=PASSING)
    def time_passes(self, by: timedelta) -> None:
        self.booking.clock.advance(by)

    @rule()
    def look_for_overdue(self) -> None:
        marked = 0
        while self.wait(service.mark_next_overdue(self.booking.desk)):
            marked += 1
        due = [life for life in self.model.lives if life.overdue is None and self._due(life)]
        assert marked == len(due)
        for life in due:
            overdue = self._due(life)
            life.change()
            life.overdue = overdue
        self.reached["overdue"] += marked

    def _due(self, life: Life) -> str | None:
        begin = life.place.at + POLICY.grace
        if life.state == "confirmed" and self.at >= begin:
            return "start"
        return "end" if life.state == "started" and self.at >= begin + WALK else None

    @invariant()
    def all_is_as_it_should_be(self) -> None:
        rows, taken, events, offered = self.wait(self._found())
        self._no_officer_twice(rows, taken)
        self._rows_as_modelled(rows, taken)
        self._events_tell_the_same(rows, events)
        expected = {each.id for each in self.model.places if self.model.bookable(each, self.at)}
        assert offered == expected, "what is free is offered, and nothing else"

    async def _found(self) -> tuple[Any, Any, Any, set[str]]:
        rows = await self.booking.rows("select * from walk")
        taken = await self.booking.rows("select * from assignment")
        events = await self.booking.rows(
            "select key, sequence, type, value from event_log where topic = $1"
            " order by key, sequence",
            INTERNAL,
        )
        async with self.booking.database.reading() as connection:
            slots = await store.slots.list_bookable(connection, at=self.at, few=None, limit=1000)
        return rows, taken, events, {str(slot.id) for slot in slots}

    def _no_officer_twice(self, rows: Any, taken: Any) -> None:
        """Said of rows alone, buffers included; and that nobody stands where there is no place."""
        held = {
            (row["officer_id"], row["slot_id"], row["starts_at"], row["ends_at"])
            for row in rows
            if row["state"] != "cancelled"
        }
        for one, other in combinations(held, 2):
            if one[0] == other[0] and one[1] != other[1]:
                gap = max(one[2], other[2]) - min(one[3], other[3])
                assert gap >= 2 * POLICY.buffer, (one, other)
        places = Counter(str(row["slot_id"]) for row in rows if row["state"] != "cancelled")
        for place in self.model.places:
            assert places[place.id] <= place.capacity
        assert {str(row["slot_id"]) for row in taken} == set(places)

    def _rows_as_modelled(self, rows: Any, taken: Any) -> None:
        officers = self.booking.officers
        assert {
            str(row["id"]): (
                row["state"],
                row["version"],
                row["sequence"],
                str(row["slot_id"]),
                str(row["officer_id"]),
                row["initiator"],
                row["overdue_missing"],
            )
            for row in rows
        } == {
            life.id: (
                life.state,
                life.version,
                life.sequence,
                life.place.id,
                officers[life.officer],
                life.initiator,
                life.overdue,
            )
            for life in self.model.lives
        }

    def _events_tell_the_same(self, rows: Any, events: Any) -> None:
        told: dict[str, Told] = {}
        heard: Counter[str] = Counter()
        for event in events:
            heard[event["key"]] += 1
            assert event["sequence"] == heard[event["key"]], (
                "no sequence is left out or given twice"
            )
            fact = KINDS[event["type"]].model_validate_json(event["value"])
            told.setdefault(event["key"], Told()).hear(fact)
        assert told.keys() == {str(row["id"]) for row in rows}
        for row in rows:
            replayed = vars(told[str(row["id"])])
            assert replayed == {name: row[name] for name in replayed}


async def live(database: Database, issuer: TestIssuer, examples: int, steps: int) -> Counter[str]:
    """Run the machine; what was reached, and how often."""
    async with a_booking(database, issuer, tries_per_minute=10**6) as booking:
        bound = {"booking": booking, "loop": asyncio.get_running_loop(), "reached": Counter()}
        machine: type[Lifecycle] = type("Bound", (Lifecycle,), bound)
        chosen = settings(
            max_examples=examples,
            stateful_step_count=steps,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
            phases=[Phase.generate],
        )
        await asyncio.to_thread(run_state_machine_as_test, machine, settings=chosen)
        return machine.reached


# Without these a run would have shown little.
MUST_BE_REACHED = {
    "book: done",
    "book: slot-taken",
    "cancel: done",
    "cancel by her: done",
    "undo: done",
    "move: done",
    "move: slot-taken",
    "reassign: done",
    "reassign: officer-busy",
    "start: done",
    "overdue",
}


async def test_walks_live_as_they_should(booking_database: Database, issuer: TestIssuer) -> None:
    reached = await live(booking_database, issuer, examples=36, steps=40)
    assert {what for what in MUST_BE_REACHED if not reached[what]} == set()


@pytest.mark.soak
async def test_walks_live_as_they_should_for_long(
    booking_database: Database, issuer: TestIssuer
) -> None:
    reached = await live(booking_database, issuer, examples=600, steps=60)
    assert {what for what in MUST_BE_REACHED if not reached[what]} == set()
