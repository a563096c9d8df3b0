"""The same projection as FastStream's users would write it: a batch subscriber, the same SQL.

An event is noted by its id in the transaction that counts it, so that a redelivered batch counts once;
the offset is committed to Kafka after that. Run as
``python -m tests.bench.yardsticks.faststream_counter DATABASE_URL BOOTSTRAP GROUP``.
"""

import asyncio
import sys
from datetime import date, datetime
from typing import Annotated, Any, Literal

import asyncpg
from faststream import Context, FastStream
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaMessage
from faststream.middlewares import AckPolicy
from pydantic import BaseModel

from reporting.store import ADD_FACTS, TAKE_TURN
from tests.bench.events import TOPIC

SEEN = "create table if not exists seen (id uuid primary key)"
SEE = """
insert into seen select unnest($1::uuid[]) on conflict do nothing returning id
"""
KINDS = {
    "uk.walkandtalk.walk.confirmed.v1": "confirmed",
    "uk.walkandtalk.walk.cancelled.v1": "cancelled",
    "uk.walkandtalk.walk.started.v1": "started",
    "uk.walkandtalk.walk.ended.v1": "ended",
    "uk.walkandtalk.walk.overdue.v1": "overdue",
    "uk.walkandtalk.walk.overdue_cleared.v1": "overdue_cleared",
}


class Ward(BaseModel):
    code: str
    set: str


class Walk(BaseModel):
    ward: Ward
    starts_at: datetime
    ends_at: datetime
    local_date: date
    light: Literal["day", "dark"]
    initiator: str | None = None
    missing: str | None = None


url, bootstrap, group = sys.argv[1:]
broker = KafkaBroker(bootstrap)
app = FastStream(broker)
pools: list["asyncpg.Pool[Any]"] = []


@app.on_startup
async def connect() -> None:
    pools.append(await asyncpg.create_pool(url))
    await pools[0].execute(SEEN)


@broker.subscriber(
    TOPIC,
    group_id=group,
    batch=True,
    max_records=500,
    auto_offset_reset="earliest",
    ack_policy=AckPolicy.ACK,
)
async def count(walks: list[Walk], message: Annotated[KafkaMessage, Context("message")]) -> None:
    raw = message.raw_message
    assert isinstance(raw, tuple)
    headers = [dict(each.headers) for each in raw]
    ids = [each["ce_id"].decode() for each in headers]
    async with pools[0].acquire() as connection, connection.transaction():
        fresh = {str(row["id"]) for row in await connection.fetch(SEE, ids)}
        told = [
            (KINDS[each["ce_type"].decode()], walk)
            for walk, each, id_ in zip(walks, headers, ids, strict=True)
            if id_ in fresh
        ]
        await connection.execute(TAKE_TURN)
        await connection.execute(
            ADD_FACTS,
            ["walks"] * len(told),
            [kind for kind, _ in told],
            [walk.local_date for _, walk in told],
            [walk.ward.code for _, walk in told],
            [walk.ward.set for _, walk in told],
            [walk.light for _, walk in told],
            [None] * len(told),
            [None] * len(told),
            [None] * len(told),
            [walk.initiator or walk.missing for _, walk in told],
            [None] * len(told),
        )


if __name__ == "__main__":
    asyncio.run(app.run())
