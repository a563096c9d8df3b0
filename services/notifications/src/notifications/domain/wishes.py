"""A wish: what is told of it, to whom and when, and whether that still holds at the moment of sending.

Invariant: an offer is told only while it can be answered; that she waits is told only while she does; that
she keeps her place, and that nobody is to be had, is said once and not at every turn.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from notifications.domain.messages import (
    GO,
    STALE_AFTER,
    Message,
    Purpose,
    Verdict,
    WishNews,
    judge_alone,
)
from notifications.domain.safe_contact import NOT_ASKED, SafeContact
from shared.events import Received, requests

# A new wish is looked at within seconds: what comes of that says all that its first mail would.
FIRST_LOOK = timedelta(seconds=20)

OPEN = frozenset({"asked", "waitlisted", "offered"})
_HOLDS_WHILE: Mapping[Purpose, tuple[frozenset[str], str]] = {
    "wish_asked": (OPEN, "over"),
    "wish_waiting": (frozenset({"asked", "waitlisted"}), "not-waiting"),
    "place_kept": (frozenset({"asked", "waitlisted"}), "not-waiting"),
    "offer_made": (frozenset({"offered"}), "offer-over"),
    "wish_withdrawn": (frozenset({"withdrawn"}), "not-withdrawn"),
    "wish_closed": (frozenset({"closed"}), "not-closed"),
    "wish_unmet": (OPEN, "over"),
}


@dataclass(frozen=True, slots=True)
class News:
    """A message that an event of a wish asks for, and when it is due."""

    purpose: Purpose
    about: WishNews
    due_at: datetime


@dataclass(frozen=True, slots=True)
class OfferNow:
    """The offer that a wish has open at this moment, and the slot that it keeps."""

    number: int
    expires_at: datetime
    starts_at: datetime
    ends_at: datetime
    ward: str
    near: str
    officer: str


@dataclass(frozen=True, slots=True)
class WishNow:
    """What booking says about a wish at this moment. Used once; not stored, not in any repr."""

    state: str
    priority: bool
    offer: OfferNow | None = field(repr=False)
    email: str | None = field(repr=False)
    name: str = field(repr=False)
    force_phone: str = field(repr=False)
    manage_url: str = field(repr=False)
    safe_contact: SafeContact = field(default=NOT_ASKED, repr=False)
    mobile: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a wish stands, without who made it: what coordinators are told."""

    state: str
    asked_at: datetime
    wards: tuple[str, ...]


def news_of(event: Received) -> list[News]:
    """What an event of a wish asks us to say: to her, and to coordinators once it has waited too long."""
    fact, request_id = event.fact, event.subject
    stale_at = event.time + STALE_AFTER

    def about(until: datetime = stale_at, offer_no: int | None = None) -> WishNews:
        return WishNews(request_id, event.sequence, until, offer_no)

    match fact:
        case requests.WalkRequested():
            first = News("wish_asked", about(), event.time + FIRST_LOOK)
            if fact.attention_at is None:
                return [first]
            unmet = about(fact.attention_at + STALE_AFTER)
            return [first, News("wish_unmet", unmet, fact.attention_at)]
        case requests.OfferMade():
            return [News("offer_made", about(fact.expires_at, fact.offer_no), event.time)]
        case requests.RequestWaitlisted():
            turned = fact.reason in ("declined", "expired")
            return [News("place_kept" if turned else "wish_waiting", about(), event.time)]
        case requests.RequestWithdrawn():
            late = fact.reason == "too_late"
            return [News("wish_closed" if late else "wish_withdrawn", about(), event.time)]
        case _:
            return []


def judge_wish(message: Message, wish: WishNow | None, *, at: datetime) -> Verdict:
    """Whether what is said of a wish is still true; ``wish`` None: booking knows her by it no longer."""
    alone = judge_alone(message, at=at)
    if alone is not GO:
        return alone
    if wish is None:
        return Verdict("withheld", "erased")
    return _judge_state(message, wish.state) or _judge_offer(message, wish.offer, at=at) or GO


def judge_standing(message: Message, standing: Standing | None, *, at: datetime) -> Verdict:
    """Whether coordinators must still be told that a wish waits; ``standing`` None: there is none."""
    alone = judge_alone(message, at=at)
    if alone is not GO:
        return alone
    if standing is None:
        return Verdict("withheld", "over")
    return _judge_state(message, standing.state) or GO


def _judge_state(message: Message, state: str) -> Verdict | None:
    states, otherwise = _HOLDS_WHILE[message.purpose]
    return None if state in states else Verdict("withheld", otherwise)


def _judge_offer(message: Message, offer: OfferNow | None, *, at: datetime) -> Verdict | None:
    """An offer other than the one that was meant is told by a message of its own."""
    if message.purpose != "offer_made":
        return None
    assert isinstance(message.about, WishNews)  # the news of a wish
    if offer and offer.number == message.about.offer_no and at < offer.expires_at:
        return None
    return Verdict("withheld", "offer-over")
