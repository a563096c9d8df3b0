"""Tries parked events again, each key from its head, and lets the key go when none is left.

Invariant: a parked key is drained in sequence under its inbox row's lock, so it never overtakes
itself, and arrivals of the same key meanwhile wait for the lock and then queue or follow.
"""

import asyncio
from typing import Any

from shared.backoff import backoff_seconds
from shared.consumer import inbox, parking
from shared.consumer.batch import Handlers
from shared.consumer.inbox import NEVER_SEEN, KeyState
from shared.consumer.parking import Parked
from shared.postgres import Connection, is_infrastructure
from shared.service import Parts, Work

KEYS_A_ROUND = 100
ROUND_SECONDS = 1
# The group's, whichever member looked last: it grows while none can look.
BEHIND = """
select coalesce(greatest(extract(epoch from $3 - min(as_of)), 0), 0)::float from partition_progress
 where consumer = $1 and topic = any($2::text[])
"""
RETRY_FIRST, RETRY_CAP = 1, 3600


async def drain_forever(parts: Parts[Any], consumer: str, work: Work) -> None:
    """Drain what is due, round after round, until cancelled."""
    while True:
        parts.progress.moved("drainer")
        try:
            await drain_due(parts, consumer, work)
        except Exception as error:  # noqa: BLE001 - tried again in the next round
            parts.log.warning("drainer.put_off", cause=type(error).__name__)
        await asyncio.sleep(ROUND_SECONDS)


async def drain_due(parts: Parts[Any], consumer: str, work: Work) -> None:
    """Drain each key whose head is due; measure what is parked, and how far behind the group is.

    Measured here, by the database alone: a consumer that cannot look at its log has no lag to tell.
    """
    async with parts.database.reading() as connection:
        if await parking.stop_reason(connection, consumer) is None:
            due = await parking.due_keys(connection, consumer, KEYS_A_ROUND)
        else:
            due = []
        counts = await parking.counts(connection, consumer)
        behind = await connection.fetchval(BEHIND, consumer, list(work.listens), parts.clock())
    parts.metrics.consumer_lag_seconds.set(behind)
    parts.metrics.parked.clear()
    for cause, number in counts.items():
        parts.metrics.parked.labels(cause).set(number)
    if counts:
        await _read_alone(parts, consumer)
    for topic, key in due:
        await drain_key(parts, consumer, topic, key, work.listens.get(topic, {}))


async def _read_alone(parts: Parts[Any], consumer: str) -> None:
    """Records that could not even be placed: those that can be read now join their key's queue."""
    async with parts.database.transaction() as connection:
        for parked in await parking.due_alone(connection, consumer, KEYS_A_ROUND):
            item = parked.item
            if item.key is None:
                await parking.set_aside(connection, parked, item.cause or "envelope")
                continue
            await parking.remove(connection, parked)
            known = await inbox.states(connection, consumer, item.topic, [item.key])
            state = known.get(item.key, NEVER_SEEN)
            waiting = KeyState(state.last, blocked=True, known=True)
            await parking.park(connection, consumer, [(item, "read again")], limit=KEYS_A_ROUND)
            await inbox.save(connection, consumer, item.topic, {item.key: waiting})


async def drain_key(
    parts: Parts[Any], consumer: str, topic: str, key: str, handlers: Handlers
) -> None:
    """Apply a key's parked events from the head until one will not go or none is left."""
    async with parts.database.transaction() as connection:
        known = await inbox.states(connection, consumer, topic, [key])
        state = known.get(key, NEVER_SEEN)
        while (parked := await parking.head(connection, consumer, topic, key)) is not None:
            moved = await _try(connection, parked, state, handlers)
            if moved is None:
                break
            state = moved
            parts.metrics.consumer_events.labels(topic, "drained").inc()
        else:
            state = KeyState(state.last, blocked=False, known=True)
        await inbox.save(connection, consumer, topic, {key: state})


async def _try(
    connection: Connection, parked: Parked, state: KeyState, handlers: Handlers
) -> KeyState | None:
    """The key's state after its head was dealt with, or None when it must wait on."""
    unblocked = KeyState(state.last, blocked=False, known=state.known)
    verdict, cause = inbox.decide(unblocked, parked.item, trimmed_until=0)
    if verdict == "apply":
        cause = await _apply(connection, parked, handlers)
    if verdict == "park" or cause:
        seconds = backoff_seconds(parked.attempts + 1, first=RETRY_FIRST, cap=RETRY_CAP)
        await parking.put_off(connection, parked, cause, seconds)
        return None
    await parking.remove(connection, parked)
    if verdict == "duplicate":
        return state
    assert parked.item.sequence is not None
    return KeyState(parked.item.sequence, blocked=True, known=True)


async def _apply(connection: Connection, parked: Parked, handlers: Handlers) -> str:
    """Apply one event in a savepoint; the cause when it was refused, empty when it went."""
    event = parked.item.event
    handler = handlers.get(event.type) if event else None
    if event is None or handler is None:
        return ""
    try:
        async with connection.transaction():
            await handler(connection, [event])
    except Exception as error:
        if is_infrastructure(error):
            raise
        return f"refused: {type(error).__name__}"
    return ""
