"""POST a walk, all of it, against the same booking written plainly; and the tail of its times."""

import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import islice
from urllib.parse import urlsplit
from uuid import UUID

import psutil

from shared.postgres import Database
from tests.bench.ground import Ground, spent
from tests.bench.measuring import ROUNDS, Round, Row, in_turn, ratios
from tests.infra import free_port

CONNECTIONS = 32
REQUESTS = 3000

# A thousand officers with slots on the hour, for every request its own.
OFFICERS = """
insert into officer (id, subject, display_name, role, force_phone, team_id)
select gen_random_uuid(), 'officer-' || n, 'PC Robin ' || n, 'PC', '101', $1
  from generate_series(1, 1000) as n
"""
TEAM = """
with team as (
    insert into team (id, name) values (gen_random_uuid(), 'Mill') returning id
), policy as (
    insert into policy (team_id, version, min_notice, horizon, buffer, grace, daily_limit, set_by,
                        set_at)
    select id, 1, interval '0', interval '28 days', interval '15 minutes', interval '15 minutes', 24,
           'bench', now()
      from team
)
select id from team
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
    """One contestant: posts its next bookings, each to a slot of its own.

    ``server_us`` and ``postgres_us`` are the processor's time for a booking, in its process and in
    PostgreSQL.
    """

    def __init__(self, ground: Ground, pid: int, url: str, slots: Iterator[UUID]) -> None:
        self._ground, self._server, self._url = ground, psutil.Process(pid), url
        self._slots = slots

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
            for slot in islice(self._slots, REQUESTS)
        ]
        place = urlsplit(self._url)
        words = (str(place.hostname), str(place.port), place.path, str(CONNECTIONS))
        server, database = spent(self._server), self._ground.postgres_spent()
        found = await self._ground.run("tests.bench.load", *words, given="\n".join(bodies).encode())
        return found | {
            "server_us": (spent(self._server) - server) / REQUESTS * 1e6,
            "postgres_us": (self._ground.postgres_spent() - database) / REQUESTS * 1e6,
        }


@asynccontextmanager
async def _ours(ground: Ground) -> AsyncGenerator[_Posting]:
    port = free_port()
    async with ground.opened("booking") as (url, database):
        slots = await open_slots(database, REQUESTS * ROUNDS)
        environment = ground.environment("booking", url, port=port, tries_per_minute=10_000_000)
        origin = f"http://127.0.0.1:{port}"
        serving = ground.serving("booking", "api", environment=environment, url=f"{origin}/healthz")
        async with serving as server:
            yield _Posting(ground, server.pid, f"{origin}/booking/v1/walks", iter(slots))


@asynccontextmanager
async def _plain(ground: Ground) -> AsyncGenerator[_Posting]:
    port = free_port()
    async with ground.opened("booking") as (url, database):
        slots = await open_slots(database, REQUESTS * ROUNDS)
        words = ("tests.bench.yardsticks.plain_booking", url, str(port))
        origin = f"http://127.0.0.1:{port}"
        async with ground.serving(*words, environment={}, url=f"{origin}/healthz") as server:
            yield _Posting(ground, server.pid, f"{origin}/walks", iter(slots))


async def open_slots(database: Database, number: int) -> list[UUID]:
    """Officers, and at least so many slots of theirs that can be booked."""
    async with database.transaction() as connection:
        await connection.execute(OFFICERS, await connection.fetchval(TEAM))
        slots = await connection.fetch(SLOTS, 2 + number // 1000)
    # Only what has rows, as autovacuum would: a plan for a table that was looked at empty reads all of it.
    await database.pool.execute("analyze team, policy, officer, slot")
    return [UUID(bytes=row["id"].bytes) for row in slots]
