import asyncio
from dataclasses import replace
from datetime import date, timedelta

import asyncpg
import pytest

from reporting import store
from reporting.domain import Fact, Question, Row
from shared.postgres import Database
from tests.factories import START
from tests.infra import until
from tests.reporting.events import DAY, applied_until

WALK = Fact("walks", "started", DAY, "L05000001", "larkmere-2026", "dark")


async def add(database: Database, *facts: Fact) -> None:
    async with database.transaction() as connection:
        await store.take_turn(connection)
        await store.add_facts(connection, facts)


async def count(database: Database, question: Question) -> list[Row]:
    async with database.reading() as connection:
        return await store.count(connection, question)


async def test_facts_of_one_cell_add_up(reporting_database: Database):
    await add(reporting_database, WALK, WALK)
    await add(reporting_database, WALK)
    assert await count(reporting_database, Question("walks")) == [Row(3)]


async def test_cells_without_ward_light_or_category_add_up_too(reporting_database: Database):
    outside = Fact("concerns", "captured", DAY)
    await add(reporting_database, outside)
    await add(reporting_database, outside)
    assert await reporting_database.pool.fetch("select ward_code, count from figure") == [(None, 2)]


async def test_only_started_walks_are_counted_as_walks(reporting_database: Database):
    await add(reporting_database, WALK, replace(WALK, kind="confirmed"))
    assert await count(reporting_database, Question("walks")) == [Row(1)]


async def test_filters_hold_both_ends_of_the_period_and_one_light_and_ward(
    reporting_database: Database,
):
    days = [DAY + timedelta(days=number) for number in range(4)]
    await add(reporting_database, *(replace(WALK, day=day, light="day") for day in days))
    await add(reporting_database, Fact("walks", "started", days[1], light="dark"))
    asked = Question("walks", ("day",), since=days[1], until=days[2])
    assert {row.day: row.count for row in await count(reporting_database, asked)} == {
        days[1]: 2,
        days[2]: 1,
    }
    assert await count(reporting_database, Question("walks", light="dark")) == [Row(1)]
    assert await count(reporting_database, Question("walks", ward="L05000001")) == [Row(4)]


async def test_a_fact_can_be_neither_changed_nor_deleted(reporting_database: Database):
    await add(reporting_database, WALK)
    for statement in ("update fact set light = 'day'", "delete from fact", "truncate fact"):
        with pytest.raises(asyncpg.RaiseError, match="only ever added"):
            await reporting_database.pool.execute(statement)


async def test_no_column_of_a_fact_is_an_id_or_an_instant(reporting_database: Database):
    types = await reporting_database.pool.fetch(
        "select distinct data_type from information_schema.columns where table_name = 'fact'"
    )
    assert {row["data_type"] for row in types} == {"text", "date", "smallint", "integer"}


async def test_writers_that_touch_the_same_cells_in_opposite_order_do_not_deadlock(
    reporting_database: Database,
):
    """Each waits for its turn before it touches a cell, so their statements may come in any order."""
    light, dark = replace(WALK, light="day"), replace(WALK, light="dark")

    async def write(*facts: Fact) -> None:
        async with reporting_database.transaction() as connection:
            for fact in facts:
                await store.take_turn(connection)
                await store.add_facts(connection, [fact])
                await asyncio.sleep(0)

    await asyncio.gather(*(write(*pair) for pair in [(light, dark), (dark, light)] * 20))
    assert await count(reporting_database, Question("walks")) == [Row(80)]


async def test_a_writer_waits_until_the_one_before_it_has_committed(reporting_database: Database):
    async def write() -> None:
        async with reporting_database.transaction() as connection:
            await store.take_turn(connection)

    async with reporting_database.transaction() as connection:
        await store.take_turn(connection)
        second = asyncio.create_task(write())
        await until(lambda: reporting_database.pool.fetchval(
            "select count(*) from pg_locks where not granted"
        ))  # fmt: skip
        assert not second.done()
    await second


async def test_the_version_moves_when_figures_do_and_only_then(reporting_database: Database):
    async with reporting_database.reading() as connection:
        before = await store.version(connection)
        assert await store.version(connection) == before
    await add(reporting_database, WALK)
    async with reporting_database.reading() as connection:
        assert await store.version(connection) > before


async def test_progress_is_this_consumers_and_tells_what_is_parked(reporting_database: Database):
    async with reporting_database.reading() as connection:
        assert await store.progress(connection, "reporting") == store.Progress(None, 0)
        await applied_until(reporting_database, START, consumer="other")
        await connection.execute(
            """
            insert into parked (consumer, topic, partition, "offset", headers, digest, cause)
            values ('reporting', 't', 0, 0, '{}', 'd', 'undecodable')
            """
        )
        assert await store.progress(connection, "reporting") == store.Progress(None, 1)


async def test_the_digest_is_the_same_in_whatever_order_the_rows_lie(reporting_database: Database):
    facts = [Fact("walks", "started", date(2027, 1, day), light="day") for day in range(1, 10)]
    await add(reporting_database, *facts)
    async with reporting_database.transaction() as connection:
        first, counted = await store.compare(connection)
        assert first == counted
        await connection.execute("create temp table kept as select * from figure order by day desc")
        await connection.execute("delete from figure")
        await connection.execute("insert into figure select * from kept")
        assert await store.compare(connection) == (first, counted)


async def test_the_digest_tells_counts_that_were_swapped_between_two_cells(
    reporting_database: Database,
):
    await add(reporting_database, WALK, WALK, Fact("walks", "started", DAY, light="day"))
    async with reporting_database.transaction() as connection:
        await connection.execute("update figure set count = 3 - count")
        live, counted = await store.compare(connection)
    assert live.rows == counted.rows == 2
    assert live.digest != counted.digest
