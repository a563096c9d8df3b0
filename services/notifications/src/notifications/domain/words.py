"""The words of messages and pages: London time as people say it, and what a template may be given.

Invariant: a value that comes from outside is one line without control characters before it meets a
template, and a template gets the placeholders listed here and no others.
"""

import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from notifications.domain.alerts import Alert
from notifications.domain.messages import Purpose, WalkNow
from notifications.domain.wishes import OfferNow, Standing, WishNow

LONDON = ZoneInfo("Europe/London")
MISSING = {"start": "not started", "end": "not ended"}
CANCELLED = {
    "participant": "You cancelled it.",
    "force": "We are sorry: we had to cancel it.",
    "weather": "We are sorry: we had to cancel it because of the weather.",
    "safety": "We are sorry: we had to cancel it to keep everybody safe.",
}
MISSED = {
    "participant": "We waited for you and did not meet you. We hope that you are safe and well.",
    "officer": "We are sorry: our officer did not come to meet you. You did nothing wrong.",
}
RUNGS = {"supervisor": "supervisor", "control_room": "control room"}
UNPRINTABLE = frozenset({"Cc", "Cs", "Cn"})
TURNING = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})

Words = Mapping[str, str | tuple[str, ...]]

_PROMISED = frozenset(
    {"name", "when", "where", "officer", "next_steps", "manage_url", "calendar_url", "safe_word"}
    | {"force_phone"}
)
_WISHED = frozenset({"name", "first", "wish_url", "force_phone"})

# What is sent in place of any message to her that is to say nothing.
SILENT = "silent.v1"

PLACEHOLDERS: Mapping[str, frozenset[str]] = {
    "silent": frozenset({"link"}),
    "walk_confirmed": _PROMISED,
    "walk_moved": _PROMISED,
    "officer_changed": _PROMISED,
    "walk_missed": frozenset({"name", "when", "missed", "book_url", "first_until", "force_phone"}),
    "walk_cancelled": frozenset({"name", "when", "where", "why", "manage_url", "force_phone"}),
    "alert_waiting": frozenset({"ward", "due", "missing", "rung", "alerts_url"}),
    "wish_asked": _WISHED,
    "wish_waiting": _WISHED,
    "offer_made": frozenset(
        {"name", "until", "when", "where", "officer", "wish_url", "force_phone"}
    ),
    "place_kept": _WISHED,
    "wish_withdrawn": frozenset({"name", "book_url", "force_phone"}),
    "wish_closed": frozenset({"name", "book_url", "force_phone"}),
    "wish_unmet": frozenset({"wards", "asked", "requests_url"}),
}


def walk_words(purpose: Purpose, walk: WalkNow) -> Words:
    """What the mail about a walk may say."""
    every: Words = {
        "name": one_line(walk.name),
        "when": when(walk.starts_at, walk.ends_at),
        "where": one_line(walk.place),
        "why": CANCELLED.get(walk.cancelled_by or "", "It has been cancelled."),
        "missed": MISSED.get(walk.missing_party or "", "It did not take place."),
        "book_url": _book_url(walk.manage_url),
        "first_until": day(walk.first_until.astimezone(LONDON)) if walk.first_until else "",
        "officer": one_line(walk.officer),
        "next_steps": tuple(one_line(step) for step in walk.next_steps),
        "manage_url": one_line(walk.manage_url),
        "calendar_url": one_line(walk.calendar_url or ""),
        "safe_word": one_line(walk.safe_word or ""),
        "force_phone": one_line(walk.force_phone),
    }
    return {name: every[name] for name in PLACEHOLDERS[purpose]}


def wish_words(purpose: Purpose, wish: WishNow) -> Words:
    """What the mail about a wish may say."""
    every = {
        "name": one_line(wish.name),
        "first": "You come first in the line." if wish.priority else "",
        "wish_url": one_line(wish.manage_url),
        "book_url": _book_url(wish.manage_url),
        "force_phone": one_line(wish.force_phone),
    } | (_offer_words(wish.offer) if wish.offer else {})
    return {name: every[name] for name in PLACEHOLDERS[purpose]}


def _offer_words(offer: OfferNow) -> dict[str, str]:
    return {
        "until": deadline(offer.expires_at),
        "when": when(offer.starts_at, offer.ends_at),
        "where": one_line(f"{offer.ward}, near {offer.near}"),
        "officer": one_line(offer.officer),
    }


def unmet_words(standing: Standing, ward_names: Mapping[str, str], requests_url: str) -> Words:
    """What the mail to coordinators may say: that a wish waits, where and since when; no names."""
    return {
        "wards": ", ".join(one_line(ward_names.get(code, code)) for code in standing.wards),
        "asked": moment(standing.asked_at),
        "requests_url": requests_url,
    }


def silent_words(her_page: str) -> Words:
    """What a message may say that says nothing: where there is something to see."""
    return {"link": one_line(her_page)}


def silent_text(her_page: str) -> str:
    """The one text there is: short, for a text is paid by its length."""
    return f"Something to see about your appointment: {one_line(her_page)} Nobody reads replies."


def _book_url(her_page: str) -> str:
    """Booking's first page, beside a page of hers."""
    return one_line(her_page).partition("/booking/")[0] + "/booking/"


def alert_words(alert: Alert, ward_name: str, rung: str, alerts_url: str) -> Words:
    """What the mail to a rung may say: that an alert waits, where and since when; no names."""
    return {
        "ward": one_line(ward_name),
        "due": moment(alert.due_at),
        "missing": MISSING[alert.missing],
        "rung": RUNGS[rung],
        "alerts_url": alerts_url,
    }


def one_line(text: str) -> str:
    """Text on one line: no controls, no turning of the writing direction, single spaces.

    Joiners stay (U+200C, U+200D): names in Persian and Hindi need them.
    """
    spaced = "".join(" " if character.isspace() else character for character in text)
    kept = "".join(
        character
        for character in spaced
        if unicodedata.category(character) not in UNPRINTABLE
        and unicodedata.bidirectional(character) not in TURNING
    )
    return " ".join(kept.split())


def when(starts_at: datetime, ends_at: datetime) -> str:
    """``Thursday 26 November, 6:30pm to 7pm``; the second date too when it is another day."""
    start, end = starts_at.astimezone(LONDON), ends_at.astimezone(LONDON)
    until = clock_time(end) if end.date() == start.date() else f"{clock_time(end)} on {day(end)}"
    return f"{day(start)}, {clock_time(start)} to {until}"


def moment(instant: datetime) -> str:
    """``Thursday 26 November at 7:15pm``."""
    local = instant.astimezone(LONDON)
    return f"{day(local)} at {clock_time(local)}"


def deadline(instant: datetime) -> str:
    """``Thursday 26 November, 6:30pm``."""
    local = instant.astimezone(LONDON)
    return f"{day(local)}, {clock_time(local)}"


def day(local: datetime) -> str:
    """``Thursday 26 November``."""
    return f"{local:%A} {local.day} {local:%B}"


def clock_time(local: datetime) -> str:
    """``6:30pm``, ``7pm``, ``midday``, ``midnight``; with the zone in the hour that comes twice."""
    if local.minute == 0 and local.hour in (0, 12):
        return "midday" if local.hour else "midnight"
    minutes = f":{local.minute:02d}" if local.minute else ""
    words = f"{local.hour % 12 or 12}{minutes}{'pm' if local.hour >= 12 else 'am'}"  # noqa: PLR2004
    if local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset():
        return words
    return f"{words} ({local:%Z})"


def since(elapsed: timedelta) -> str:
    """How long something has waited: ``less than a minute``, ``2 hours 5 minutes``, ``3 days``."""
    minutes = int(elapsed.total_seconds() // 60)
    if minutes < 1:
        return "less than a minute"
    days, rest = divmod(minutes, 24 * 60)
    hours, left = divmod(rest, 60)
    if days:
        return _counted(days, "day")
    parts = [_counted(hours, "hour"), _counted(left, "minute")]
    return " ".join(part for part in parts if part)


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}" if number else ""
