"""Load as people make it: over HTTP, every POST with an Idempotency-Key, asked again until answered.

Invariant: a call is in the history before it goes out; an answer that settles nothing is noted as
unknown, and the same request is asked again with the same key. Every body carries a planted string.
"""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from shared.clock import LONDON, new_id, now
from tests.faults.canary import Canary
from tests.faults.checker.calls import ending
from tests.faults.history import Call, History, Outcome
from tests.system.acts import MERE_END
from tests.system.installation import Installation

ANSWER_SECONDS = 10
PATIENCE_SECONDS = 180
AGAIN_SECONDS = (0.2, 1.0)
DUTY_SECONDS = 0.5
# A walk may be started up to an hour before its time.
FURTHEST = timedelta(minutes=50)
SOON = {"Usual": timedelta(minutes=2), "Impatient": timedelta(seconds=4)}


@dataclass
class Officers:
    """When each officer of a team has her next free minute."""

    free_at: dict[str, datetime]
    begins_in: timedelta
    _next: int = 0

    def take(self) -> tuple[str, datetime] | None:
        """An officer, and a minute of hers from then on; None while none has one soon enough."""
        officer = list(self.free_at)[self._next % len(self.free_at)]
        self._next += 1
        starts_at = max(self.free_at[officer], now() + self.begins_in).replace(microsecond=0)
        if starts_at > now() + FURTHEST:
            return None
        self.free_at[officer] = starts_at + timedelta(minutes=1, seconds=1)
        return officer, starts_at


@dataclass
class Clients:
    """People who book, start, end, cancel, capture and acknowledge on an installation."""

    installation: Installation
    history: History
    seed: int
    _http: httpx.AsyncClient
    _chance: random.Random
    _teams: dict[str, Officers] = field(default_factory=dict[str, Officers])
    # Walks that must still be closed, by the act that closes them, and those that must become overdue.
    _open: dict[str, str] = field(default_factory=dict[str, str])
    _awaited: set[str] = field(default_factory=set[str])

    @classmethod
    @asynccontextmanager
    async def open(
        cls, installation: Installation, history: History, seed: int
    ) -> "AsyncGenerator[Clients]":
        """Clients with a way to the installation, while the block lasts."""
        async with httpx.AsyncClient(timeout=ANSWER_SECONDS, trust_env=False) as http:
            yield cls(installation, history, seed, http, random.Random(f"clients {seed}"))

    @property
    def canary(self) -> Canary:
        """What these clients plant."""
        return Canary.of(self.seed)

    @property
    def planted(self) -> list[str]:
        """What must be nowhere."""
        return self.canary.planted

    async def work(self, seconds: float, *, people: int = 4) -> None:
        """So many people at once, and one at the duty desk; returns when all have their answers.

        By then no walk is open, so that none is overdue later. Raises TimeoutError when that takes
        long; calls without an answer stay unknown until ``settle``.
        """
        await self._meet_officers()
        deadline = time.monotonic() + seconds
        async with asyncio.timeout(seconds + PATIENCE_SECONDS), asyncio.TaskGroup() as tasks:
            tasks.create_task(self._be_on_duty(deadline))
            for nth in range(people):
                tasks.create_task(self._live(f"person-{self.seed}-{nth}", deadline))

    async def settle(self) -> None:
        """Ask again whatever nobody has answered yet, a dead client's calls too, until it is answered."""
        async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as tasks:
            for call in unanswered(self.history.calls()):
                if call.method == "POST":
                    again = self._until_answered(call.client, call.key, call.path, call.body)
                    tasks.create_task(again)

    async def _live(self, client: str, deadline: float) -> None:
        while time.monotonic() < deadline:
            team = "Impatient" if self._chance.random() < 0.05 else "Usual"
            free = self._teams[team].take()
            if free is None:
                await asyncio.sleep(1)
            else:
                await self._one_walk(client, team, *free)
        for walk, verb in list(self._open.items()):
            if self._open.pop(walk, None):
                await self._post(client, f"/booking/v1/walks/{walk}/{verb}", None)

    async def _one_walk(self, client: str, team: str, officer: str, starts_at: datetime) -> None:
        """A slot is opened and booked; the walk is cancelled, left alone, or walked."""
        slot = await self._post(client, "/booking/v1/slots", _slot(officer, starts_at))
        if slot is None:
            return
        walk = await self._post(client, "/booking/v1/walks", self._wish(slot["id"]))
        chance = self._chance.random()
        if chance < 0.2:  # somebody else would have it too, or is too young
            wish = self._wish(slot["id"]) | {"adult": chance < 0.1}
            await self._post(client, "/booking/v1/walks", wish)
        if walk is not None:
            await self._go_on(client, team, walk["id"])

    async def _go_on(self, client: str, team: str, walk: str) -> None:
        """What becomes of a walk: overdue, cancelled, left until the day is over, or walked."""
        chance = self._chance.random()
        if team == "Impatient":
            self._awaited.add(walk)
        elif chance < 0.2:
            await self._post(client, f"/booking/v1/walks/{walk}/cancel", None)
        elif chance < 0.25:
            self._open[walk] = "cancel"
        else:
            await self._walk(client, walk)

    async def _walk(self, client: str, walk: str) -> None:
        await self._post(client, f"/booking/v1/walks/{walk}/start", None)
        for _ in range(self._chance.choice((0, 1, 1, 2))):
            await self._post(client, "/concerns/v1/concerns", self._concern(walk))
        if self._chance.random() < 0.1:
            self._open[walk] = "end"
        else:
            await self._post(client, f"/booking/v1/walks/{walk}/end", None)

    async def _be_on_duty(self, deadline: float) -> None:
        """Every open alert is taken on by somebody, soon; nobody goes home before that."""
        client, path = f"duty-{self.seed}", "/notifications/v1/alerts"
        while time.monotonic() < deadline or self._awaited:
            _, found = await self._once(client, str(new_id()), "GET", f"{path}?state=open", None)
            for alert in found["items"] if found else ():
                await self._post(client, f"{path}/{alert['id']}/acknowledge", None)
                self._awaited.discard(alert["walk_id"])
            await asyncio.sleep(DUTY_SECONDS)

    async def _post(self, client: str, path: str, body: Any) -> Any:
        """What is answered in the end; None when it is refused."""
        return await self._until_answered(client, str(new_id()), path, body)

    async def _until_answered(self, client: str, key: str, path: str, body: Any) -> Any:
        while True:
            outcome, answer = await self._once(client, key, "POST", path, body)
            if outcome != "unknown":
                return answer if outcome == "ok" else None
            await asyncio.sleep(self._chance.uniform(*AGAIN_SECONDS))

    async def _once(
        self, client: str, key: str, method: str, path: str, body: Any
    ) -> tuple[Outcome, Any]:
        """One request; what it came to, and what was answered."""
        headers = {"Idempotency-Key": key} if method == "POST" else {}
        if role := _role(path):
            headers["Authorization"] = f"Bearer {await self.installation.token(role)}"
        url = f"{self.installation.origin(path.split('/')[1])}{path}"
        name = self.history.asked(client, key, method, path, body)
        try:
            answer = await self._http.request(method, url, headers=headers, json=body)
            said = answer.json()
        except (httpx.TransportError, ValueError):
            self.history.answered(name, "unknown")
            return "unknown", None
        outcome = outcome_of(answer.status_code, said)
        kept = None if method == "GET" and outcome == "ok" else said
        self.history.answered(name, outcome, answer.status_code, kept)
        return outcome, said if outcome == "ok" else None

    async def _meet_officers(self) -> None:
        if self._teams:
            return
        answer = await self.installation.ask("GET", "/booking/v1/officers", role="coordinator")
        for team, begins_in in SOON.items():
            mine = [
                each["id"]
                for each in answer.raise_for_status().json()["items"]
                if each["display_name"].split()[1] == team
            ]
            self._teams[team] = Officers(dict.fromkeys(mine, now()), begins_in)

    def _wish(self, slot: str) -> dict[str, Any]:
        one = new_id().hex
        return {
            "slot_id": slot,
            "name": self.canary.name,
            "email": self.canary.email(one),
            "note": self.canary.note(one),
            "adult": True,
        }

    def _concern(self, walk: str) -> dict[str, Any]:
        return {
            "walk_id": walk,
            "categories": self._chance.choice((["badly_lit"], ["badly_lit", "isolated"])),
            "severity": self._chance.choice((1, 2, 3)),
            "place": {"type": "Point", "coordinates": self.canary.point},
            "note": self.canary.note(new_id().hex),
        }


def unanswered(calls: Iterable[Call]) -> Sequence[Call]:
    """Of each key that nobody has answered yet, the last call."""
    keys: dict[tuple[str, str], list[Call]] = {}
    for call in calls:
        keys.setdefault((call.client, call.key), []).append(call)
    return [of[-1] for of in keys.values() if ending(of) == "unknown"]


def _slot(officer: str, starts_at: datetime) -> dict[str, Any]:
    return {
        "officer_id": officer,
        "ward": MERE_END["code"],
        "starts_at": starts_at.astimezone(LONDON).isoformat(),
        "minutes": 1,
        "near": "the lido",
        "meeting_point": {"name": "Boathouse steps", "coordinates": MERE_END["point"]},
    }


def _role(path: str) -> str | None:
    """In which role somebody asks; a woman who books has none."""
    if path == "/booking/v1/walks":
        return None
    if path == "/booking/v1/slots":
        return "coordinator"
    return "duty" if path.startswith("/notifications") else "officer"


def outcome_of(status: int, said: Any) -> Outcome:
    """What an answer settles: not a failure, a wait, a token that is over, or a first try still running."""
    if status < 300:
        return "ok"
    still_running = status == 409 and str(said.get("type", "")).endswith("/still-running")
    return "unknown" if status >= 500 or status in (401, 429) or still_running else "refused"
