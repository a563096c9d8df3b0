"""The operators' commands over HTTP, for role admin: ``/<service>/v1/operations/...``.

Invariant: every change is audited with the caller's subject, in one transaction with the change and
with the answer that is kept for its Idempotency-Key; answers name places, numbers, causes and times,
and never what an event says.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from shared import doctor, operations, requests, where
from shared.auth import Principal, allow
from shared.errors import Conflict, NotFound
from shared.idempotency import Once, keep, replay
from shared.postgres import Connection
from shared.service import Parts
from shared.web import operation_bodies as bodies
from shared.web.answers import gives, problems
from shared.web.inputs import OnceIfGivenDep, PartsDep

router = APIRouter(prefix="/v1/operations", tags=["operations"])

NOT_FOUND = problems(NotFound)
Admin = Annotated[Principal, allow("admin")]
Work = Callable[[Connection], Awaitable[dict[str, Any]]]


@router.get("/doctor", summary="What is wrong, and what to do")
async def diagnose(_: Admin, parts: PartsDep) -> bodies.Diagnosis:
    """The same as the command ``doctor``; 200 also when something is wrong."""
    name = parts.metrics.service
    findings = await doctor.examine(name, parts.settings, parts.database, parts.clock())
    return bodies.Diagnosis(
        well=all(each.well for each in findings),
        findings=[bodies.FindingShown.model_validate(each) for each in findings],
    )


@router.get("/where/{sought}", summary="Where an event, or all of a key, is now")
async def find_event(_: Admin, parts: PartsDep, sought: UUID) -> bodies.PlacesShown:
    """By an event's id or its key: in this service's outbox, on Kafka, and what was made of it here."""
    return bodies.PlacesShown.model_validate(await where.find(parts, sought))


@router.get("/parked", summary="Events that wait, oldest first")
async def list_parked(
    _: Admin,
    parts: PartsDep,
    after: Annotated[int, Query(ge=0, le=bodies.BIGGEST, description="``next`` of a list")] = 0,
    limit: Annotated[int, Query(ge=1, le=operations.PAGE)] = operations.PAGE,
) -> bodies.ParkedList:
    """By place, key, sequence, cause, attempts and times."""
    async with parts.database.reading() as connection:
        rows = await operations.parked(
            connection, parts.metrics.service, after=after, limit=limit + 1
        )
    following = rows[limit - 1].id if len(rows) > limit else None
    return bodies.ParkedList(items=[bodies.shown(row) for row in rows[:limit]], next=following)


@router.post("/parked/retry", summary="Try all parked events again now")
async def retry_all(
    who: Admin, parts: PartsDep, why: bodies.WhyBody, request: OnceIfGivenDep
) -> bodies.Retried:
    """Each key from its first; those that fail again wait again."""
    return await _retry(parts, request, None, by=who.subject, reason=why.reason)


@router.post(
    "/parked/{number}/retry", summary="Try one parked event again now", responses=NOT_FOUND
)
async def retry_one(
    who: Admin, parts: PartsDep, number: bodies.Number, why: bodies.WhyBody, request: OnceIfGivenDep
) -> bodies.Retried:
    """By its number in the list."""
    return await _retry(parts, request, number, by=who.subject, reason=why.reason)


@router.post(
    "/parked/{number}/discard",
    summary="Give one parked event up for good",
    responses=problems(NotFound, Conflict),
)
async def discard(
    who: Admin,
    parts: PartsDep,
    number: bodies.Number,
    why: bodies.DiscardBody,
    request: OnceIfGivenDep,
) -> bodies.Discarded:
    """Its key goes on past it. 409 while an earlier event of the same key is parked."""

    async def work(connection: Connection) -> dict[str, Any]:
        consumer = parts.metrics.service
        await operations.discard(connection, consumer, number, by=who.subject, reason=why.reason)
        return {"discarded": number}

    return bodies.Discarded.model_validate(await _once(parts, request, work))


@router.post("/resume", summary="End a declared stop")
async def resume(
    who: Admin, parts: PartsDep, why: bodies.WhyBody, request: OnceIfGivenDep
) -> bodies.Resumed:
    """The consumer goes on within a second, wherever its workers run."""

    async def work(connection: Connection) -> dict[str, Any]:
        stopped_for = await operations.resume(
            connection, parts.metrics.service, by=who.subject, reason=why.reason
        )
        return {"resumed": stopped_for is not None, "stopped_for": stopped_for}

    return bodies.Resumed.model_validate(await _once(parts, request, work))


@router.post("/expire", summary="Let go of what is past its time, or only count it")
async def expire(
    who: Admin, parts: PartsDep, body: bodies.ExpireBody, request: OnceIfGivenDep
) -> bodies.Expired:
    """What the worker does every hour by itself."""

    async def work(connection: Connection) -> dict[str, Any]:
        found = await operations.expire(
            connection, parts.clock(), dry_run=body.dry_run, by=who.subject, reason=body.reason
        )
        return {"dry_run": body.dry_run, "found": found}

    return bodies.Expired.model_validate(await _once(parts, request, work))


@router.post(
    "/republish",
    status_code=202,
    summary="Say again what was said since a time",
    responses=gives(bodies.RepublishShown, 202, headers=("Location",)),
)
async def ask_to_republish(
    who: Admin,
    parts: PartsDep,
    body: bodies.RepublishBody,
    request: OnceIfGivenDep,
    response: Response,
) -> bodies.RepublishShown:
    """A worker does it, within half a minute; ask at Location what has become of it."""

    async def work(connection: Connection) -> dict[str, Any]:
        asked = await operations.ask_to_republish(
            connection, body.since, by=who.subject, reason=body.reason
        )
        found = await requests.find(connection, asked)
        return bodies.RepublishShown.model_validate(found).model_dump(mode="json")

    shown = bodies.RepublishShown.model_validate(await _once(parts, request, work))
    response.headers["Location"] = f"/{parts.metrics.service}/v1/operations/republish/{shown.id}"
    return shown


@router.get(
    "/republish/{request_id}",
    summary="What has become of a request to republish",
    responses=NOT_FOUND,
)
async def find_republish(_: Admin, parts: PartsDep, request_id: UUID) -> bodies.RepublishShown:
    """``done`` means queued: the outbox then drains by itself, see doctor."""
    async with parts.database.reading() as connection:
        return bodies.RepublishShown.model_validate(await requests.find(connection, request_id))


async def _retry(
    parts: Parts[Any], request: Once, number: int | None, *, by: str, reason: str | None
) -> bodies.Retried:
    async def work(connection: Connection) -> dict[str, Any]:
        consumer = parts.metrics.service
        retried = await operations.retry(connection, consumer, number, by=by, reason=reason)
        return {"retried": retried}

    return bodies.Retried.model_validate(await _once(parts, request, work))


async def _once(parts: Parts[Any], request: Once, work: Work) -> dict[str, Any]:
    """Do it and keep the answer, or give the answer that was kept."""
    async with parts.database.transaction() as connection:
        kept = await replay(connection, request)
        return kept if kept is not None else await keep(connection, request, await work(connection))
