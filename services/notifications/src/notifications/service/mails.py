"""A message made into a mail or a text at the moment of sending, out of what is true then.

Invariant: whether it still holds and what it says come from one and the same lookup; where it does not hold
there is no mail. Her hours are asked last, so that what no longer holds does not wait for them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage

from structlog.typing import FilteringBoundLogger

from notifications import domain, store
from notifications.domain.messages import GO, Message, Outcome, Told, Verdict, WalkNow, WishNews
from notifications.domain.wishes import WishNow
from notifications.domain.words import Words
from notifications.gateway.booking import Booking
from notifications.gateway.letters import Letters
from notifications.gateway.post import Post
from notifications.gateway.texts import TextMessage, Texts
from shared.clock import Clock
from shared.events.alerts import Rung
from shared.postgres import Database

Letter = EmailMessage | TextMessage


@dataclass(frozen=True, slots=True)
class PostRoom:
    """All that sending needs. ``toss`` gives a random number from 0 to 1, for the jitter."""

    database: Database
    clock: Clock
    log: FilteringBoundLogger
    booking: Booking
    letters: Letters
    post: Post
    texts: Texts
    mailboxes: Mapping[Rung, str]
    ward_names: Mapping[str, str]
    coordinators: str
    alerts_url: str
    requests_url: str
    toss: Callable[[], float]

    async def send(self, letter: Letter) -> Outcome:
        """Hand in a mail or a text."""
        if isinstance(letter, TextMessage):
            return await self.texts.send(letter)
        return await self.post.send(letter)


async def prepare(room: PostRoom, message: Message) -> tuple[Verdict, Letter | None]:
    """Whether a message holds, and if so, the mail. Raises BookingSilent, BadAddress."""
    verdict = domain.messages.judge_alone(message, at=room.clock())
    if verdict is not GO:
        return verdict, None
    match message.about:
        case Told():
            return await _to_a_rung(room, message, message.about)
        case WishNews() if message.purpose == "wish_unmet":
            return await _to_coordinators(room, message, message.about)
        case WishNews():
            return await _about_a_wish(room, message, message.about)
        case _:
            return await _about_a_walk(room, message)


async def _about_a_walk(room: PostRoom, message: Message) -> tuple[Verdict, Letter | None]:
    assert message.walk_id is not None  # it is about a walk
    walk = await room.booking.walk_now(message.walk_id)
    verdict = domain.messages.judge_walk(message, walk, at=room.clock())
    if walk is None or verdict is not GO:
        return verdict, None
    return _to_her(room, message, walk, domain.words.walk_words(message.purpose, walk))


async def _about_a_wish(
    room: PostRoom, message: Message, news: WishNews
) -> tuple[Verdict, Letter | None]:
    wish = await room.booking.wish_now(news.request_id)
    verdict = domain.wishes.judge_wish(message, wish, at=room.clock())
    if wish is None or verdict is not GO:
        return verdict, None
    return _to_her(room, message, wish, domain.words.wish_words(message.purpose, wish))


def _to_her(
    room: PostRoom, message: Message, now: WalkNow | WishNow, words: Words
) -> tuple[Verdict, Letter | None]:
    """As she has said that she may be written to; what cannot wait for her hours says nothing.

    Nor does any text: it shows on a screen that others see.
    """
    at, rules = room.clock(), now.safe_contact
    verdict = domain.messages.judge_hours(message, rules, at=at)
    if verdict is not GO:
        return verdict, None
    if now.email is None:
        assert now.mobile is not None  # booking's answer without either was refused
        text = domain.words.silent_text(now.manage_url)
        return verdict, TextMessage(message.id, now.mobile, text)
    if rules.neutral or domain.safe_contact.opens_at(rules, at) != at:
        silent = domain.words.silent_words(now.manage_url)
        mail = room.letters.compose(domain.words.SILENT, silent, now.email, message.id, at=at)
        return verdict, mail
    return verdict, _mail(room, message, words, now.email)


async def _to_coordinators(
    room: PostRoom, message: Message, news: WishNews
) -> tuple[Verdict, Letter | None]:
    standing = await room.booking.standing_of(news.request_id)
    verdict = domain.wishes.judge_standing(message, standing, at=room.clock())
    if standing is None or verdict is not GO:
        return verdict, None
    words = domain.words.unmet_words(standing, room.ward_names, room.requests_url)
    return verdict, _mail(room, message, words, room.coordinators)


async def _to_a_rung(room: PostRoom, message: Message, told: Told) -> tuple[Verdict, Letter | None]:
    async with room.database.reading() as connection:
        alert = await store.alerts.find(connection, told.alert_id)
    verdict = domain.messages.judge_alert(message, alert, at=room.clock())
    if alert is None or verdict is not GO:
        return verdict, None
    ward_name = room.ward_names.get(alert.ward.code, alert.ward.code)
    words = domain.words.alert_words(alert, ward_name, told.rung, room.alerts_url)
    return verdict, _mail(room, message, words, room.mailboxes[told.rung])


def _mail(room: PostRoom, message: Message, words: Words, to: str) -> EmailMessage:
    return room.letters.compose(message.template, words, to, message.id, at=room.clock())
