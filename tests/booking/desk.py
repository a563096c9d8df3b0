"""Booking as its callers meet it: the app over HTTP with a real database behind it."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI

from booking import domain, service, store
from booking.app import create_app
from booking.service import Desk
from booking.store.teams import NewOfficer
from shared.postgres import Database
from tests.factories import START, Clock, KeptParts, parts_for
from tests.tokens import TestIssuer

WARD, OTHER_WARD = "L05000001", "L05000002"
ORIGIN = "http://127.0.0.1:8080"
POLICY = domain.Policy(
    min_notice=timedelta(),
    horizon=timedelta(days=28),
    buffer=timedelta(minutes=15),
    grace=timedelta(minutes=15),
    group_size=6,
)

Json = dict[str, Any]


@dataclass
class Booking:
    """The app, its clock, and the officers of its one team."""

    app: FastAPI
    http: httpx.AsyncClient
    parts: KeptParts
    clock: Clock
    issuer: TestIssuer
    officers: list[str] = field(default_factory=list)
    _contacts: Any = field(default_factory=lambda: count(1))

    @property
    def desk(self) -> Desk:
        """What the service functions are given."""
        return self.app.state.desk

    @property
    def database(self) -> Database:
        """Booking's database."""
        return self.parts.database

    @property
    def coordinator(self) -> dict[str, str]:
        """The header of a coordinator's request."""
        return self.issuer.bearer("coordinator")

    @property
    def officer(self) -> dict[str, str]:
        """The header of the first officer's request."""
        return self.issuer.bearer("officer", subject="officer-1")

    async def opens(
        self, *, at: datetime = START + timedelta(hours=1), officer: int = 0, **changes: Any
    ) -> httpx.Response:
        """A coordinator opens a slot of half an hour."""
        body = {
            "officer_id": self.officers[officer],
            "ward": WARD,
            "starts_at": at.astimezone(domain.LONDON).isoformat(),
            "minutes": 30,
            "near": "the old mill",
            "meeting_point": {"name": "Mill Lane bus stop", "coordinates": self.place()},
        }
        return await self.http.post(
            "/booking/v1/slots", json=body | changes, headers=self.coordinator
        )

    async def slot(self, **changes: Any) -> str:
        """The id of a slot that a coordinator has just opened."""
        answer = await self.opens(**changes)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    def place(self, ward: str = WARD) -> list[float]:
        """A point in a ward."""
        return list(self.desk.areas.by_code[ward].point)

    def wish(self, slot_id: str, /, **changes: Any) -> Json:
        """The body of a booking; its contact is a fresh one unless said."""
        usual = {
            "slot_id": slot_id,
            "name": "Ada Example",
            "email": f"ada{next(self._contacts)}@example.org",
            "adult": True,
        }
        return {name: value for name, value in (usual | changes).items() if value is not ...}

    async def books(
        self, slot_id: str, /, *, key: str | None = None, **changes: Any
    ) -> httpx.Response:
        """Somebody books a slot."""
        return await self.http.post(
            "/booking/v1/walks",
            json=self.wish(slot_id, **changes),
            headers={"Idempotency-Key": key or str(uuid4())},
        )

    async def walk(self, *, email: Any = None, **changes: Any) -> Json:
        """A walk that somebody has just booked, as the API answers it."""
        named = {"email": email} if email else {}
        answer = await self.books(await self.slot(**changes), **named)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def acts(
        self, walk: Mapping[str, Any], verb: str, *, headers: Json | None = None, **more: Any
    ) -> httpx.Response:
        """The first officer starts, ends or cancels a walk."""
        path = f"/booking/v1/walks/{walk['id']}/{verb}"
        return await self.http.post(path, headers=headers or self.officer, **more)

    async def slots(self, **query: Any) -> list[Json]:
        """The public list."""
        answer = await self.http.get("/booking/v1/slots", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()["items"]

    async def rows(self, query: str, *arguments: Any) -> list[dict[str, Any]]:
        """Rows of the database."""
        async with self.database.reading() as connection:
            return [dict(row) for row in await connection.fetch(query, *arguments)]

    async def person(self, walk_id: str) -> domain.Person:
        """Who a walk is with, opened."""
        async with self.database.reading() as connection:
            found = await store.people.participants(connection, self.desk.sealing, [UUID(walk_id)])
        return found[UUID(walk_id)]

    async def events(self, topic: str) -> list[dict[str, Any]]:
        """What was appended to a topic's queue, in order."""
        return await self.rows(
            "select event_log.* from event_log join outbox using (topic, key, sequence)"
            " where topic = $1 order by seq",
            topic,
        )

    async def types(self, topic: str) -> list[str]:
        """The types of what was appended to a topic's queue, in order."""
        return [event["type"] for event in await self.events(topic)]


@asynccontextmanager
async def a_booking(
    database: Database, issuer: TestIssuer, **settings: Any
) -> AsyncGenerator[Booking]:
    """Booking with a team of two officers, without minimum notice."""
    clock = Clock()
    parts = parts_for("booking", database, clock=clock, oidc_issuer=issuer.url, **settings)
    app = create_app(parts)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as http:
        booking = Booking(app, http, parts, clock, issuer)
        await seed(booking.desk)
        found = await booking.rows("select id from officer order by subject")
        booking.officers = [str(row["id"]) for row in found]
        yield booking


async def seed(desk: Desk, *, team: str = "Mill", officers: int = 2, policy: Any = POLICY) -> None:
    """A team and its officers, who sign in as ``officer-1``, ``officer-2``."""
    people = [
        NewOfficer(uuid4(), f"officer-{nth}", f"PC Robin {nth}", "PC", "020 7946 0000")
        for nth in range(1, officers + 1)
    ]
    await service.seed(desk, team, policy, people)


def problem(answer: httpx.Response) -> str:
    """The slug of a problem answer."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.json()["type"].rsplit("/", 1)[-1]


def pointers(answer: httpx.Response) -> list[str]:
    """Where a 422 finds fault."""
    return [fault["pointer"] for fault in answer.json().get("errors", [])]


def some_id() -> UUID:
    """An id that nothing has."""
    return uuid4()
