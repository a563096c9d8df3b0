"""A step of the lifecycle's machine is taken here, and after it everything is looked at.

Invariant: after each step rows, events and what is offered are what the model says.
"""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Mapping
from datetime import datetime
from itertools import combinations
from typing import Any, ClassVar

import httpx
from hypothesis.stateful import RuleBasedStateMachine, invariant

from booking import store
from shared.errors import Refusal
from shared.events.base import Fact
from shared.events.walks import FACTS, INTERNAL
from tests.booking.desk import POLICY, Booking, problem
from tests.booking.lifecycle.model import Life, Model, Place
from tests.booking.lifecycle.told import Told
from tests.factories import START

KINDS: Mapping[str, type[Fact]] = {kind.type: kind for kind in FACTS if kind.topic == INTERNAL}
EMPTIED = "truncate walk, slot, assignment, absence, participant, event_log, outbox cascade"


class Walked(RuleBasedStateMachine):
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
        places = Counter[str]()
        for row in rows:
            if row["state"] != "cancelled":
                places[str(row["slot_id"])] += 1 + row["companions"]
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
                row["companions"],
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
                life.companions,
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
