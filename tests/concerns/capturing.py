"""What the tests of concerns share: parts, the shipped borough, something to say, and what is queued."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from concerns import domain
from shared import areas
from shared.events import Fact, Received, WardRef, walks
from shared.idempotency import Once, once
from shared.postgres import Database
from tests.factories import ROOT, START, KeptParts, parts_for

BOROUGH = areas.load(ROOT / "deploy" / "areas", "larkmere-2026")
MERE_END = BOROUGH.by_code["L05000001"]
OUTSIDE = (-2.24, 53.48)


def a_desk(database: Database, **settings: Any) -> KeptParts:
    return parts_for("concerns", database, **settings)


def a_saying(**changes: Any) -> domain.Said:
    usual: dict[str, Any] = {
        "source": "walk" if changes.get("walk_id") else "officer",
        "categories": ("badly_lit", "isolated"),
        "severity": 2,
        "lon": MERE_END.point[0],
        "lat": MERE_END.point[1],
        "by": "officer-1",
    }
    return domain.Said(**(usual | changes))


def a_request(key: str | None = None, body: bytes = b"{}") -> Once:
    return once("POST /concerns/v1/concerns officer-1", key, body)


@dataclass(frozen=True)
class Queued:
    topic: str
    key: str
    sequence: int
    value: dict[str, Any]
    publish_after: datetime


async def queued(database: Database) -> list[Queued]:
    """What waits in the outbox, in order."""
    async with database.reading() as connection:
        rows = await connection.fetch(
            "select o.topic, o.key, o.sequence, l.value, o.publish_after from outbox o"
            " join event_log l using (topic, key, sequence) order by o.seq"
        )
    return [
        Queued(
            row["topic"],
            row["key"],
            row["sequence"],
            json.loads(row["value"]),
            row["publish_after"],
        )
        for row in rows
    ]


async def count(database: Database, table: str) -> int:
    async with database.reading() as connection:
        return await connection.fetchval(f"select count(*) from {table}")


PLAN: dict[str, Any] = {
    "ward": WardRef(code=MERE_END.code, set=MERE_END.set),
    "starts_at": START,
    "ends_at": START.replace(hour=19),
    "local_date": START.date(),
    "light": "dark",
}


def heard(walk_id: UUID, fact: type[Fact], sequence: int = 1, **more: Any) -> Received:
    """An event of a walk, as the consumer hands it over."""
    return Received(
        id=uuid4(),
        topic=walks.INTERNAL,
        type=fact.type,
        key=str(walk_id),
        sequence=sequence,
        time=START,
        fact=fact(**(PLAN | more)),
    )
