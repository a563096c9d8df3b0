"""A place kept while the form is filled: ten minutes, for whoever has the form open.

Invariant: locked in this order: the held walk, the slots in the order of their ids, the officer. Each holder
has one place at most, and is known by a digest of what only her browser, or who called the API, has.
"""

import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from booking import domain, store
from booking.service import answers
from booking.service.desk import Desk
from booking.service.lapses import release_expired
from booking.service.references import new_reference
from shared import idempotency
from shared.clock import new_id
from shared.errors import NotFound
from shared.idempotency import Once
from shared.postgres import Connection


async def hold(
    desk: Desk, slot_id: UUID, request: Once, secret: str | None = None
) -> dict[str, Any]:
    """Keep a slot for whoever has ``secret`` (None: a new one); what she held before is let go.

    Raises NotFound, SlotTaken, TooManyWalks.
    """
    if not desk.holds.take(desk.clock()):
        raise domain.TooManyWalks(desk.limits.phone)
    secret = secret or secrets.token_urlsafe(16)
    try:
        return await _hold_again(desk, slot_id, request, secret)
    except domain.SlotTaken:
        if not await release_expired(desk, slot_id):
            raise
        return await _hold_again(desk, slot_id, request, secret)


async def _hold_again(desk: Desk, slot_id: UUID, request: Once, secret: str) -> dict[str, Any]:
    """Hold; once more after a deadlock, or when the same holder was quicker."""
    try:
        return await _hold(desk, slot_id, request, secret)
    except (asyncpg.DeadlockDetectedError, asyncpg.UniqueViolationError):
        return await _hold(desk, slot_id, request, secret)


async def _hold(desk: Desk, slot_id: UUID, request: Once, secret: str) -> dict[str, Any]:
    at, holder = desk.clock(), desk.holder(secret)
    async with desk.database.transaction() as connection:
        if kept := await idempotency.replay(connection, request):
            return kept
        before = await store.holds.lock(connection, holder)
        if before is not None and before.slot_id == slot_id and at < before.until:
            until = before.until  # the form was opened again, which makes it no longer
        else:
            await _give_up(connection, before, slot_id)
            until = await _keep(desk, connection, slot_id, holder)
        answer = {"hold": secret, "expires_at": answers.instant(until)}
        await idempotency.keep(connection, request, answer)
    desk.log.info("slot.held", slot=str(slot_id))
    return answer


async def _keep(desk: Desk, connection: Connection, slot_id: UUID, holder: bytes) -> datetime:
    at = desk.clock()
    found = await store.slots.lock_slot(connection, slot_id)
    if found is None:
        raise NotFound("There is no such slot.")
    slot, policy = found
    until = domain.holds.until(slot, policy, at)
    ids = domain.NewWalk(new_id(), new_id(), new_reference())
    walk = domain.holds.hold(slot, policy, ids, until, desk.telling(at))
    await store.holds.keep(connection, walk, domain.kept_free(slot.times, policy), holder)
    if not await store.holds.leaves_enough(connection, walk, holder, at):
        raise domain.TooManyWalks(desk.limits.phone)
    return until


async def let_go(desk: Desk, secret: str) -> None:
    """She does not want it after all; nothing happens where nothing is held."""
    async with desk.database.transaction() as connection:
        before = await store.holds.lock(connection, desk.holder(secret))
        if before is not None:
            await store.holds.let_go(connection, before.walk_id, before.slot_id)


async def give_way(desk: Desk, connection: Connection, secret: str, slot_id: UUID) -> None:
    """What somebody holds gives way to the booking of a slot, which its caller makes at once."""
    before = await store.holds.lock(connection, desk.holder(secret))
    await _give_up(connection, before, slot_id)


async def keeps(desk: Desk, connection: Connection, secret: str, slot_id: UUID) -> bool:
    """Whether somebody holds a slot now."""
    held = await store.holds.find(connection, desk.holder(secret))
    return held is not None and held.slot_id == slot_id and desk.clock() < held.until


async def _give_up(connection: Connection, before: domain.Hold | None, slot_id: UUID) -> None:
    """Let go of a place for one on another slot, or on the same again."""
    if before is None:
        return
    await store.slots.lock_slots(connection, [before.slot_id, slot_id])
    await store.holds.let_go(connection, before.walk_id, before.slot_id)
