"""What people do on the platform, each over HTTP, each checked to have been done."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx

from shared.clock import LONDON, new_id, now
from tests.infra import until
from tests.system.installation import Installation
from tests.system.mailbox import links_of

Figures = Counter[tuple[str | None, ...]]

MERE_END = {"code": "L05000001", "point": [-0.2359, 51.426075]}
LARKFIELD = {"code": "L05000002", "point": [-0.2099, 51.426075]}
ALL_DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
# A worker looks for what has expired, and for whom to offer, every five seconds.
PATIENCE = 60


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
        starts_at: datetime | None = None,
        minutes: int = 30,
        team: str = "Usual",
        officer_id: str | None = None,
        ward: dict[str, Any] = MERE_END,
    ) -> str:
        """The coordinator opens a slot, of an officer who has none unless said; its id."""
        starts_at = starts_at or (now() + begins_in).astimezone(LONDON)
        body = {
            "officer_id": officer_id or await self.free_officer(team),
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

    async def ask(self, ward: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """A woman asks for a walk in a ward, at any hour of any day unless said; her wish."""
        hours = [{"days": ALL_DAYS, "from": "00:00", "to": "24:00"}]
        body = {"wards": [ward["code"]], "hours": hours, "name": "Ada Example", "adult": True}
        body |= {"email": an_address()} | changes
        return await self.do("POST", "/booking/v1/requests", 201, once=True, json=body)

    async def stands(self, wish: str) -> dict[str, Any]:
        """How the wish of a link stands."""
        return await self.do("GET", by_link(wish), 200)

    async def offer_of(self, wish: str, number: int) -> dict[str, Any]:
        """The offer of this number to the wish of a link, once it is made."""

        async def made() -> dict[str, Any] | None:
            found = (await self.stands(wish))["offer"]
            return found if found and found["number"] == number else None

        offer = await until(made, PATIENCE)
        assert offer
        return offer

    async def accept(self, wish: str) -> dict[str, Any]:
        """She takes the offer of her wish; her walk."""
        return await self.do("POST", f"{by_link(wish)}/accept", 200)

    async def scan(self, mails: Sequence[EmailMessage]) -> set[str]:
        """A mail scanner follows every link of some mails twice, by GET and by HEAD; the paths that it met."""
        links = sorted({link for mail in mails for link in links_of(mail)})
        for link in links * 2:
            for method in ("GET", "HEAD"):
                answer = await self.installation.ask(method, urlsplit(link).path)
                assert answer.status_code == 200, (method, link)
        return {urlsplit(link).path for link in links}

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


def by_link(wish: str) -> str:
    """The API's path for the wish of a link."""
    return f"/booking/v1/requests/by-link/{wish.rsplit('/', 1)[-1]}"


def on_the_wall(days: int, hour: int, minute: int = 0) -> datetime:
    """When London's clocks show a time, so many days ahead."""
    day = now().astimezone(LONDON).date() + timedelta(days=days)
    return datetime.combine(day, time(hour, minute), tzinfo=LONDON)


def _whole_seconds(instant: datetime) -> datetime:
    return instant.replace(microsecond=0)
