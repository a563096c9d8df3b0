"""Events and ticks in: a walk opens its capture window and closes it; old walks are forgotten.

Invariant: each event says enough by itself, so a walk first heard of by its end has a window too.
"""

from collections.abc import Sequence
from datetime import timedelta

from concerns import service
from concerns.domain import Window
from concerns.settings import Settings
from shared.events import Received, walks
from shared.postgres import Connection
from shared.service import Handler, Parts, Timer, Work

RETENTION_EVERY = timedelta(hours=1)


async def learn(connection: Connection, events: Sequence[Received]) -> None:
    """Keep what some events, no two of one walk, say of their walks."""
    await service.learn_of_walks(connection, [_window(event) for event in events])


def _window(event: Received) -> Window:
    fact = event.fact
    match fact:
        case walks.WalkStarted():
            return Window(event.subject, fact.starts_at, fact.ends_at, started_at=fact.at)
        case walks.WalkEnded() | walks.WalkAborted():
            return Window(event.subject, fact.starts_at, fact.ends_at, ended_at=fact.at)
        case walks.WalkCancelled():
            return Window(event.subject, fact.starts_at, fact.ends_at, cancelled_at=event.time)
        case _:
            assert isinstance(fact, walks.WalkConfirmed | walks.WalkRescheduled)
            return Window(event.subject, fact.starts_at, fact.ends_at, stands=True)


_HANDLERS: dict[str, Handler] = {
    fact.type: learn
    for fact in (
        walks.WalkConfirmed,
        walks.WalkRescheduled,
        walks.WalkStarted,
        walks.WalkEnded,
        walks.WalkAborted,
        walks.WalkCancelled,
    )
}


def work(parts: Parts[Settings]) -> Work:
    """What the worker listens to and does by itself."""

    async def forget() -> None:
        await service.forget_what_is_old(parts)

    timers = (Timer("retention", RETENTION_EVERY, forget),)
    return Work(listens={walks.INTERNAL: _HANDLERS}, timers=timers)
