"""A concern: what was said, where and when, and what we found out about that place.

Invariant: a concern has a known category, a severity of 1 to 3 and a place on earth; the light that
was said is kept beside the light that the sun gives, and neither overwrites the other.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from concerns.domain import categories
from concerns.domain.refusals import PlaceSwapped, UnfitPlace, UnfitSeverity, UnfitTime
from concerns.domain.windows import Window
from shared.errors import Fault
from shared.events.concerns import Source
from shared.events.walks import Light

SEVERITIES = (1, 2, 3)
# How far another system's clock may be ahead of ours.
CLOCK_SKEW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Outside:
    """The name of a report in the system that it comes from."""

    system: str
    id: str


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says; ``by`` is the officer's subject, ``light`` None where nobody was asked.

    ``observed_at`` None is the moment of capture.
    """

    source: Source
    categories: tuple[str, ...]
    severity: int
    lon: float
    lat: float
    by: str
    light: Light | None = None
    note: str | None = None
    walk_id: UUID | None = None
    observed_at: datetime | None = None
    outside: Outside | None = None


@dataclass(frozen=True, slots=True)
class WardName:
    """A ward as a concern keeps it, with the boundary set that drew it."""

    code: str
    name: str
    set: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What we found at the place: its ward or None, and the light at the time.

    ``swapped`` is that the place is outside, and would not be with its coordinates the other way.
    """

    ward: WardName | None
    light: Light
    swapped: bool = False


@dataclass(frozen=True, slots=True)
class Identity:
    """A concern's own id, and the one that other police systems know it by."""

    id: UUID
    shared_id: UUID


@dataclass(frozen=True, slots=True)
class Concern:
    """A captured concern."""

    id: UUID
    shared_id: UUID
    said: Said
    ward: WardName | None
    light_computed: Light
    category_version: str
    observed_at: datetime
    captured_at: datetime

    @property
    def light(self) -> Light:
        """Day or dark: as it was said, else as the sun has it."""
        return self.said.light or self.light_computed


def check(said: Said, at: datetime) -> None:
    """Raise the refusal that fits unless what was said can be captured at ``at``."""
    categories.check(said.categories)
    if said.severity not in SEVERITIES:
        raise UnfitSeverity(faults=[Fault("#/severity", "must be 1, 2 or 3")])
    if not (-180 <= said.lon <= 180 and -90 <= said.lat <= 90):  # noqa: PLR2004 - degrees
        raise UnfitPlace(faults=[Fault("#/place/coordinates", "lies nowhere on earth")])
    if said.observed_at is not None and said.observed_at > at + CLOCK_SKEW:
        raise UnfitTime


def capture(
    said: Said,
    found: Surroundings,
    window: Window | None,
    identity: Identity,
    *,
    at: datetime,
    stays_open: timedelta,
) -> Concern:
    """The concern, from what passed ``check``. Raises PlaceSwapped, WindowClosed.

    ``window`` is that of the walk named, or None when there is none or it is not known yet.
    """
    if found.swapped:
        raise PlaceSwapped(faults=[Fault("#/place/coordinates", "must have longitude first")])
    if window is not None:
        window.must_be_open(at, stays_open)
    return Concern(
        id=identity.id,
        shared_id=identity.shared_id,
        said=said,
        ward=found.ward,
        light_computed=found.light,
        category_version=categories.VERSION,
        observed_at=said.observed_at or at,
        captured_at=at,
    )
