"""POST a walk, all of it, against the same booking written plainly; and the tail of its times."""

import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import UUID

import asyncpg

from tests.bench.ground import Ground
from tests.bench.measuring import ROUNDS, Round, Row, in_turn, ratios
from tests.bench.yardsticks import plain_booking
from tests.kafka import free_port

CONNECTIONS = 32
REQUESTS = 3000

# A thousand officers with slots on the hour, for every request its own.
OFFICERS = """
insert into officer (id, subject, display_name, role, force_phone, team_id)
select gen_random_uuid(), 'officer-' || n, 'PC Robin ' || n, 'PC', '101', $1
  from generate_series(1, 1000) as n
"""
TEAM = """
insert into team (id, name, min_notice, horizon, buffer, grace)
values (gen_random_uuid(), 'Mill', interval '0', interval '28 days', interval '15 minutes',
        interval '15 minutes')
returning id
"""
SLOTS = """
insert into slot (id, officer_id, ward_code, ward_name, ward_set, near, meeting_name, meeting_lon,
                  meeting_lat, starts_at, ends_at, local_date, local_from, local_to, tz_version,
                  after_dark, opened_by, opened_at)
select gen_random_uuid(), officer.id, 'L05000001', 'Millside', 'larkmere-2026', 'the old mill',
       'Mill Lane bus stop', -0.01, 51.46, at, at + interval '30 minutes',
       (at at time zone 'Europe/London')::date, (at at time zone 'Europe/London')::time,
       ((at + interval '30 minutes') at time zone 'Europe/London')::time, '2026a', true,
       'coordinator-1', now()
  from officer, generate_series(2, $1) as n,
       lateral (select date_trunc('hour', now()) + n * interval '1 hour' as at) as hour
returning id
"""
PLAIN_OFFICERS = """
insert into officer select gen_random_uuid(), 'PC Robin ' || n, '101' from generate_series(1, 1000) as n
"""
PLAIN_SLOTS = """
insert into slot (id, officer_id, ward, near, meeting_name, lon, lat, starts_at, ends_at)
select gen_random_uuid(), officer.id, 'L05000001', 'the old mill', 'Mill Lane bus stop', -0.01, 51.46,
       date_trunc('hour', now()) + n * interval '1 hour',
       date_trunc('hour', now()) + n * interval '1 hour 30 minutes'
  from officer, generate_series(2, $1) as n
returning id
"""


async def measure(ground: Ground) -> list[Row]:
    """Two rows: throughput against the yardstick, and our own p99 to p50."""
    async with AsyncExitStack() as stack:
        ours = await stack.enter_async_context(_ours(ground))
        plain = await stack.enter_async_context(_plain(ground))
        found = await in_turn({"ours": ours, "plain": plain}, title="POST a walk")
    return [
        Row(
            "booking",
            "POST a walk, all of it",
            "the same booking written plainly with FastAPI + asyncpg",
            "x",
            ratios(found, "ours", "plain", "per_second"),
            must=0.7,
            aim=0.9,
            rounds=found,
        ),
        Row(
            "booking-tail",
            f"its p99 / p50 at {CONNECTIONS} connections",
            "",
            "x",
            [each["ours"]["p99_ms"] / each["ours"]["p50_ms"] for each in found],
            must=3,
            aim=2.2,
            upward=False,
            rounds=found,
        ),
    ]


class _Posting:
    """One contestant: posts its next bookings, each to a slot of its own."""

    def __init__(self, ground: Ground, port: int, path: str, slots: Iterator[UUID]) -> None:
        self._ground, self._port, self._path, self._slots = ground, port, path, slots

    async def __call__(self) -> Round:
        bodies = [
            json.dumps(
                {
                    "slot_id": str(slot),
                    "name": "Ada Example",
                    "email": f"ada.{slot.hex}@example.org",
                    "adult": True,
                }
            )
            for slot, _ in zip(self._slots, range(REQUESTS), strict=False)
        ]
        words = ("127.0.0.1", str(self._port), self._path, str(CONNECTIONS))
        given = "\n".join(bodies).encode()
        return await self._ground.run("tests.bench.load", *words, given=given)


@asynccontextmanager
async def _ours(ground: Ground) -> AsyncGenerator[_Posting]:
    port = free_port()
    async with ground.opened("booking") as (url, database):
        async with database.transaction() as connection:
            await connection.execute(OFFICERS, await connection.fetchval(TEAM))
            slots = await connection.fetch(SLOTS, 2 + hours())
        await database.pool.execute("analyze")
        environment = ground.environment("booking", url, port=port, tries_per_minute=10_000_000)
        health = f"http://127.0.0.1:{port}/healthz"
        async with ground.serving("booking", "api", environment=environment, url=health):
            ids = iter([UUID(bytes=row["id"].bytes) for row in slots])
            yield _Posting(ground, port, "/booking/v1/walks", ids)


@asynccontextmanager
async def _plain(ground: Ground) -> AsyncGenerator[_Posting]:
    port = free_port()
    async with ground.database("empty") as url:
        connection = await asyncpg.connect(url)
        await connection.execute(plain_booking.TABLES)
        await connection.execute(PLAIN_OFFICERS)
        slots = await connection.fetch(PLAIN_SLOTS, 2 + hours())
        await connection.execute("analyze")
        await connection.close()
        words = ("tests.bench.yardsticks.plain_booking", url, str(port))
        health = f"http://127.0.0.1:{port}/healthz"
        async with ground.serving(*words, environment={}, url=health):
            ids = iter([UUID(bytes=row["id"].bytes) for row in slots])
            yield _Posting(ground, port, "/walks", ids)


def hours() -> int:
    """How many slots each officer needs for all rounds."""
    return REQUESTS * ROUNDS // 1000 + 1
