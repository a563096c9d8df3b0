"""Events and timers in: walks and wishes that ask for a message or an alert; mails and the ladder.

Invariant: a handler only writes what is to be done, in the consumer's transaction; mails go out and
alerts climb on timers, which hold no transaction while they wait for anybody outside.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import TypeVar

from notifications import domain, service
from notifications.domain.alerts import Ladder, Overdue
from notifications.domain.messages import Purpose, WalkTimes
from notifications.service.mails import PostRoom
from notifications.store.alerts import Cleared
from shared.clock import Clock
from shared.events import Fact, Received, requests, walks
from shared.postgres import Connection
from shared.service import Handler, Timer, Work

F = TypeVar("F", bound=Fact)


def work(room: PostRoom, ladder: Ladder, tick: timedelta) -> Work:
    """What a worker of notifications listens to and does by itself every ``tick``."""
    clear, of_wish = _clearing, _of_wishes(room.clock)
    return Work(
        listens={
            walks.INTERNAL: {
                walks.WalkConfirmed.type: _intending("walk_confirmed", room.clock),
                walks.WalkRescheduled.type: _moving(room.clock),
                walks.WalkReassigned.type: _intending("officer_changed", room.clock),
                walks.NoShowRecorded.type: _missing(room.clock),
                walks.WalkCancelled.type: _cancelling(room.clock),
                walks.WalkOverdue.type: _raising(ladder, room.clock),
                walks.WalkStarted.type: clear(_by_start),
                walks.WalkEnded.type: clear(_by_end),
                walks.WalkAborted.type: clear(_by_end),
                walks.WalkOverdueCleared.type: clear(_by_clearing),
            },
            requests.INTERNAL: {
                fact.type: of_wish
                for fact in (
                    requests.WalkRequested,
                    requests.RequestWaitlisted,
                    requests.RequestWithdrawn,
                    requests.OfferMade,
                )
            },
        },
        timers=(
            Timer("messages", tick, partial(service.messages.send_due, room)),
            Timer("ladder", tick, partial(_climb_all, room)),
        ),
    )


async def _climb_all(room: PostRoom) -> None:
    while climbed := await service.alerts.climb(room.database, at=room.clock()):
        room.log.warning("alerts.climbed", count=climbed)


def _intending(purpose: Purpose, clock: Clock) -> Handler:
    async def intend(connection: Connection, events: Sequence[Received]) -> None:
        messages = [(event.subject, _times(event)) for event in events]
        await service.messages.intend(connection, purpose, messages, at=clock())

    return intend


def _of_wishes(clock: Clock) -> Handler:
    async def intend(connection: Connection, events: Sequence[Received]) -> None:
        told = [news for event in events for news in domain.wishes.news_of(event)]
        await service.messages.intend_of_wishes(connection, told, at=clock())

    return intend


def _cancelling(clock: Clock) -> Handler:
    return _both(_intending("walk_cancelled", clock), _clearing(_by_being_told))


def _missing(clock: Clock) -> Handler:
    return _both(_intending("walk_missed", clock), _clearing(_by_being_told))


def _moving(clock: Clock) -> Handler:
    return _both(_intending("walk_moved", clock), _clearing(_by_being_told))


def _both(first: Handler, second: Handler) -> Handler:
    async def do(connection: Connection, events: Sequence[Received]) -> None:
        await first(connection, events)
        await second(connection, events)

    return do


def _raising(ladder: Ladder, clock: Clock) -> Handler:
    async def raise_alerts(connection: Connection, events: Sequence[Received]) -> None:
        await service.alerts.raise_all(
            connection, [_overdue(event) for event in events], ladder, at=clock()
        )

    return raise_alerts


def _clearing(cleared_by: Callable[[Received], Cleared]) -> Handler:
    async def clear(connection: Connection, events: Sequence[Received]) -> None:
        await service.alerts.clear(connection, [cleared_by(event) for event in events])

    return clear


def _overdue(event: Received) -> Overdue:
    fact = _fact(event, walks.WalkOverdue)
    return Overdue(event.id, event.subject, fact.ward, fact.due_at, fact.missing)


def _by_start(event: Received) -> Cleared:
    fact = _fact(event, walks.WalkStarted)
    return Cleared(event.subject, fact.at, missing="start")


def _by_end(event: Received) -> Cleared:
    fact = event.fact
    assert isinstance(fact, walks.WalkEnded | walks.WalkAborted)
    return Cleared(event.subject, fact.at)


def _by_clearing(event: Received) -> Cleared:
    fact = _fact(event, walks.WalkOverdueCleared)
    return Cleared(event.subject, fact.at, due_at=fact.due_at)


def _by_being_told(event: Received) -> Cleared:
    return Cleared(event.subject, event.time)


def _times(event: Received) -> WalkTimes:
    fact = event.fact
    assert isinstance(fact, walks.InternalWalk)
    needed_by = domain.safe_contact.needed_by(fact)
    return WalkTimes(event.sequence, fact.starts_at, fact.ends_at, needed_by)


def _fact(event: Received, kind: type[F]) -> F:
    assert isinstance(event.fact, kind)  # the registry's class for the type listened to
    return event.fact
