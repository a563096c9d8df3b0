"""What people do on the platform, each over HTTP, each checked to have been done."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx

from shared.clock import LONDON, new_id, now
from tests.system.installation import Installation

Figures = Counter[tuple[str | None, ...]]

MERE_END = {"code": "L05000001", "point": [-0.2359, 51.426075]}
LARKFIELD = {"code": "L05000002", "point": [-0.2099, 51.426075]}


@dataclass
class People:
    """The coordinator, the officers, the women: whoever does something on an installation."""

    installation: Installation
    _teams: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    async def do(self, method: str, path: str, status: int, **more: Any) -> Any:
        """One request that must be answered with a status; the answer's JSON."""
        answer = await self.installation.ask(method, path, **more)
        assert answer.status_code == status, f"{answer.status_code} {answer.text}"
        return answer.json()

    async def free_officer(self, team: str = "Usual") -> str:
        """An officer who has no slot yet."""
        if not self._teams:
            found = await self.do("GET", "/booking/v1/officers", 200, role="coordinator")
            for each in found["items"]:
                name = each["display_name"].split()[1]
                self._teams.setdefault(name, []).append(each["id"])
        return self._teams[team].pop()

    async def open_slot(
        self,
        *,
        begins_in: timedelta = timedelta(minutes=20),
        minutes: int = 30,
        team: str = "Usual",
        ward: dict[str, Any] = MERE_END,
    ) -> str:
        """The coordinator opens a slot; its id."""
        starts_at = (now() + begins_in).astimezone(LONDON)
        body = {
            "officer_id": await self.free_officer(team),
            "ward": ward["code"],
            "starts_at": _whole_seconds(starts_at).isoformat(),
            "minutes": minutes,
            "near": "the lido",
            "meeting_point": {"name": "Boathouse steps", "coordinates": ward["point"]},
        }
        found = await self.do("POST", "/booking/v1/slots", 201, role="coordinator", json=body)
        return str(found["id"])

    async def try_to_book(self, slot_id: str, **changes: Any) -> httpx.Response:
        """A woman books a slot; whatever the answer is."""
        body = {"slot_id": slot_id, "name": "Ada Example", "email": an_address(), "adult": True}
        return await self.installation.ask(
            "POST", "/booking/v1/walks", once=True, json=body | changes
        )

    async def book(self, slot_id: str, **changes: Any) -> dict[str, Any]:
        """A woman books a slot; her confirmation."""
        answer = await self.try_to_book(slot_id, **changes)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        assert found["state"] == "confirmed"
        return found

    async def book_one(self, **slot: Any) -> str:
        """A slot opened and booked; the walk's id."""
        return str((await self.book(await self.open_slot(**slot)))["id"])

    async def act(self, walk_id: str, verb: str) -> dict[str, Any]:
        """The officer starts, ends or cancels a walk."""
        return await self.do("POST", f"/booking/v1/walks/{walk_id}/{verb}", 200, role="officer")

    async def walk_one(self, **slot: Any) -> str:
        """A walk booked and started; its id."""
        walk_id = await self.book_one(**slot)
        await self.act(walk_id, "start")
        return walk_id

    async def capture(
        self, walk_id: str | None, *, ward: dict[str, Any] = MERE_END, **changes: Any
    ) -> dict[str, Any]:
        """The officer captures a concern."""
        body: dict[str, Any] = {
            "categories": ["badly_lit"],
            "severity": 2,
            "place": {"type": "Point", "coordinates": ward["point"]},
            "light": "dark",
        }
        if walk_id:
            body["walk_id"] = walk_id
        return await self.do(
            "POST", "/concerns/v1/concerns", 201, role="officer", once=True, json=body | changes
        )

    async def figures(self, measure: str, by: str = "") -> Figures:
        """What an analyst is told: counts by the values asked for, wards by their codes."""
        query = urlencode({"measure": measure, "by": by})
        found = await self.do("GET", f"/reporting/v1/figures?{query}", 200, role="analyst")
        return Counter({_cell(row, by): row["count"] for row in found["rows"]})

    async def figures_become(self, measure: str, expected: Figures, by: str = "") -> bool:
        """Whether the figures are just these."""
        return await self.figures(measure, by) == expected

    async def alert_of(self, walk_id: str) -> dict[str, Any] | None:
        """The alert of a walk, if there is one."""
        found = await self.do("GET", "/notifications/v1/alerts", 200, role="duty")
        return next((each for each in found["items"] if each["walk_id"] == walk_id), None)

    async def duty_list(self) -> list[str]:
        """The ids of the walks that booking itself shows as overdue."""
        found = await self.do("GET", "/booking/v1/walks/overdue", 200, role="duty")
        return [each["id"] for each in found["items"]]


def _cell(row: dict[str, Any], by: str) -> tuple[str | None, ...]:
    values = [row[name] for name in by.split(",") if name]
    return tuple(value["code"] if isinstance(value, dict) else value for value in values)


def an_address() -> str:
    """A mail address that nobody has used."""
    return f"{new_id().hex}@example.org"


def _whole_seconds(instant: datetime) -> datetime:
    return instant.replace(microsecond=0)
