"""Free slots as anybody asks for them: of a team, of twelve, and how it grows with officers and days."""

import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import cycle, islice
from urllib.parse import urlencode

import psutil

from booking import store
from shared.clock import now
from shared.postgres import Database
from tests.bench.ground import Ground, spent
from tests.bench.measuring import Round, Row, in_turn, percentile
from tests.infra import free_port

CONNECTIONS = 32
REQUESTS = 1500
FEW = 4
OFFICERS, UNITS, DAYS = 25, 12, 28
GROWTH = ((25, 7), (25, 14), (25, 28), (100, 28), (300, 28))
WARDS = [f"L050000{nth:02}" for nth in range(1, 13)]
# All ask for the whole list, as whoever opens the front page does; or each for one of its wards' as well.
ONE = [{"limit": "200"}]
SEVERAL = [*ONE, *({"ward": ward, "limit": "200"} for ward in WARDS)]

TEAMS = """
with team as (
    insert into team (id, name) select gen_random_uuid(), 'Unit ' || n
      from generate_series(1, $1::int) as n
    returning id
), policy as (
    insert into policy (team_id, version, min_notice, horizon, buffer, grace, set_by, set_at)
    select id, 1, interval '1 hour', interval '29 days', interval '15 minutes',
           interval '15 minutes', 'bench', now()
      from team
)
insert into officer (id, subject, display_name, role, force_phone, team_id)
select gen_random_uuid(), id || '-' || n, 'PC Robin ' || n, 'PC', '101', id
  from team, generate_series(1, $2::int) as n
"""
# Five days in seven each officer offers four walks, every hour from 17:00 on, in one of twelve wards.
SLOTS = """
insert into slot (id, officer_id, ward_code, ward_name, ward_set, near, meeting_name, meeting_lon,
                  meeting_lat, starts_at, ends_at, local_date, local_from, local_to, tz_version,
                  after_dark, opened_by, opened_at)
select gen_random_uuid(), officer.id, 'L050000' || lpad((1 + officer_no % 12)::text, 2, '0'),
       'Ward ' || officer_no % 12, 'larkmere-2026', 'the old mill', 'Mill Lane bus stop', -0.01, 51.46,
       at, at + interval '30 minutes', (at at time zone 'Europe/London')::date,
       (at at time zone 'Europe/London')::time,
       ((at + interval '30 minutes') at time zone 'Europe/London')::time, '2026a', true, 'bench', now()
  from officer, generate_series(1, $1::int) as day, generate_series(17, 20) as hour,
       lateral (select (date_trunc('day', now()) + day * interval '1 day' + hour * interval '1 hour')
                       as at) as begins
 where (officer_no + day) % 7 < 5
"""
# One slot in three is somebody's.
WALKS = """
with taken as (
    insert into walk (id, shared_id, reference, slot_id, officer_id, state, ward_code, ward_name,
                      ward_set, near, meeting_name, meeting_lon, meeting_lat, starts_at, ends_at,
                      local_date, local_from, local_to, tz_version, after_dark, start_due_at,
                      end_due_at, confirmed_at)
    select gen_random_uuid(), gen_random_uuid(), slot.id::text, id, officer_id, 'confirmed', ward_code,
           ward_name, ward_set, near, meeting_name, meeting_lon, meeting_lat, starts_at, ends_at,
           local_date, local_from, local_to, tz_version, after_dark, starts_at, ends_at, now()
      from slot where hashtext(id::text) % 3 = 0
    returning slot_id, officer_id, starts_at, ends_at
)
insert into assignment (slot_id, officer_no, during)
select slot_id, officer_no,
       tstzrange(starts_at - interval '15 minutes', ends_at + interval '15 minutes')
  from taken join officer on officer.id = taken.officer_id
"""


async def measure(ground: Ground) -> list[Row]:
    """Two rows that are judged, each with one beside it where questions differ, and a slope."""
    return [
        *await _searched(ground, 1, must=50, aim=25),
        *await _searched(ground, UNITS, must=150, aim=75),
        *await _growth(ground),
    ]


async def _searched(ground: Ground, units: int, *, must: float, aim: float) -> list[Row]:
    async with _asking(ground, units) as (one, several):
        contestants = {"one": one, "several": several}
        found = await in_turn(contestants, title=f"search {units} x {OFFICERS}")
    of = f"{units} x {OFFICERS} officers" if units > 1 else f"a team of {OFFICERS} officers"
    work = f"free slots of {of} over {DAYS} days, p99 at {CONNECTIONS} connections"

    def row(name: str, work: str, must: float | None, aim: float | None) -> Row:
        took = [each[name]["p99_ms"] for each in found]
        named = f"search-{units}-{name}"
        return Row(named, work, "", "ms", took, must, aim, upward=False, rounds=found)

    return [
        row("one", work, must, aim),
        row("several", f"{work}, {len(SEVERAL)} questions in turn", None, None),
    ]


class _Asking:
    """One round of questions over HTTP, as anybody asks them.

    ``server_us`` and ``postgres_us`` are the processor's time for an answer, in its process and in
    PostgreSQL.
    """

    def __init__(
        self, ground: Ground, pid: int, port: int, questions: Sequence[Mapping[str, str]]
    ) -> None:
        self._ground, self._server, self._port = ground, psutil.Process(pid), port
        self._paths = [f"/booking/v1/slots?{urlencode(question)}" for question in questions]

    async def __call__(self) -> Round:
        given = "\n".join(islice(cycle(self._paths), REQUESTS)).encode()
        words = ("127.0.0.1", str(self._port), str(CONNECTIONS))
        server, database = spent(self._server), self._ground.postgres_spent()
        found = await self._ground.run("tests.bench.asking", *words, given=given, seconds=300)
        return found | {
            "server_us": (spent(self._server) - server) / REQUESTS * 1e6,
            "postgres_us": (self._ground.postgres_spent() - database) / REQUESTS * 1e6,
        }


@asynccontextmanager
async def _asking(ground: Ground, units: int) -> AsyncGenerator[tuple[_Asking, _Asking]]:
    port = free_port()
    async with ground.opened("booking") as (url, database):
        await lay_slots(database, units, OFFICERS, DAYS)
        environment = ground.environment("booking", url, port=port)
        origin = f"http://127.0.0.1:{port}"
        serving = ground.serving("booking", "api", environment=environment, url=f"{origin}/healthz")
        async with serving as server:
            one, several = (_Asking(ground, server.pid, port, each) for each in (ONE, SEVERAL))
            yield one, several


async def lay_slots(database: Database, units: int, officers: int, days: int) -> None:
    """Teams of so many officers with slots on so many days, a third of them booked."""
    async with database.transaction() as connection:
        await connection.execute(TEAMS, units, officers)
        await connection.execute(SLOTS, days)
        await connection.execute(WALKS)
    await database.pool.execute("vacuum analyze")


async def _growth(ground: Ground) -> list[Row]:
    rows: list[Row] = []
    for officers, days in GROWTH:
        async with ground.opened("booking") as (_, database):
            await lay_slots(database, officers // OFFICERS, OFFICERS, days)
            slots = await database.pool.fetchval("select count(*) from slot")
            took = await _statement(database)
        rows.append(
            Row(
                f"growth-search-{officers}-{days}",
                f"search of {officers} officers x {days} days, {slots:,} slots",
                "the statement alone",
                "ms",
                took,
            )
        )
    return rows


async def _statement(database: Database) -> list[float]:
    """What the database needs for the whole list, again and again."""
    took: list[float] = []
    async with database.reading() as connection:
        for _ in range(21):
            began = time.perf_counter()
            found = await store.slots.list_bookable(connection, at=now(), few=FEW, limit=201)
            took.append((time.perf_counter() - began) * 1000)
            assert found
    return [percentile(took, 0.5)]
