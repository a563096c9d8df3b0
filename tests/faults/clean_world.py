"""A small clean world: three walks, a concern and an alert, by the product's own services, relays, consumers.

Invariant: made once, changed never. A test that needs a broken world clones the database it breaks.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from booking import service as booking_service, worker as booking_worker
from booking.domain import LONDON
from concerns import service as concerns_service, worker as concerns_worker
from notifications.app import create_worker as notifications_worker
from notifications.domain.alerts import Acknowledgement
from notifications.service.alerts import acknowledge
from reporting import worker as reporting_worker
from shared.clock import new_id, now
from shared.consumer import Consumer
from shared.postgres import Database, open_database
from shared.relay import Relay
from shared.service import Work
from tests.booking.desk import Booking, a_booking
from tests.concerns.capturing import BOROUGH, a_request, a_saying
from tests.factories import PLACES, SERVICES, Clock, KeptParts, parts_for
from tests.faults.checker import Evidence, at_rest
from tests.faults.history import History
from tests.infra import Templates, database_name, database_url, until
from tests.shared.eventpath import running
from tests.tokens import TestIssuer

# So long ago that all that is told late of these walks has been told.
AGO = timedelta(hours=30)
MESSAGES = 5


@dataclass
class World:
    """Its evidence, where no promise is broken, and what can be named in it."""

    evidence: Evidence
    walked: str
    cancelled: str
    overdue: str
    message: str


@dataclass
class _Making:
    databases: dict[str, Database]
    booking: Booking
    history: History
    bootstrap: str

    async def call(self, path: str, body: Any, **more: Any) -> Any:
        """A call to booking that is answered with yes, and noted."""
        key = str(new_id())
        name = self.history.asked("maker", key, "POST", path, body)
        headers = {"Idempotency-Key": key} | more.get("headers", {})
        answer = await self.booking.http.post(path, json=body, headers=headers)
        assert answer.is_success, answer.text
        self.history.answered(name, "ok", answer.status_code, answer.json())
        return answer.json()

    async def walk(self, officer: int, starts_at: datetime) -> str:
        """A slot opened and booked."""
        slot = {
            "officer_id": self.booking.officers[officer],
            "ward": "L05000001",
            "starts_at": starts_at.astimezone(LONDON).replace(microsecond=0).isoformat(),
            "minutes": 30,
            "near": "the old mill",
            "meeting_point": {"name": "Bus stop", "coordinates": self.booking.place()},
        }
        opened = await self.call("/booking/v1/slots", slot, headers=self.booking.coordinator)
        walk = await self.call("/booking/v1/walks", self.booking.wish(opened["id"]))
        return walk["id"]

    async def act(self, walk: str, verb: str) -> None:
        """What an officer does."""
        path = f"/booking/v1/walks/{walk}/{verb}"
        await self.call(path, None, headers=self.booking.officer)

    async def capture(self, walk: str) -> None:
        """A concern said on a walk."""
        key, note = str(new_id()), "two lamps are out"
        name = self.history.asked(
            "maker", key, "POST", "/concerns/v1/concerns", {"note": note, "walk_id": walk}
        )
        answer = await concerns_service.capture_concern(
            self.parts("concerns"), BOROUGH, a_saying(walk_id=UUID(walk), note=note), a_request(key)
        )
        self.history.answered(name, "ok", 201, answer)

    def parts(self, name: str) -> KeptParts:
        """A service's parts, by the real time."""
        return parts_for(
            name,
            self.databases[name],
            clock=Clock(now()),
            kafka_bootstrap_servers=self.bootstrap,
        )

    @asynccontextmanager
    async def at_work(self) -> AsyncGenerator[None]:
        """Relays and consumers of all four."""
        async with AsyncExitStack() as stack:
            parts = {name: self.parts(name) for name in SERVICES}
            heard: dict[str, Work] = {
                "booking": Work(listens=booking_worker.listens(), timers=()),
                "concerns": concerns_worker.work(parts["concerns"]),
                "notifications": await stack.enter_async_context(
                    notifications_worker(parts["notifications"])
                ),
                "reporting": reporting_worker.work(),
            }
            for name in SERVICES:
                await stack.enter_async_context(running(Relay(parts[name], name).run()))
                consumer = Consumer(parts[name], name, heard[name])
                await stack.enter_async_context(running(consumer.run()))
            yield


@asynccontextmanager
async def a_clean_world(
    templates: Templates, bootstrap: str, issuer: TestIssuer, folder: Path
) -> AsyncGenerator[World]:
    """The world, at rest; its topics must have been empty."""
    urls = {name: await templates.clone(name) for name in SERVICES}
    async with AsyncExitStack() as stack:
        databases = {
            name: await stack.enter_async_context(open_database(url)) for name, url in urls.items()
        }
        booking = await stack.enter_async_context(
            a_booking(databases["booking"], issuer, kafka_bootstrap_servers=bootstrap)
        )
        made = _Making(databases, booking, History(folder / "calls.jsonl"), bootstrap)
        world = await _live(made, Evidence((), urls, bootstrap, contact_key=PLACES["contact_key"]))
    yield world
    for url in urls.values():
        await templates.drop_database(url)


async def _live(made: _Making, evidence: Evidence) -> World:
    began = now() - AGO
    made.booking.clock.at = began
    walked = await made.walk(0, began + timedelta(minutes=20))
    cancelled = await made.walk(1, began + timedelta(minutes=20))
    overdue = await made.walk(0, began + timedelta(hours=2))
    await made.act(walked, "start")
    await made.capture(walked)
    await made.act(walked, "end")
    await made.act(cancelled, "cancel")
    made.booking.clock.at = now()
    assert await booking_service.mark_next_overdue(made.booking.desk)
    async with made.at_work():
        ids = await until(lambda: _messages(made.databases["notifications"]), 60)
        assert ids
        await _take_on(made)
        async with made.databases["notifications"].transaction() as connection:
            await connection.execute("update message set state = 'delivered'")

        async def rests() -> bool:
            return not await at_rest(evidence)

        await until(rests, 60, every=0.2)
    evidence = replace(
        evidence,
        calls=made.history.calls(),
        letters=[a_letter(each) for each in ids],
        planted=["Canarywood"],
        texts={"a log": "walk.confirmed", "a metrics page": "outbox_rows 0"},
    )
    return World(evidence, walked, cancelled, overdue, ids[0])


async def _messages(database: Database) -> list[str] | None:
    async with database.reading() as connection:
        rows = await connection.fetch("select id from message order by id")
    return [str(row["id"]) for row in rows] if len(rows) == MESSAGES else None


async def _take_on(made: _Making) -> None:
    """Somebody acknowledges the one alert."""
    database = made.databases["notifications"]
    async with database.reading() as connection:
        alert = await connection.fetchval("select id from alert")
    path, key = f"/notifications/v1/alerts/{alert}/acknowledge", str(new_id())
    name = made.history.asked("maker", key, "POST", path)
    # The relays' clocks stand where they began: what is said later than that is not due for them.
    by = Acknowledgement("duty-1", "Lena Marsh", now() - timedelta(hours=1))
    answer = await acknowledge(
        database, alert, by, a_request(key), lambda shown: {"id": str(shown.id)}
    )
    made.history.answered(name, "ok", 200, answer)


def a_letter(message: str) -> EmailMessage:
    """The mail of a message."""
    mail = EmailMessage()
    mail["Message-ID"] = f"<{message}@force.example>"
    return mail


@asynccontextmanager
async def altered(
    evidence: Evidence, service: str, statements: Sequence[str], services: Sequence[str]
) -> AsyncGenerator[Evidence]:
    """The same evidence but for one service, whose database is a clone in which something is not as it was."""
    url = evidence.databases[service]
    name = database_name(url)
    clone = f"{name}_{new_id().hex[:8]}"
    administrator = await asyncpg.connect(database_url(url, "postgres"))
    try:
        await administrator.execute(f'create database "{clone}" template "{name}"')
        changing = await asyncpg.connect(database_url(url, clone))
        for statement in statements:
            done = await changing.execute(statement)
            assert not done.endswith(" 0"), f"{done}: {statement}"
        await changing.close()
        databases = {each: evidence.databases[each] for each in services}
        yield replace(evidence, databases=databases | {service: database_url(url, clone)})
    finally:
        await asyncio.shield(administrator.execute(f'drop database "{clone}" with (force)'))
        await administrator.close()
