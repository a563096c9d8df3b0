"""Intend messages, and send those that are due.

Invariant: the intent is committed before a mail goes out and the outcome after it, so that a crash
between the two sends the same mail again under the same Message-ID and never loses it. No
transaction is open while booking or the mail server is asked; the claim's lease outlasts every try.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from uuid import UUID

from structlog.typing import FilteringBoundLogger

from notifications import domain, store
from notifications.domain.messages import (
    GO,
    TEMPLATES,
    Message,
    Outcome,
    Purpose,
    Settled,
    Told,
    Verdict,
    WalkTimes,
)
from notifications.gateway.booking import Booking, BookingSilent
from notifications.gateway.letters import BadAddress, Letters
from notifications.gateway.post import Post
from shared.clock import Clock, new_id
from shared.events.alerts import Rung
from shared.postgres import Connection, Database

LEASE = timedelta(seconds=120)
TRY_SECONDS = 60
SENDERS = 4
# A run begins no new try after this; the next run goes on. A timer must be seen to move.
RUN_SECONDS = 10


@dataclass(frozen=True, slots=True)
class PostRoom:
    """All that sending needs. ``toss`` gives a random number from 0 to 1, for the jitter."""

    database: Database
    clock: Clock
    log: FilteringBoundLogger
    booking: Booking
    letters: Letters
    post: Post
    mailboxes: Mapping[Rung, str]
    ward_names: Mapping[str, str]
    alerts_url: str
    toss: Callable[[], float]


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


async def send_due(room: PostRoom) -> None:
    """Send what is due, a few at a time, until nothing is or the run has lasted long enough.

    Told to stop (cancelled once), it begins nothing new and finishes what is under way.
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
        await senders
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
            verdict, mail = await _prepare(room, message)
            if mail is None:
                return Settled(verdict.state, verdict.reason, None)
            if not await _begin_sending(room, message, token):
                return None
            outcome = await room.post.send(mail)
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


async def _prepare(room: PostRoom, message: Message) -> tuple[Verdict, EmailMessage | None]:
    """Whether the message still holds, and if so, the mail."""
    verdict = domain.messages.judge_alone(message, at=room.clock())
    if verdict is not GO:
        return verdict, None
    if isinstance(message.about, Told):
        return await _prepare_notice(room, message, message.about)
    walk = await room.booking.walk_now(message.walk_id)
    verdict = domain.messages.judge_walk(message, walk, at=room.clock())
    if walk is None or verdict is not GO:
        return verdict, None
    words = domain.words.walk_words(message.purpose, walk)
    mail = room.letters.compose(message.template, words, walk.email, message.id, at=room.clock())
    return verdict, mail


async def _prepare_notice(
    room: PostRoom, message: Message, told: Told
) -> tuple[Verdict, EmailMessage | None]:
    async with room.database.reading() as connection:
        alert = await store.alerts.find(connection, told.alert_id)
    verdict = domain.messages.judge_alert(message, alert, at=room.clock())
    if alert is None or verdict is not GO:
        return verdict, None
    ward_name = room.ward_names.get(alert.ward.code, alert.ward.code)
    words = domain.words.alert_words(alert, ward_name, told.rung, room.alerts_url)
    to = room.mailboxes[told.rung]
    return verdict, room.letters.compose(message.template, words, to, message.id, at=room.clock())


async def _begin_sending(room: PostRoom, message: Message, token: UUID) -> bool:
    async with room.database.transaction() as connection:
        return await store.messages.begin_sending(connection, message.id, token)


async def _settle(room: PostRoom, message: Message, token: UUID, settled: Settled) -> bool:
    async with room.database.transaction() as connection:
        stood = await store.messages.settle(connection, message.id, token, settled, at=room.clock())
    room.log.info(
        "message.tried",
        state=settled.state,
        message_id=str(message.id),
        purpose=message.purpose,
        attempt=message.attempts,
        reason=settled.reason,
    )
    return stood
