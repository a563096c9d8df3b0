"""What a concern's capture says to the others, on both tiers.

Invariant: no note, no point, no officer; the shared tier is keyed by the concern's shared id, carries
the date and band of the observation and nothing finer, and no walk.
"""

from datetime import timedelta
from typing import Any

from concerns.domain.concerns import Concern
from shared.bands import band_of
from shared.clock import LONDON
from shared.events import Outgoing, WardRef, internal, shared_later
from shared.events.concerns import ConcernCaptured, SharedConcernCaptured


def captured(concern: Concern, *, wait: timedelta) -> tuple[Outgoing, Outgoing]:
    """A concern was captured; ``wait`` is how long after its band the shared tier tells of it."""
    at, band = concern.captured_at, band_of(concern.observed_at)
    ours = ConcernCaptured(
        walk_id=concern.said.walk_id,
        source=concern.said.source,
        observed_at=concern.observed_at,
        local_date=concern.observed_at.astimezone(LONDON).date(),
        **_what(concern),
    )
    told: dict[str, Any] = {"local_date": band.date, "band": band.label}
    theirs = SharedConcernCaptured(**_what(concern), **told)
    return (
        internal(ours, concern.id, at=at),
        shared_later(theirs, concern.shared_id, band=band, at=at, wait=wait),
    )


def _what(concern: Concern) -> dict[str, Any]:
    ward = concern.ward
    return {
        "ward": WardRef(code=ward.code, set=ward.set) if ward else None,
        "categories": list(concern.said.categories),
        "category_version": concern.category_version,
        "severity": concern.said.severity,
        "light": concern.light,
    }
