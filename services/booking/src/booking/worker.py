"""Events and ticks in: concerns are counted, overdue walks found and reported, old details erased.

Invariant: a timer does little at a time and can be run again; the alarm needs no Kafka.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta

from booking import domain, service, store
from booking.gateway import Notifications
from booking.service import Desk
from shared.events import Received
from shared.events.concerns import INTERNAL, ConcernCaptured
from shared.postgres import Connection
from shared.service import Handler, Timer

RETENTION_EVERY = timedelta(hours=1)


def listens() -> Mapping[str, Mapping[str, Handler]]:
    """Topic -> type -> handler."""
    return {INTERNAL: {ConcernCaptured.type: count_concerns}}


def timers(desk: Desk, notifications: Notifications, *, every: timedelta) -> Sequence[Timer]:
    """What the worker does every so often."""

    async def find_overdue() -> None:
        while await service.mark_next_overdue(desk):
            pass

    async def report(waiting: domain.Report) -> None:
        if await notifications.tell(waiting):
            await service.note_reported(desk, waiting)

    async def report_overdue() -> None:
        await asyncio.gather(*map(report, await service.take_reports(desk)))

    async def forget() -> None:
        await service.seal_what_is_plain(desk)
        await service.forget_what_is_old(desk)

    return (
        Timer("overdue", every, find_overdue),
        Timer("overdue_reports", every, report_overdue),
        Timer("retention", RETENTION_EVERY, forget),
    )


async def count_concerns(connection: Connection, events: Sequence[Received]) -> None:
    """Count the concerns that were captured on walks, for the debrief."""
    facts = [event.fact for event in events]
    walks = [fact.walk_id for fact in facts if isinstance(fact, ConcernCaptured) and fact.walk_id]
    await store.walks.count_concerns(connection, walks)
