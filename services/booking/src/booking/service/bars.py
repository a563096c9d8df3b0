"""Whom a coordinator lets book online no longer, and why.

Invariant: she herself is told only what everybody is told who has tried too often: whom to call.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from booking import domain, store
from booking.service import answers
from booking.service.desk import Desk
from shared import idempotency
from shared.auth import Principal
from shared.clock import new_id
from shared.errors import NotFound
from shared.idempotency import Once


@dataclass(frozen=True, slots=True)
class NewBar:
    """Of whose walk, why, and until when; None: until it is lifted."""

    reference: str
    reason: str
    until: datetime | None


async def bar(desk: Desk, wanted: NewBar, who: Principal, request: Once) -> dict[str, Any]:
    """Bar whoever a walk is with. Raises NotFound (also once she is erased), Forbidden, BarOver."""
    at = desk.clock()
    if wanted.until is not None and wanted.until <= at:
        raise domain.BarOver
    async with desk.database.transaction() as connection:
        if kept := await idempotency.replay(connection, request):
            return kept
        walk_id = await store.walks.find_by_reference(connection, wanted.reference)
        walk = await store.walks.find_walk(connection, walk_id) if walk_id else None
        if walk is None:
            raise NotFound("There is no walk of that reference.")
        who.must_cover(walk.ward.code)
        barred = await store.bars.bar(
            connection,
            walk.id,
            domain.Bar(
                id=new_id(),
                reference=walk.reference,
                ward_code=walk.ward.code,
                reason=wanted.reason,
                by=who.subject,
                since=at,
                until=wanted.until,
            ),
        )
        if barred is None:
            raise NotFound("Whoever that walk was with has been erased.")
        await store.people.audit(
            connection,
            actor=who.subject,
            action="contact.barred",
            subjects=[f"bar {barred.id}"],
            reason=wanted.reason,
        )
        answer = await idempotency.keep(connection, request, answers.bar(barred))
    desk.log.info("contact.barred", bar=str(barred.id))
    return answer


async def lift_bar(desk: Desk, bar_id: UUID, who: Principal) -> None:
    """Let her book again; one that was lifted before stays as it is. Raises NotFound, Forbidden."""
    async with desk.database.transaction() as connection:
        found = await store.bars.lock_bar(connection, bar_id)
        if found is None:
            raise NotFound("There is no such bar.")
        who.must_cover(found.ward_code)
        if found.lifted_at is not None:
            return
        await store.bars.lift(connection, bar_id, by=who.subject, at=desk.clock())
    desk.log.info("contact.bar_lifted", bar=str(bar_id))


async def bars(
    desk: Desk,
    wards: Sequence[str] | None,
    *,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[domain.Bar]:
    """The bars that hold now in these wards (None: in all), the newest first; ``after``: older ones."""
    async with desk.database.reading() as connection:
        return await store.bars.list_bars(connection, desk.clock(), wards, after=after, limit=limit)
