"""Notifications as its worker runs it, by hand: events are heard and timers run when a test says so."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from notifications.app import create_worker
from shared.events import Fact, Received, WardRef, walks
from shared.postgres import Database
from shared.service import Work
from tests.factories import START, Clock, KeptParts, parts_for
from tests.notifications.doubles import BookingDouble, MailServer, a_contact

WARD = WardRef(code="L05000001", set="larkmere-2026")
STARTS_AT = START + timedelta(minutes=30)
ENDS_AT = STARTS_AT + timedelta(minutes=30)
LADDER_SECONDS = 300

_KINDS: dict[str, tuple[type[Fact], dict[str, Any]]] = {
    "confirmed": (walks.WalkConfirmed, {"officer_role": "PC"}),
    "cancelled": (walks.WalkCancelled, {"initiator": "participant", "notice_hours": 1.0}),
    "rescheduled": (
        walks.WalkRescheduled,
        {"old_starts_at": START, "old_ends_at": STARTS_AT, "initiator": "force"},
    ),
    "reassigned": (
        walks.WalkReassigned,
        {"reason": "unavailable", "officer_role": "PC", "notice_hours": 2.0},
    ),
    "missed": (walks.NoShowRecorded, {"party": "officer"}),
    "aborted": (walks.WalkAborted, {"at": ENDS_AT, "reason": "incident"}),
    "started": (walks.WalkStarted, {"at": STARTS_AT}),
    "ended": (walks.WalkEnded, {"at": ENDS_AT}),
    "overdue": (walks.WalkOverdue, {"due_at": ENDS_AT, "missing": "end"}),
    "cleared": (walks.WalkOverdueCleared, {"due_at": ENDS_AT, "at": ENDS_AT}),
}


def heard(kind: str, walk_id: UUID | None = None, *, sequence: int = 1, **changes: Any) -> Received:
    """An event of a walk on the evening of START."""
    fact, own = _KINDS[kind]
    told: dict[str, Any] = {
        "ward": WARD,
        "starts_at": STARTS_AT,
        "ends_at": ENDS_AT,
        "local_date": START.date(),
        "light": "dark",
    }
    made = fact(**(told | own | changes))
    key = str(walk_id or uuid4())
    return Received(uuid4(), made.topic, made.type, key, sequence, START, made)


@dataclass
class Desk:
    """A worker of notifications with booking and a mail server around it."""

    database: Database
    parts: KeptParts
    clock: Clock
    work: Work
    booking: BookingDouble
    mail: MailServer
    walks: list[UUID] = field(default_factory=list)

    async def hears(self, *events: Received) -> None:
        """Each event in a transaction of its own, as its consumer would."""
        for event in events:
            async with self.database.transaction() as connection:
                await self.work.listens[event.topic][event.type](connection, [event])

    def timer(self, name: str) -> Callable[[], Awaitable[None]]:
        """What a timer runs."""
        return next(timer.run for timer in self.work.timers if timer.name == name)

    async def sends(self) -> None:
        """The timer of messages, once."""
        await self.timer("messages")()

    async def climbs(self) -> None:
        """The timer of the ladder, once."""
        await self.timer("ladder")()

    async def confirms(self, **changes: Any) -> UUID:
        """A walk is confirmed; booking says so too, with changes."""
        walk_id = uuid4()
        self.booking.walks[walk_id] = a_contact(**changes)
        await self.hears(heard("confirmed", walk_id))
        return walk_id

    async def rows(self, table: str) -> list[dict[str, Any]]:
        """All rows of a table of ours, oldest first."""
        order = {"message": "created_at, due_at", "alert": "raised_at, id"}[table]
        async with self.database.reading() as connection:
            return [
                dict(row)
                for row in await connection.fetch(f"select * from {table} order by {order}")
            ]

    async def states(self) -> list[tuple[str, str | None]]:
        """State and reason of every message."""
        return [(row["state"], row["reason"]) for row in await self.rows("message")]

    async def said(self) -> list[tuple[str, int]]:
        """Types and sequences of the events appended, in order."""
        return [(row["type"], row["sequence"]) for row in await events_of(self.database)]

    def passes(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.advance(timedelta(seconds=seconds))


async def events_of(database: Database) -> list[dict[str, Any]]:
    """The event log, in the order of the outbox."""
    async with database.reading() as connection:
        return [
            dict(row)
            for row in await connection.fetch(
                "select event_log.* from event_log join outbox using (topic, key, sequence) order by seq"
            )
        ]


@asynccontextmanager
async def a_desk(
    database: Database, booking: BookingDouble, mail: MailServer, **settings: Any
) -> AsyncGenerator[Desk]:
    """A worker wired by the service's own ``create_worker``."""
    clock = Clock()
    around: dict[str, Any] = {
        "booking_url": booking.url,
        "oidc_issuer": booking.url,
        "smtp_host": "127.0.0.1",
        "smtp_port": mail.port,
        "smtp_starttls": False,
        "ladder_control_room_seconds": LADDER_SECONDS,
    }
    parts = parts_for("notifications", database, clock=clock, **(around | settings))
    async with create_worker(parts) as work:
        yield Desk(database, parts, clock, work, booking, mail)
