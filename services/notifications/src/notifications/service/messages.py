"""Intend messages, and send those that are due.

Invariant: the intent is committed before a mail goes out and the outcome after it, so that a crash
between the two sends the same mail again under the same Message-ID and never loses it; a database
that is away for some seconds is waited for, so that it is not such a crash. No transaction is open
while booking or the mail server is asked; the claim's lease outlasts every try.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from notifications import domain, store
from notifications.domain.messages import (
    TEMPLATES,
    Message,
    Outcome,
    Purpose,
    Settled,
    WalkTimes,
)
from notifications.domain.wishes import News
from notifications.gateway.booking import BookingSilent
from notifications.gateway.letters import BadAddress
from notifications.service.mails import PostRoom, prepare
from shared.backoff import Backoff
from shared.clock import new_id
from shared.postgres import Connection, is_infrastructure

LEASE = timedelta(seconds=120)
TRY_SECONDS = 60
# So long after the first failure the outcome is tried to be written down: a database comes back meanwhile.
SETTLE_SECONDS = 20
SENDERS = 4
# A run begins no new try after this; the next run goes on. A timer must be seen to move.
RUN_SECONDS = 10


async def intend(
    connection: Connection,
    purpose: Purpose,
    walks: Sequence[tuple[UUID, WalkTimes]],
    *,
    at: datetime,
) -> None:
    """Intend one message a walk, due at once, in the caller's transaction."""
    messages = [
        Message(new_id(), purpose, TEMPLATES[purpose], walk_id, times, "intended", 0, at)
        for walk_id, times in walks
    ]
    await store.messages.insert(connection, messages, [at for _ in messages])


async def intend_of_wishes(connection: Connection, told: Sequence[News], *, at: datetime) -> None:
    """Intend what there is to say of wishes, each when it is due, in the caller's transaction."""
    messages = [
        Message(
            new_id(), each.purpose, TEMPLATES[each.purpose], None, each.about, "intended", 0, at
        )
        for each in told
    ]
    await store.messages.insert(connection, messages, [each.due_at for each in told])


async def send_due(room: PostRoom) -> None:
    """Send what is due, a few at a time, until nothing is or the run has lasted long enough.

    Told to stop (cancelled, however often), it begins nothing new and finishes what is under way: whoever
    tells it waits for as long as a process may take to stop, and then ends the senders themselves.
    """
    loop = asyncio.get_running_loop()
    enough = loop.time() + RUN_SECONDS

    async def sender() -> None:
        while loop.time() < enough and await send_next(room):
            pass

    senders = asyncio.gather(*(sender() for _ in range(SENDERS)), return_exceptions=True)
    try:
        ended = await asyncio.shield(senders)
    except asyncio.CancelledError:
        enough = loop.time()
        while not senders.done():
            with suppress(asyncio.CancelledError):
                await asyncio.shield(senders)
        raise
    for error in ended:
        if error is not None:
            raise error


async def send_next(room: PostRoom) -> bool:
    """Take the message that has been due longest through one try; False when none is due."""
    token, at = new_id(), room.clock()
    async with room.database.transaction() as connection:
        message = await store.messages.claim(connection, token, at=at, until=at + LEASE)
    if message is None:
        return False
    settled = await _try(room, message, token)
    if settled is None or not await _settle(room, message, token, settled):
        room.log.warning("message.claim_lost", message_id=str(message.id))
    return True


async def _try(room: PostRoom, message: Message, token: UUID) -> Settled | None:
    """What one try makes of a message; None when another worker has claimed it meanwhile."""
    try:
        async with asyncio.timeout(TRY_SECONDS):
            verdict, letter = await prepare(room, message)
            if letter is None:
                return Settled(verdict.state, verdict.reason, verdict.due_at)
            if not await _begin_sending(room, message, token):
                return None
            outcome = await room.send(letter)
    except BookingSilent:
        outcome = Outcome("put-off", "booking-silent")
    except BadAddress:
        outcome = Outcome("refused", "bad-address")
    except TimeoutError:
        outcome = Outcome("put-off", "timeout")
    except Exception:  # one odd message must not hold up the others
        room.log.exception("message.unforeseen", message_id=str(message.id))
        outcome = Outcome("put-off", "unforeseen")
    return domain.messages.settle(message, outcome, at=room.clock(), jitter=room.toss())


async def _begin_sending(room: PostRoom, message: Message, token: UUID) -> bool:
    async with room.database.transaction() as connection:
        return await store.messages.begin_sending(connection, message.id, token)


async def _settle(room: PostRoom, message: Message, token: UUID, settled: Settled) -> bool:
    """Write down what a try came to; False when the claim has been lost.

    It is known here alone until it is written: while the database is away it is tried again.
    """
    waits, give_up = Backoff(0.1, 2), float("inf")
    while True:
        try:
            stood = await _write_down(room, message, token, settled)
        except Exception as error:
            failed_at = time.monotonic()
            give_up = min(give_up, failed_at + SETTLE_SECONDS)
            if failed_at >= give_up or not is_infrastructure(error):
                raise
            await asyncio.sleep(waits.next())
        else:
            _tell(room, message, settled)
            return stood


async def _write_down(room: PostRoom, message: Message, token: UUID, settled: Settled) -> bool:
    async with room.database.transaction() as connection:
        return await store.messages.settle(connection, message.id, token, settled, at=room.clock())


def _tell(room: PostRoom, message: Message, settled: Settled) -> None:
    room.log.info(
        "message.tried",
        state=settled.state,
        message_id=str(message.id),
        purpose=message.purpose,
        attempt=message.attempts,
        reason=settled.reason,
    )
