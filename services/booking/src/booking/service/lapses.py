"""Places kept past their time: let go by a timer, and by a writer that meets them.

Invariant: locked in this order: the wish, the held walk, the slot. A place that is let go is free in the same
transaction.
"""

from datetime import datetime
from uuid import UUID

from booking import domain, store
from booking.service.desk import Desk
from shared import outbox
from shared.postgres import Connection


async def expire_next(desk: Desk) -> bool:
    """Let go of one place whose time is over, an offer's or a form's; whether there was one."""
    return await _expire_next(desk, None)


async def release_expired(desk: Desk, slot_id: UUID) -> bool:
    """Let go of what is over and keeps a slot or its officer from others; whether there was anything."""
    found = False
    while await _expire_next(desk, slot_id):
        found = True
    return found


async def _expire_next(desk: Desk, slot_id: UUID | None) -> bool:
    at = desk.clock()
    async with desk.database.reading() as connection:
        request_id = await store.offers.next_due(connection, at, slot_id)
        walk_id = await store.holds.next_due(connection, at, slot_id)
    if request_id is not None:
        await lapse(desk, request_id, due_at=at)
    if walk_id is not None:
        await _release(desk, walk_id)
    return request_id is not None or walk_id is not None


async def _release(desk: Desk, walk_id: UUID) -> None:
    """Let go of a form's place; whoever comes second finds that it has gone."""
    async with desk.database.transaction() as connection:
        hold = await store.holds.lock_walk(connection, walk_id)
        if hold is not None:
            await store.holds.let_go(connection, hold.walk_id, hold.slot_id)


async def lapse(desk: Desk, request_id: UUID, *, due_at: datetime | None = None) -> None:
    """End the offer that a wish has open, if it was due by then (None: in any case)."""
    at = desk.clock()
    async with desk.database.transaction() as connection:
        wish = await store.requests.lock(connection, request_id)
        offer = domain.offers.live(await store.offers.of_request(connection, request_id))
        if wish is None or offer is None or (due_at is not None and offer.expires_at > due_at):
            return
        await lapse_locked(connection, wish, offer, at)
    desk.log.info("offer.expired", request=str(request_id), offer=offer.number)


async def lapse_locked(
    connection: Connection, wish: domain.Request, offer: domain.Offer, at: datetime
) -> None:
    """End the open offer of a locked wish, which goes back to its place in the line."""
    ahead = await store.requests.ahead_of(connection, wish)
    after, expired, facts = domain.offers.expire(wish, offer, ahead, at)
    await let_go(connection, after, expired, facts)


async def let_go(
    connection: Connection, request: domain.Request, offer: domain.Offer, facts: domain.Facts
) -> None:
    """Write that an offer is over, and let go of its place."""
    await store.offers.save(connection, offer)
    await store.requests.save(connection, request)
    await store.offers.let_go(connection, offer)
    await outbox.append(connection, *facts)
