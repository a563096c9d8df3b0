"""What counts as what: a fact without identity, a question that may be asked of the figures.

Invariant: a fact holds no id of a walk or person and no instant: of a moment only the local date is
kept, of a place only the ward. Every event of one type gives the same facts, whatever came before it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from shared.bands import band_of
from shared.errors import Fault, Invalid
from shared.events import Received, absences, alerts, concerns, requests, walks

Measure = Literal["walks", "concerns", "requests"]
Dimension = Literal["ward", "day", "category", "light", "kind"]
Light = Literal["day", "dark"]

DIMENSIONS: tuple[Dimension, ...] = ("ward", "day", "category", "light")
# What became of them is asked of wishes only: a row without it would add up all that befell each.
OF_REQUESTS: tuple[Dimension, ...] = (*DIMENSIONS, "kind")
MENTIONS_NOTE = (
    "A concern that names several categories is counted once in each, "
    "so these rows may add up to more than the number of concerns."
)


class NotAsked(Invalid):
    """Figures can be asked for by ward, day, category and light, each at most once; wishes by kind too."""

    slug = "unknown-dimension"


class DatesReversed(Invalid):
    """The first day is after the last day."""

    slug = "dates-reversed"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened once, told so that it leads back to nobody.

    ``kind`` is what happened (``started``); ``day`` the London date it belongs to: the planned one of
    a walk, that of the observation of a concern; ``detail`` one coded word (who cancelled, what was
    missing, which rung, how it reached us).
    """

    measure: str
    kind: str
    day: date
    ward_code: str | None = None
    ward_set: str | None = None
    light: str | None = None
    category: str | None = None
    category_version: str | None = None
    severity: int | None = None
    detail: str | None = None
    elapsed_seconds: int | None = None


_KINDS: Mapping[type, str] = {
    walks.WalkConfirmed: "confirmed",
    walks.WalkRescheduled: "rescheduled",
    walks.WalkReassigned: "reassigned",
    walks.WalkCancelled: "cancelled",
    walks.WalkStarted: "started",
    walks.WalkEnded: "ended",
    walks.WalkAborted: "aborted",
    walks.NoShowRecorded: "no_show",
    walks.WalkDebriefed: "debriefed",
    walks.WalkOverdue: "overdue",
    walks.WalkOverdueCleared: "overdue_cleared",
    requests.WalkRequested: "requested",
    requests.RequestWaitlisted: "waitlisted",
    requests.RequestWithdrawn: "withdrawn",
    requests.OfferMade: "offer_made",
    requests.OfferExpired: "offer_expired",
    concerns.ConcernCaptured: "captured",
    alerts.AlertRaised: "raised",
    alerts.AlertEscalated: "escalated",
    alerts.AlertAcknowledged: "acknowledged",
}
# The one coded word that a fact keeps beside its kind, by the field of the event that holds it.
_DETAILS = ("initiator", "missing", "reason", "party")


def facts_of_walk(event: Received) -> Sequence[Fact]:
    """The fact that an event of ``internal.booking.walks.v1`` states, and that a wish was met by it."""
    told = event.fact
    assert isinstance(told, walks.InternalWalk)
    ward, kind = told.ward, _KINDS[type(told)]
    detail = _detail(told)
    walk = Fact("walks", kind, told.local_date, ward.code, ward.set, told.light, detail=detail)
    if not isinstance(told, walks.WalkConfirmed) or told.waited_hours is None:
        return (walk,)
    said_on, waited = band_of(event.time).date, told.waited_hours * 3600
    met = Fact("requests", kind, said_on, ward.code, ward.set, told.light, elapsed_seconds=waited)
    return walk, met


def facts_of_request(event: Received) -> Sequence[Fact]:
    """The fact that an event of ``internal.booking.requests.v1`` states, on the date it was said.

    It belongs to a ward only where the request names just one.
    """
    told = event.fact
    assert isinstance(told, requests.Request)
    ward = told.wards[0] if len(told.wards) == 1 else None
    light = told.light if isinstance(told, requests.WalkRequested) else None
    return (
        Fact(
            "requests",
            _KINDS[type(told)],
            band_of(event.time).date,
            ward.code if ward else None,
            ward.set if ward else None,
            light,
            detail=_detail(told),
        ),
    )


def facts_of_absence(event: Received) -> Sequence[Fact]:
    """The fact that an event of ``internal.booking.absences.v1`` states, on the date it begins.

    One that is told of again reaches further than it did, and is still one absence.
    """
    told = event.fact
    assert isinstance(told, absences.OfficerAbsenceRecorded)
    kind = "recorded" if event.sequence == 1 else "prolonged"
    return (Fact("absences", kind, band_of(told.since).date),)


def _detail(told: object) -> str | None:
    return next((getattr(told, name) for name in _DETAILS if hasattr(told, name)), None)


def facts_of_concern(event: Received) -> Sequence[Fact]:
    """The concern of a ConcernCaptured, and one mention for each category that it names."""
    told = event.fact
    assert isinstance(told, concerns.ConcernCaptured)
    code, boundary_set = (told.ward.code, told.ward.set) if told.ward else (None, None)

    def fact(measure: str, category: str | None) -> Fact:
        return Fact(
            measure,
            _KINDS[concerns.ConcernCaptured],
            told.local_date,
            code,
            boundary_set,
            told.light,
            category,
            told.category_version,
            told.severity,
            told.source,
        )

    named = dict.fromkeys(told.categories)
    return (fact("concerns", None), *(fact("mentions", category) for category in named))


def facts_of_alert(event: Received) -> Sequence[Fact]:
    """The fact that an event of ``internal.notifications.alerts.v1`` states, on the date it was said."""
    told = event.fact
    assert isinstance(told, alerts.AlertRaised | alerts.AlertEscalated | alerts.AlertAcknowledged)
    return (
        Fact(
            "alerts",
            _KINDS[type(told)],
            band_of(event.time).date,
            told.ward.code,
            told.ward.set,
            detail=told.rung,
            elapsed_seconds=None if isinstance(told, alerts.AlertRaised) else told.elapsed_seconds,
        ),
    )


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the figures: a measure, split by dimensions, of some days and lights.

    ``since`` and ``until`` are London dates, both included; None leaves that side open.
    """

    measure: Measure
    by: tuple[Dimension, ...] = ()
    since: date | None = None
    until: date | None = None
    light: Light | None = None
    ward: str | None = None

    @property
    def counts(self) -> Literal["walks", "concerns", "mentions", "requests"]:
        """What a count in the answer counts: concerns split by category are counted by mention."""
        if self.measure == "concerns" and "category" in self.by:
            return "mentions"
        return self.measure

    @property
    def kind(self) -> str | None:
        """Which facts of the measure are counted: of walks those that were started; None: each kind apart."""
        if self.measure == "requests":
            return None if "kind" in self.by else "requested"
        return "started" if self.measure == "walks" else "captured"


def ask(
    measure: Measure, by: str = "", *, since: date | None = None, until: date | None = None
) -> Question:
    """A question from the words of a query; ``by`` is a comma-separated list, or empty for the total.

    Raises NotAsked on an unknown or repeated dimension, DatesReversed on a period that is none.
    """
    words = by.split(",") if by else []
    dimensions = OF_REQUESTS if measure == "requests" else DIMENSIONS
    chosen: tuple[Dimension, ...] = tuple(
        each for word in words for each in dimensions if each == word
    )
    if len(chosen) != len(words):
        raise NotAsked(faults=[Fault("#/query/by", "names something by which it is not counted")])
    if len(set(chosen)) != len(chosen):
        raise NotAsked(faults=[Fault("#/query/by", "names one of them twice")])
    if since and until and since > until:
        raise DatesReversed(faults=[Fault("#/query/from", "is after the last day")])
    return Question(measure, chosen, since, until)


@dataclass(frozen=True, slots=True)
class Row:
    """One count, with the values of the dimensions asked for; the others are None."""

    count: int
    ward_code: str | None = None
    ward_set: str | None = None
    day: date | None = None
    category: str | None = None
    light: str | None = None
    kind: str | None = None


def in_order(rows: Sequence[Row], by: Sequence[Dimension]) -> list[Row]:
    """The rows sorted by the dimensions in the order asked; what has no value comes last."""
    return sorted(rows, key=lambda row: [_place_in_order(row, dimension) for dimension in by])


def _place_in_order(row: Row, dimension: Dimension) -> tuple[bool, str, str]:
    match dimension:
        case "ward":
            return row.ward_code is None, row.ward_set or "", row.ward_code or ""
        case "day":
            return row.day is None, row.day.isoformat() if row.day else "", ""
        case "category":
            return row.category is None, row.category or "", ""
        case "light":
            return row.light is None, row.light or "", ""
        case "kind":
            return row.kind is None, row.kind or "", ""
