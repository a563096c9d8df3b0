"""Capturing a concern, from a walk, an officer or another system's file, and reading them back.

Invariant: one function for every source, so that all of them meet the same rules, and say the same to
the outbox in the transaction that keeps the concern.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from concerns import domain, store
from concerns.domain import Concern, Said, Surroundings, facts
from concerns.settings import Settings
from concerns.store.concerns import Kept, Wanted
from shared import idempotency, operations, outbox
from shared.areas import BoundarySet, sun
from shared.clock import new_id
from shared.errors import Forbidden
from shared.idempotency import Once
from shared.postgres import Connection
from shared.service import Parts

Answer = dict[str, Any]


async def capture_concern(
    parts: Parts[Settings], areas: BoundarySet, said: Said, request: Once
) -> Answer:
    """Capture what was said, tell of it, and answer the concern as the API shows it.

    Raises the refusals of ``domain``; AlreadyCaptured for an outside report that is kept already.
    """
    at = parts.clock()
    domain.check(said, at)
    found = look_around(areas, said, said.observed_at or at)
    async with parts.database.transaction() as connection:
        if kept := await idempotency.replay(connection, request):
            return kept
        window = await store.windows.find(connection, said.walk_id) if said.walk_id else None
        concern = domain.capture(
            said,
            found,
            window,
            domain.Identity(new_id(), new_id()),
            at=at,
            stays_open=timedelta(days=parts.settings.window_days),
        )
        await _keep(connection, concern, timedelta(hours=parts.settings.shared_release_wait_hours))
        answer = as_answer(Kept(concern, window is not None))
        return await idempotency.keep(connection, request, answer)


async def _keep(connection: Connection, concern: Concern, wait: timedelta) -> None:
    if not await store.concerns.insert(connection, concern):
        raise domain.AlreadyCaptured
    await outbox.append(connection, *facts.captured(concern, wait=wait))


def look_around(areas: BoundarySet, said: Said, observed_at: datetime) -> Surroundings:
    """Ward and light at the place and time of an observation."""
    ward = areas.find(said.lon, said.lat)
    dark = sun.is_dark(observed_at, said.lon, said.lat)
    return Surroundings(
        ward=ward and domain.WardName(ward.code, ward.name, ward.set),
        light="dark" if dark else "day",
        swapped=ward is None and _within_bounds(areas, lon=said.lat, lat=said.lon),
    )


def _within_bounds(areas: BoundarySet, *, lon: float, lat: float) -> bool:
    west, south, east, north = areas.bounds
    return west <= lon <= east and south <= lat <= north


async def read_concerns(
    parts: Parts[Settings], reader: str, covered: frozenset[str] | None, wanted: Wanted
) -> list[Kept]:
    """The concerns wanted in the wards that the reader covers (None: everywhere), audited.

    Raises Forbidden for a ward that she does not cover. A concern outside every ward is seen by
    those who cover everywhere.
    """
    if covered is not None:
        if wanted.wards is not None and not covered.issuperset(wanted.wards):
            raise Forbidden("This ward is not one of yours.")
        wanted = replace(wanted, wards=sorted(covered) if wanted.wards is None else wanted.wards)
    async with parts.database.transaction() as connection:
        found = await store.concerns.newest(connection, wanted)
        where = "all" if wanted.wards is None else ",".join(wanted.wards)
        await operations.audit(
            connection, reader, "concerns.read", f"{len(found)} in {where}", None
        )
    return found


def as_answer(kept: Kept) -> Answer:
    """A concern as the API shows it, without its note."""
    concern, said = kept.concern, kept.concern.said
    ward = concern.ward
    return {
        "id": str(concern.id),
        "ward": ward and {"code": ward.code, "name": ward.name, "set": ward.set},
        "outside": ward is None,
        "categories": list(said.categories),
        "category_version": concern.category_version,
        "severity": said.severity,
        "place": {"type": "Point", "coordinates": [said.lon, said.lat]},
        "light": concern.light,
        "light_said": said.light,
        "light_computed": concern.light_computed,
        "source": said.source,
        "walk_id": said.walk_id and str(said.walk_id),
        "walk_known": kept.matched if said.walk_id else None,
        "observed_at": concern.observed_at.isoformat(),
        "captured_at": concern.captured_at.isoformat(),
        "notices": _notices(kept),
    }


def _notices(kept: Kept) -> list[str]:
    """What the person who captured it should know."""
    said: list[str] = []
    if kept.concern.ward is None:
        said.append(
            "This place is outside every ward of the area. The concern is kept without one."
        )
    if kept.concern.said.walk_id and not kept.matched:
        said.append("This walk is not known here yet. The concern is matched when it is.")
    return said
