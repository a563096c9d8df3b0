"""The order of checking: topic by topic with its owner and its readers, then what each service made of it.

Invariant: nothing is waited for and nothing is changed; one topic's worth is in memory at a time.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from tests.faults.checker import calls, figures, mails, standing, states
from tests.faults.checker.alerts import Alerts
from tests.faults.checker.effects import Effects, Event, Facts, Heard, Windows
from tests.faults.checker.evidence import Evidence, Findings, Violation
from tests.faults.checker.findings import Gathered
from tests.faults.checker.log import IN_ORDER, Connection, committed, streamed
from tests.faults.checker.planted import Planted
from tests.faults.checker.promised import LISTENERS, OWNERS
from tests.faults.checker.standing import Standing
from tests.faults.checker.topics import Reader, partitions_of

Connections = Mapping[str, "Connection[Any]"]


async def check(evidence: Evidence) -> Findings:
    """Count the violations, once the faults have healed and all is at rest; it waits for nothing."""
    checker = _Checker(evidence)
    async with _connections(evidence.databases) as connections:
        await checker.judge_topics(connections)
        await checker.judge_effects(connections)
        await checker.judge_services(connections)
    checker.planted.look_in_texts(evidence)
    return checker.gathered.findings()


async def at_rest(evidence: Evidence) -> Sequence[Violation]:
    """What is still under way: I6 alone, quickly; for whoever waits until there is nothing to wait for."""
    gathered = Gathered()
    async with _connections(evidence.databases) as connections:
        for topic, names in LISTENERS.items():
            partitions = await asyncio.to_thread(partitions_of, evidence.bootstrap, topic)
            for name in names:
                if name in connections and name not in evidence.stopped:
                    stand = Standing(name, topic)
                    await standing.read_place(connections[name], stand)
                    standing.judge_lag(stand, partitions, gathered, evidence.poisoned)
        for name, connection in connections.items():
            await standing.judge_service(connection, name, gathered, stopped=evidence.stopped)
    return gathered.findings().violations


@asynccontextmanager
async def _connections(databases: Mapping[str, str]) -> AsyncGenerator[Connections]:
    async with AsyncExitStack() as stack:
        found: dict[str, Connection[Any]] = {}
        for service, url in databases.items():
            found[service] = await asyncpg.connect(url)
            stack.push_async_callback(found[service].close)
        yield found


class _Checker:
    """One run of the checker, and what it has gathered."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._effects: dict[str, Effects] = {
            "booking": Heard(),
            "concerns": Windows(),
            "notifications": Alerts(),
            "reporting": Facts(),
        }
        self._judged: dict[str, list[str]] = {name: [] for name in self._effects}
        self.gathered = Gathered()
        self.planted = Planted(evidence.planted, self.gathered)

    async def judge_topics(self, connections: Connections) -> None:
        """I1, I2, I3, I9 of each topic; I5, I6 of each of its readers; and what these must have made of it."""
        for topic, owner in OWNERS.items():
            log = await committed(connections[owner], topic) if owner in connections else None
            reader = Reader(
                topic, self.gathered, self.planted, log=log, poisoned=self._evidence.poisoned
            )
            told = await asyncio.to_thread(reader.read, self._evidence.bootstrap)
            self.gathered.counted["records"] += told.records
            self.gathered.counted["keys"] += len(told.reached)
            stands: list[Standing] = []
            for name in LISTENERS.get(topic, ()):
                if name not in connections:
                    continue
                stands.append(stand := await standing.standing(connections[name], name, topic))
                if name not in self._evidence.stopped:
                    standing.judge_lag(
                        stand, told.partitions, self.gathered, self._evidence.poisoned
                    )
                    if not stand.behind(told.partitions):
                        standing.judge_keys(
                            stand, told.reached, self.gathered, self._evidence.poisoned
                        )
            if owner in connections:
                await self._retrace(connections[owner], topic, stands)

    async def _retrace(
        self, connection: "Connection[Any]", topic: str, stands: Sequence[Standing]
    ) -> None:
        """Give each reader's effects what that reader says it has applied."""
        applied = Counter[str]()
        poisoned = frozenset(self._evidence.poisoned)
        async for row in streamed(connection, IN_ORDER, topic):
            event = _event(topic, row)
            for stand in stands:
                effects = self._effects[stand.consumer]
                if isinstance(effects, Alerts):
                    effects.know(event)
                if stand.has_applied(row["key"], event.sequence):
                    effects.apply(event)
                applied[stand.consumer] += event.sequence <= stand.last.get(row["key"], 0)
        for stand in stands:
            self._judged[stand.consumer].append(topic)
            # What a poisoned key has applied may be the tests' own records, which no log has.
            said = sum(last for key, last in stand.last.items() if key not in poisoned)
            if said > applied[stand.consumer]:
                what = f"has applied {said - applied[stand.consumer]} events that no log has"
                self.gathered.add("I2", stand.where, what)

    async def judge_effects(self, connections: Connections) -> None:
        """I4: what each service's tables hold is what it must have made of the events."""
        for name, topics in self._judged.items():
            if topics:
                await self._effects[name].compare(connections[name], topics, self.gathered)
        if "notifications" in connections:
            await mails.judge(
                connections["notifications"],
                self._evidence.letters,
                self._evidence.sending_at_kill,
                self.gathered,
            )

    async def judge_services(self, connections: Connections) -> None:
        """I1 within each service, I6 apart from topics, I7 and I8."""
        for name, connection in connections.items():
            await states.judge(connection, name, self.gathered)
            await standing.judge_service(
                connection, name, self.gathered, stopped=self._evidence.stopped
            )
        evidence = self._evidence
        await calls.judge(connections, evidence.calls, self.gathered, evidence.contact_key)
        if "reporting" in connections:
            await figures.judge(
                connections["reporting"], self._evidence.databases["reporting"], self.gathered
            )


def _event(topic: str, row: asyncpg.Record) -> Event:
    return Event(
        topic=topic,
        key=UUID(row["key"]),
        sequence=row["sequence"],
        type=row["type"],
        time=datetime.fromisoformat(row["time"]),
        value=json.loads(row["value"] or b"{}"),
    )
