"""Questions to the figures of ten million facts, and how fast all of them are counted anew."""

import time
from datetime import timedelta

from reporting import domain, service, store
from shared.clock import now
from shared.postgres import Database, open_database
from tests.bench.consuming import Counting, lay_events
from tests.bench.events import STARTS
from tests.bench.ground import Ground
from tests.bench.measuring import Round, Row, in_turn, percentile, say

FACTS = 10_000_000
ASKED = 200
DAYS = 3 * 365

# Walks of all kinds, concerns, and mentions in ten categories, over three years and twelve wards.
TELL = """
insert into fact (measure, kind, day, ward_code, ward_set, light, category, category_version)
select case when n % 10 < 6 then 'walks' when n % 10 < 8 then 'concerns' else 'mentions' end,
       case when n % 10 >= 6 then 'captured'
            else (array['confirmed', 'started', 'ended', 'cancelled', 'overdue', 'started'])[n % 10 + 1]
       end,
       $1::date - (random() * $2)::int,
       'L050000' || lpad((random() * 11 + 1)::int::text, 2, '0'), 'larkmere-2026',
       case when random() < 0.3 then 'day' else 'dark' end,
       case when n % 10 >= 8 then 'category_' || (random() * 9)::int end,
       case when n % 10 >= 8 then '2026-11' end
  from generate_series(1, $3::bigint) as n
"""
COUNTED = "select count(*) as cells, sum(count)::bigint as facts from figure"
WRONG = "update figure set count = count + 1 where ctid = (select ctid from figure limit 1)"


async def measure(ground: Ground) -> list[Row]:
    """Two rows."""
    return [await _asked(ground), await _rebuilt(ground)]


async def _asked(ground: Ground) -> Row:
    """What the dashboard and analysts ask, each question many times."""
    async with ground.opened("reporting") as (_, database):
        say(f"  figures: telling {FACTS:,} facts ...")
        await database.pool.execute(TELL, STARTS.date(), DAYS, FACTS, timeout=600)
        began = time.perf_counter()
        async with database.transaction() as connection:
            await store.take_turn(connection)
            await store.replace_figures(connection)
        seconds = time.perf_counter() - began
        await database.pool.execute("vacuum analyze figure", timeout=600)
        found = await in_turn({"asked": _Asking(database)}, title="figures")
        async with database.reading() as connection:
            counted = await connection.fetchrow(COUNTED)
        assert counted is not None
        assert counted["facts"] == FACTS
    return Row(
        "figures",
        f"figures query over {FACTS // 1_000_000} million facts, p99",
        "",
        "ms",
        [each["asked"]["p99_ms"] for each in found],
        must=50,
        aim=10,
        upward=False,
        note=f"{counted['cells']:,} cells; all counted anew in {seconds:.0f} s",
        rounds=found,
    )


class _Asking:
    """One round of questions, as the API answers them, freshness included."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def __call__(self) -> Round:
        until = STARTS.date()
        month, year = until - timedelta(days=28), until - timedelta(days=365)
        questions = (
            domain.ask("walks"),
            domain.ask("walks", "ward,light"),
            domain.ask("concerns", "ward,light"),
            domain.ask("concerns", "category", since=year),
            domain.ask("walks", "day,light", since=month),
            domain.ask("concerns", "ward,category", since=month),
        )
        took: list[float] = []
        for _ in range(ASKED // len(questions) + 1):
            for question in questions:
                began = time.perf_counter()
                await service.answer(self._database, question, now=now())
                took.append((time.perf_counter() - began) * 1000)
        return {"p50_ms": percentile(took, 0.5), "p99_ms": percentile(took, 0.99)}


async def _rebuilt(ground: Ground) -> Row:
    """Figures counted anew in the very database that the live consumer has just filled."""
    await lay_events(ground)
    counting = Counting(ground, "tests.bench.our_consumer", afterwards=_rebuild)
    found = await in_turn({"ours": counting}, title="rebuild")
    return Row(
        "rebuild",
        "rebuild of all figures from the facts kept of the log",
        "the live consumer's rate",
        "x",
        [each["ours"]["rebuilt_per_second"] / each["ours"]["per_second"] for each in found],
        must=1,
        aim=2,
        rounds=found,
    )


async def _rebuild(url: str) -> Round:
    """Spoil a figure, and have all of them counted anew; facts a second."""
    async with open_database(url, size=2) as database:
        facts = await database.pool.fetchval("select count(*) from fact")
        await database.pool.execute(WRONG)
        began = time.perf_counter()
        found = await service.rebuild(database)
        seconds = time.perf_counter() - began
        assert found.mended
    return {"rebuilt_per_second": facts / seconds}
