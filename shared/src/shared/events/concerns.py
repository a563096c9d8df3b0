"""What concerns says about places that feel unsafe.

Invariant: no note, no exact point, no person; the shared topic names ward, date, band and
categories.
"""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from shared.bands import BandLabel
from shared.events.base import Fact, WardRef
from shared.events.walks import Light

INTERNAL = "internal.concerns.concerns.v1"
SHARED = "shared.concerns.v1"

Source = Literal["walk", "officer", "import"]


class ConcernCaptured(Fact):
    """Somebody said what worries her, and where (its ward, never its point)."""

    topic = INTERNAL
    type = "concern.captured.v1"

    walk_id: UUID | None
    ward: WardRef | None
    categories: list[str]
    category_version: str
    severity: int
    light: Light
    source: Source
    observed_at: datetime
    local_date: date


class SharedConcernCaptured(Fact):
    """A concern was captured in this ward, date and band."""

    topic = SHARED
    type = "concern.captured.v1"

    ward: WardRef | None
    local_date: date
    band: BandLabel
    categories: list[str]
    category_version: str
    severity: int
    light: Light


FACTS: tuple[type[Fact], ...] = (ConcernCaptured, SharedConcernCaptured)
