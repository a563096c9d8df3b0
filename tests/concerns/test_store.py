"""Concerns and windows in a real PostgreSQL."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from concerns import domain, store
from concerns.store.concerns import Place, Wanted
from shared.postgres import Database
from tests.concerns.capturing import MERE_END, a_saying
from tests.factories import START

WARD = domain.WardName(MERE_END.code, MERE_END.name, MERE_END.set)
WINDOW = domain.Window(uuid4(), START, START + timedelta(hours=1))


def a_concern(
    minutes: int = 0, ward: domain.WardName | None = WARD, **said: object
) -> domain.Concern:
    return domain.Concern(
        id=uuid4(),
        shared_id=uuid4(),
        said=a_saying(observed_at=START, **said),
        ward=ward,
        light_computed="dark",
        category_version=domain.VERSION,
        observed_at=START,
        captured_at=START + timedelta(minutes=minutes),
    )


async def keep(database: Database, *concerns: domain.Concern) -> list[bool]:
    async with database.transaction() as connection:
        return [await store.concerns.insert(connection, each) for each in concerns]


async def read(database: Database, wanted: Wanted) -> list[domain.Concern]:
    async with database.reading() as connection:
        return [each.concern for each in await store.concerns.newest(connection, wanted)]


async def test_a_concern_comes_back_as_it_was_kept(concerns_database: Database) -> None:
    walk = a_concern(2, walk_id=uuid4(), light="day", note="by the steps")
    outside = a_concern(
        1, ward=None, source="import", outside=domain.Outside("open311", "12"), by="import:open311"
    )
    await keep(concerns_database, outside, walk)
    assert await read(concerns_database, Wanted()) == [walk, outside]


async def test_an_outside_report_is_kept_once_even_at_the_same_instant(
    concerns_database: Database,
) -> None:
    same = domain.Outside("open311", "12")
    twice = [a_concern(source="import", outside=same) for _ in range(2)]
    kept = await asyncio.gather(*(keep(concerns_database, each) for each in twice))
    assert sorted(kept) == [[False], [True]]
    elsewhere = a_concern(source="import", outside=domain.Outside("another council", "12"))
    assert await keep(concerns_database, elsewhere) == [True]


async def test_the_list_is_filtered_by_ward_category_and_time(concerns_database: Database) -> None:
    other_ward = domain.WardName("L05000002", "Larkfield", MERE_END.set)
    old, new = a_concern(0), a_concern(10, categories=("followed",))
    elsewhere, outside = a_concern(5, ward=other_ward), a_concern(6, ward=None)
    await keep(concerns_database, old, new, elsewhere, outside)
    assert await read(concerns_database, Wanted(wards=[WARD.code])) == [new, old]
    assert await read(concerns_database, Wanted(wards=[])) == []
    assert await read(concerns_database, Wanted(category="followed")) == [new]
    since = START + timedelta(minutes=6)
    assert await read(concerns_database, Wanted(since=since)) == [new, outside]


async def test_pages_join_without_loss_though_many_were_captured_at_once(
    concerns_database: Database,
) -> None:
    await keep(concerns_database, *(a_concern() for _ in range(7)))
    everything = await read(concerns_database, Wanted())
    first = await read(concerns_database, Wanted(limit=3))
    after = Place(first[-1].captured_at, first[-1].id)
    assert first + await read(concerns_database, Wanted(after=after)) == everything


async def test_what_has_been_told_of_a_walk_is_never_untold(concerns_database: Database) -> None:
    ended = domain.Window(WINDOW.walk_id, WINDOW.starts_at, WINDOW.ends_at, ended_at=START)
    for told in (ended, WINDOW):
        async with concerns_database.transaction() as connection:
            await store.windows.learn(connection, [told])
    async with concerns_database.reading() as connection:
        assert await store.windows.find(connection, WINDOW.walk_id) == ended
        assert await store.windows.find(connection, uuid4()) is None


async def test_the_tables_refuse_what_cannot_be(concerns_database: Database) -> None:
    await keep(concerns_database, a_concern())
    for change in (
        "categories = '{}'",
        "severity = 4",
        "ward_name = null",
        "source = 'import'",
        "source = 'officer', walk_id = gen_random_uuid()",
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            async with concerns_database.transaction() as connection:
                await connection.execute(f"update concern set {change}")
