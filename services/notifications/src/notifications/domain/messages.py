"""A message: whether it still holds at the moment of sending, and what becomes of it afterwards.

    intended -> sending -> delivered       (outside her hours it waits as it is)
        |  ^        |-> retrying -> (sending ...)
        |  |        `-> failed
        `-> withheld | expired

Invariant: a message is sent only when what it says is true at that moment; one that was found in
``sending`` (we died before its answer) goes out again under the same Message-ID, never a new one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from notifications.domain.alerts import Alert
from notifications.domain.safe_contact import NOT_ASKED, SafeContact, cannot_wait, opens_at
from shared.events.alerts import Rung

Purpose = Literal[
    "walk_confirmed",
    "walk_moved",
    "officer_changed",
    "walk_missed",
    "walk_cancelled",
    "alert_waiting",
    "wish_asked",
    "wish_waiting",
    "offer_made",
    "place_kept",
    "wish_withdrawn",
    "wish_closed",
    "wish_unmet",
]
State = Literal["intended", "sending", "retrying", "delivered", "withheld", "expired", "failed"]

# The version of the words that a message intended today is written with.
TEMPLATES: Mapping[Purpose, str] = {
    "walk_confirmed": "walk_confirmed.v2",
    "walk_moved": "walk_moved.v2",
    "officer_changed": "officer_changed.v2",
    "walk_missed": "walk_missed.v2",
    "walk_cancelled": "walk_cancelled.v1",
    "alert_waiting": "alert_waiting.v1",
    "wish_asked": "wish_asked.v1",
    "wish_waiting": "wish_waiting.v1",
    "offer_made": "offer_made.v1",
    "place_kept": "place_kept.v1",
    "wish_withdrawn": "wish_withdrawn.v1",
    "wish_closed": "wish_closed.v1",
    "wish_unmet": "wish_unmet.v1",
}

# What they say is when, where and with whom she will walk: each stands for all that came before it.
PROMISES = frozenset({"walk_confirmed", "walk_moved", "officer_changed"})

# Later than this, a cancellation or an old alert tells nobody anything.
STALE_AFTER = timedelta(days=3)
FIRST_RETRY = timedelta(seconds=5)
LONGEST_RETRY = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class WalkTimes:
    """The facts of a walk that a message was intended with.

    ``needed_by``: she is lost a walk, and sets off for it then unless she knows; None: she is not.
    """

    sequence: int
    starts_at: datetime
    ends_at: datetime
    needed_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """The alert, and the rung of the force, that a message is for."""

    alert_id: UUID
    rung: Rung


@dataclass(frozen=True, slots=True)
class WishNews:
    """What a message says of a wish: worth sending ``until`` then; ``offer_no`` where it is an offer."""

    request_id: UUID
    sequence: int
    until: datetime
    offer_no: int | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message on its way to a participant (``about`` a walk or a wish) or to somebody at the force.

    ``walk_id`` is None where it is about a wish.
    """

    id: UUID
    purpose: Purpose
    template: str
    walk_id: UUID | None
    about: WalkTimes | Told | WishNews
    state: State
    attempts: int
    created_at: datetime
    superseded: bool = False


@dataclass(frozen=True, slots=True)
class WalkNow:
    """What booking says about a walk at this moment. Used once; not stored, not in any repr."""

    state: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    cancelled_by: str | None
    missing_party: str | None
    email: str | None = field(repr=False)
    name: str = field(repr=False)
    place: str = field(repr=False)
    officer: str = field(repr=False)
    force_phone: str = field(repr=False)
    next_steps: tuple[str, ...] = field(repr=False)
    manage_url: str = field(repr=False)
    calendar_url: str | None = field(default=None, repr=False)
    safe_word: str | None = field(default=None, repr=False)
    first_until: datetime | None = None
    safe_contact: SafeContact = field(default=NOT_ASKED, repr=False)
    mobile: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a message goes out now; if not, what it becomes and why (a code, never words).

    ``due_at`` is when to look again, None for never.
    """

    state: State
    reason: str | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one try at a message ended; ``reason`` is a code such as ``smtp-550``."""

    kind: Literal["delivered", "refused", "put-off"]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """A message's next state; ``due_at`` is when to try again, None for never."""

    state: State
    reason: str | None
    due_at: datetime | None


GO = Verdict("sending")
# A walk that has been promised and not called off, whatever has come of it since.
STANDING = frozenset({"confirmed", "started", "ended", "aborted", "debriefed", "closed"})
# Other messages: the states of the walk in which they are true, and why they are withheld in any other.
_HOLDS_WHILE: Mapping[Purpose, tuple[frozenset[str], str]] = {
    "walk_cancelled": (frozenset({"cancelled"}), "not-cancelled"),
    "walk_missed": (frozenset({"no_show"}), "not-missed"),
}


def expires_at(message: Message) -> datetime:
    """From when on a message is not worth sending: a promise from its walk's end, an offer from its own."""
    if isinstance(message.about, WishNews):
        return message.about.until
    if isinstance(message.about, Told):
        return message.created_at + STALE_AFTER
    if message.purpose in PROMISES:
        return message.about.ends_at
    return message.about.ends_at + STALE_AFTER


def judge_alone(message: Message, *, at: datetime) -> Verdict:
    """What can be said without asking anybody."""
    if message.superseded and message.purpose != "wish_unmet":  # whatever she is told meanwhile
        return Verdict("withheld", "superseded")
    if at >= expires_at(message):
        return Verdict("expired")
    return GO


def judge_walk(message: Message, walk: WalkNow | None, *, at: datetime) -> Verdict:
    """Whether a message to a participant is still true; ``walk`` None: booking has erased it.

    That a walk has been started, or has ended before its time, changes nothing that was promised:
    she still gets it in writing. Place and officer are always
    those of this moment, since a message is written from this very lookup.
    """
    alone = judge_alone(message, at=at)
    if alone is not GO:
        return alone
    if walk is None:
        return Verdict("withheld", "erased")
    states, otherwise = _HOLDS_WHILE.get(message.purpose, (STANDING, "not-confirmed"))
    if walk.state not in states:
        return Verdict("withheld", otherwise)
    if message.purpose in PROMISES and _times(message) != (walk.starts_at, walk.ends_at):
        return Verdict("withheld", "time-changed")
    return GO


def judge_hours(message: Message, rules: SafeContact, *, at: datetime) -> Verdict:
    """Whether a message to her may go out at this hour; one that has been tried stays one that has."""
    opens = opens_at(rules, at)
    needed_by = message.about.needed_by if isinstance(message.about, WalkTimes) else None
    if opens == at or cannot_wait(needed_by, opens, at=at):
        return GO
    waiting = "intended" if message.state == "intended" else "retrying"
    return Verdict(waiting, "her-hours", opens)


def _times(message: Message) -> tuple[datetime, datetime]:
    assert isinstance(message.about, WalkTimes)  # a promise is about a walk
    return message.about.starts_at, message.about.ends_at


def judge_alert(message: Message, alert: Alert | None, *, at: datetime) -> Verdict:
    """Whether a rung must still be told of an alert."""
    alone = judge_alone(message, at=at)
    if alone is not GO:
        return alone
    if alert is None or not alert.is_open:
        return Verdict("withheld", "not-open")
    return GO


def settle(message: Message, outcome: Outcome, *, at: datetime, jitter: float) -> Settled:
    """What a try makes of a message; ``jitter`` is a random number from 0 to 1."""
    if outcome.kind == "delivered":
        return Settled("delivered", None, None)
    if outcome.kind == "refused":
        return Settled("failed", outcome.reason, None)
    return Settled("retrying", outcome.reason, at + retry_wait(message.attempts, jitter))


def retry_wait(attempts: int, jitter: float) -> timedelta:
    """Doubling from five seconds, capped at fifteen minutes, half of it at random."""
    doubled = FIRST_RETRY * 2 ** min(max(attempts - 1, 0), 16)
    return min(doubled, LONGEST_RETRY) * (0.5 + jitter / 2)
