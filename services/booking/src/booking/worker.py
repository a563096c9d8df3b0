"""Events and ticks in: concerns are counted, overdue walks found, reported and seen taken on, slots offered
to whoever waits and opened out of shifts, old details erased.

Invariant: a timer does little at a time and can be run again; the alarm needs no Kafka.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial

from booking import domain, service, store
from booking.gateway import Notifications
from booking.service import Desk
from shared.events import Received, alerts
from shared.events.concerns import INTERNAL, ConcernCaptured
from shared.postgres import Connection
from shared.service import Handler, Timer

OFFERS_EVERY = timedelta(seconds=5)
ROSTER_EVERY = timedelta(minutes=1)
RETENTION_EVERY = timedelta(hours=1)


def listens() -> Mapping[str, Mapping[str, Handler]]:
    """Topic -> type -> handler."""
    return {
        INTERNAL: {ConcernCaptured.type: count_concerns},
        alerts.INTERNAL: {alerts.AlertAcknowledged.type: note_acknowledged},
    }


def timers(desk: Desk, notifications: Notifications, *, every: timedelta) -> Sequence[Timer]:
    """What the worker does every so often."""

    async def report(waiting: domain.Report) -> None:
        if await notifications.tell(waiting):
            await service.note_reported(desk, waiting)

    async def report_overdue() -> None:
        await asyncio.gather(*map(report, await service.take_reports(desk)))

    async def forget() -> None:
        await service.erase_again(desk)
        await service.seal_what_is_plain(desk)
        await service.forget_what_is_old(desk)

    async def offer() -> None:
        await until_done(service.expire_next, desk)
        await until_done(service.close_next_late, desk)
        await until_done(service.match_next, desk)

    return (
        Timer("overdue", every, partial(until_done, service.mark_next_overdue, desk)),
        Timer("overdue_reports", every, report_overdue),
        Timer("offers", OFFERS_EVERY, offer),
        Timer("roster", ROSTER_EVERY, partial(until_done, service.open_next_shift, desk)),
        Timer("retention", RETENTION_EVERY, forget),
    )


async def until_done(take_next: Callable[[Desk], Awaitable[bool]], desk: Desk) -> None:
    """One after the other, each in a transaction of its own, until nothing is left to do."""
    while await take_next(desk):
        pass


async def count_concerns(connection: Connection, events: Sequence[Received]) -> None:
    """Count the concerns that were captured on walks, for the debrief."""
    facts = [event.fact for event in events]
    walks = [fact.walk_id for fact in facts if isinstance(fact, ConcernCaptured) and fact.walk_id]
    await store.walks.count_concerns(connection, walks)


async def note_acknowledged(connection: Connection, events: Sequence[Received]) -> None:
    """Note which overdue walks somebody has taken on, for the duty list."""
    said = [
        (event.fact.walk_id, event.time)
        for event in events
        if isinstance(event.fact, alerts.AlertAcknowledged)
    ]
    await store.overdue.acknowledge(connection, said)
