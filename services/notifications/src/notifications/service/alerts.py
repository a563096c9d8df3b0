"""Raise, climb, clear and acknowledge alerts.

Invariant: an alarm raises one alert however often and on whichever way it comes, with its event and
its first message in the same transaction; two climbers at once climb an alert once.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from notifications import domain, store
from notifications.domain.alerts import Acknowledgement, Alert, Ladder, Overdue
from notifications.domain.messages import TEMPLATES, Message, Told
from notifications.store.alerts import Cleared
from shared import idempotency, outbox
from shared.clock import new_id
from shared.errors import NotFound
from shared.events import internal
from shared.idempotency import Once
from shared.postgres import Connection, Database

CLIMB_AT_ONCE = 100

Answer = dict[str, Any]


async def raise_overdue(
    database: Database, overdue: Overdue, ladder: Ladder, request: Once, *, at: datetime
) -> Answer:
    """Raise the alert of an overdue walk, or find it raised: ``{"alert_id"}`` either way."""
    async with database.transaction() as connection:
        if kept := await idempotency.replay(connection, request):
            return kept
        await raise_all(connection, [overdue], ladder, at=at)
        found = await store.alerts.id_of(connection, overdue.walk_id, overdue.due_at)
        return await idempotency.keep(connection, request, {"alert_id": str(found)})


async def raise_all(
    connection: Connection, overdues: Sequence[Overdue], ladder: Ladder, *, at: datetime
) -> None:
    """Raise those alerts that are new, in the caller's transaction."""
    raised = [domain.alerts.raise_alert(each, new_id(), ladder, at=at) for each in overdues]
    new = await store.alerts.insert(connection, [alert for alert, _ in raised])
    told = [alert for alert, _ in raised if alert.id in new]
    await store.messages.insert(
        connection,
        [_notice(alert, at) for alert in told],
        [at + ladder.supervisor_after for _ in told],
    )
    await outbox.append(
        connection,
        *(
            internal(fact, alert.id, at=at, cause=overdue.event_id)
            for overdue, (alert, fact) in zip(overdues, raised, strict=True)
            if alert.id in new
        ),
    )


async def climb(database: Database, *, at: datetime) -> int:
    """Take the alerts that waited too long to the next rung; answers how many climbed."""
    async with database.transaction() as connection:
        due = await store.alerts.lock_climbing(connection, at=at, limit=CLIMB_AT_ONCE)
        climbed = [domain.alerts.climb(alert, at=at) for alert in due]
        await store.alerts.save(connection, *(alert for alert, _ in climbed))
        await store.messages.insert(
            connection, [_notice(alert, at) for alert, _ in climbed], [at for _ in climbed]
        )
        await outbox.append(
            connection, *(internal(fact, alert.id, at=at) for alert, fact in climbed)
        )
    return len(climbed)


async def acknowledge(
    database: Database,
    alert_id: UUID,
    by: Acknowledgement,
    request: Once,
    show: Callable[[Alert], Answer],
) -> Answer:
    """Somebody takes an alert on; answers the alert as ``show`` shows it.

    Raises NotFound, and AlreadyAcknowledged when somebody else has it.
    """
    async with database.transaction() as connection:
        if kept := await idempotency.replay(connection, request):
            return kept
        alert = await store.alerts.lock(connection, alert_id)
        if alert is None:
            raise NotFound
        alert, fact = domain.alerts.acknowledge(alert, by)
        if fact:
            await store.alerts.save(connection, alert)
            await outbox.append(connection, internal(fact, alert.id, at=by.at))
        return await idempotency.keep(connection, request, show(alert))


async def clear(connection: Connection, gone: Sequence[Cleared]) -> None:
    """Mark the alerts whose cause has gone away, in the caller's transaction."""
    await store.alerts.clear(connection, gone)


def _notice(alert: Alert, at: datetime) -> Message:
    """The message that tells an alert's rung that it waits."""
    return Message(
        id=new_id(),
        purpose="alert_waiting",
        template=TEMPLATES["alert_waiting"],
        walk_id=alert.walk_id,
        about=Told(alert.id, alert.rung),
        state="intended",
        attempts=0,
        created_at=at,
    )
