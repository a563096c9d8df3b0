import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from reporting import domain, service, store, worker
from reporting.domain import Question, Row
from reporting.service.rebuild import StillDiffers
from shared.events import Received, WardRef
from shared.postgres import Database
from tests.factories import START
from tests.infra import until
from tests.reporting.events import (
    DAY,
    a_concern,
    a_started_walk,
    a_walk_event,
    alert_events,
    applied_until,
)

WARDS = [
    None,
    WardRef(code="L05000001", set="larkmere-2026"),
    WardRef(code="L05000001", set="old-2013"),
]
DAYS = [DAY, DAY + timedelta(days=1)]
WAITING = """
select exists (select from pg_stat_activity
                where datname = current_database() and wait_event_type = 'Lock')
"""
# A database that cannot count: whatever is put into the figures is one too many.
MISCOUNT = """
create function one_too_many() returns trigger language plpgsql as $$
begin new.count := new.count + 1; return new; end $$;
create trigger one_too_many before insert on figure for each row execute function one_too_many();
"""


async def apply(database: Database, *batches: list[Received]) -> None:
    """What the consumer does: one transaction a batch, one call of the handler for each run of a type."""
    listens = worker.work().listens
    for batch in batches:
        async with database.transaction() as connection:
            for event in batch:
                await listens[event.topic][event.type](connection, [event])


async def figures(database: Database) -> set[tuple[object, ...]]:
    return {tuple(row) for row in await database.pool.fetch("select * from figure")}


events = st.lists(
    st.one_of(
        st.builds(
            a_walk_event,
            st.sampled_from(["confirmed", "started", "ended", "overdue"]),
            ward=st.sampled_from(WARDS[1:]),
            local_date=st.sampled_from(DAYS),
            light=st.sampled_from(["day", "dark"]),
        ),
        st.builds(
            a_concern,
            ward=st.sampled_from(WARDS),
            local_date=st.sampled_from(DAYS),
            light=st.sampled_from(["day", "dark"]),
            categories=st.lists(st.sampled_from(["litter", "badly_lit", "other"]), min_size=1),
        ),
        st.sampled_from(alert_events()),
    ),
    max_size=30,
)


@given(events)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_a_batch_gives_the_same_figures_as_its_events_one_by_one(
    reporting_database: Database, batch: list[Received]
):
    listens = worker.work().listens
    by_type: dict[tuple[str, str], list[Received]] = {}
    for event in batch:
        by_type.setdefault((event.topic, event.type), []).append(event)

    pool = reporting_database.pool
    await pool.execute("alter table fact disable trigger all; delete from fact; delete from figure")
    await apply(reporting_database, *([event] for event in batch))
    one_by_one = await figures(reporting_database)

    await pool.execute("delete from fact; delete from figure")
    async with reporting_database.transaction() as connection:
        for (topic, kind), run in by_type.items():
            await listens[topic][kind](connection, run)
    assert await figures(reporting_database) == one_by_one
    assert (await service.compare(reporting_database)).equal


async def test_counts_are_those_of_the_events(reporting_database: Database):
    await apply(
        reporting_database,
        [a_started_walk(), a_started_walk(light="day"), a_walk_event("cancelled")],
        [a_concern(categories=["litter", "badly_lit"]), a_concern(ward=None)],
    )
    walks, concerns, mentions = await service.answer(
        reporting_database,
        Question("walks", ("light",)),
        Question("concerns"),
        Question("concerns", ("category",)),
        now=START,
    )
    assert walks.rows == [Row(1, light="dark"), Row(1, light="day")]
    assert concerns.rows == [Row(2)]
    assert mentions.rows == [Row(2, category="badly_lit"), Row(1, category="litter")]


async def test_a_total_of_nothing_is_nought_and_a_split_of_nothing_is_empty(
    reporting_database: Database,
):
    total, split = await service.answer(
        reporting_database, Question("walks"), Question("walks", ("ward",)), now=START
    )
    assert (total.rows, split.rows) == ([Row(0)], [])


async def test_lag_is_the_age_of_what_was_last_applied(reporting_database: Database):
    (unknown,) = await service.answer(reporting_database, Question("walks"), now=START)
    assert (unknown.freshness.as_of, unknown.freshness.lag_seconds) == (None, None)
    await applied_until(reporting_database, START)
    for behind in (0, 90):
        now = START + timedelta(seconds=behind)
        (known,) = await service.answer(reporting_database, Question("walks"), now=now)
        assert (known.freshness.as_of, known.freshness.lag_seconds) == (START, behind)


async def test_a_database_whose_clock_is_ahead_gives_no_negative_lag(reporting_database: Database):
    await applied_until(reporting_database, START)
    now = START - timedelta(seconds=2)
    (answer,) = await service.answer(reporting_database, Question("walks"), now=now)
    assert answer.freshness.lag_seconds == 0


async def test_a_rebuild_of_right_figures_says_equal_and_changes_nothing(
    reporting_database: Database,
):
    await apply(reporting_database, [a_started_walk(), a_concern(), *alert_events()])
    before = await figures(reporting_database)
    found = await service.rebuild(reporting_database)
    assert (found.equal, found.mended) == (True, False)
    assert "equal" in found.words
    assert await figures(reporting_database) == before


async def test_a_rebuild_without_any_fact_is_equal(reporting_database: Database):
    assert (await service.rebuild(reporting_database)).equal


@pytest.mark.parametrize(
    "wrong",
    [
        "update figure set count = count + 1",
        "delete from figure",
        "insert into figure (measure, kind, day, count) values ('walks', 'started', '2027-01-01', 5)",
        "update figure set ward_code = 'L05000002' where ward_code is not null",
    ],
)
async def test_a_rebuild_mends_wrongly_edited_figures_and_says_so(
    reporting_database: Database, wrong: str
):
    await apply(reporting_database, [a_started_walk(), a_concern(), a_concern(ward=None)])
    right = await figures(reporting_database)
    await reporting_database.pool.execute(wrong)
    found = await service.rebuild(reporting_database)
    assert (found.equal, found.mended) == (False, True)
    assert "mended" in found.words
    assert await figures(reporting_database) == right
    assert (await service.rebuild(reporting_database)).equal


async def test_comparing_changes_nothing(reporting_database: Database):
    await apply(reporting_database, [a_started_walk()])
    await reporting_database.pool.execute("update figure set count = 7")
    found = await service.compare(reporting_database)
    assert (found.equal, found.mended) == (False, False)
    assert "different" in found.words
    assert {row[-1] for row in await figures(reporting_database)} == {7}


async def test_a_rebuild_amid_counting_loses_and_doubles_nothing(reporting_database: Database):
    counted = 0

    async def count_on() -> None:
        nonlocal counted
        for _ in range(40):
            await apply(reporting_database, [a_started_walk()])
            counted += 1

    async def mend() -> None:
        for _ in range(10):
            await reporting_database.pool.execute("update figure set count = count + 1")
            await service.rebuild(reporting_database)

    await asyncio.gather(count_on(), count_on(), mend())
    await service.rebuild(reporting_database)
    (answer,) = await service.answer(reporting_database, Question("walks"), now=START)
    assert answer.rows == [Row(80)] == [Row(counted)]


async def test_a_rebuild_moves_the_version_when_it_mends(reporting_database: Database):
    async def version() -> int:
        async with reporting_database.reading() as connection:
            return await store.version(connection)

    await apply(reporting_database, [a_started_walk()])
    before = await version()
    await service.rebuild(reporting_database)
    assert await version() == before
    await reporting_database.pool.execute("update figure set count = 9")
    await service.rebuild(reporting_database)
    assert await version() > before


async def test_a_rebuild_waits_for_who_is_counting(reporting_database: Database):
    await apply(reporting_database, [a_started_walk()])
    await reporting_database.pool.execute("update figure set count = 7")

    async def is_done_or_waits() -> bool:
        return rebuilding.done() or await reporting_database.pool.fetchval(WAITING)

    async with reporting_database.transaction() as counting:
        await store.take_turn(counting)
        rebuilding = asyncio.create_task(service.rebuild(reporting_database))
        await until(is_done_or_waits)
        assert not rebuilding.done()
    assert (await rebuilding).mended


async def test_a_rebuild_that_does_not_come_out_right_changes_nothing(
    reporting_database: Database,
):
    await apply(reporting_database, [a_started_walk()])
    await reporting_database.pool.execute("update figure set count = 7")
    await reporting_database.pool.execute(MISCOUNT)
    wrong = await figures(reporting_database)
    with suppress(StillDiffers):
        await service.rebuild(reporting_database)
    assert await figures(reporting_database) == wrong


async def test_progress_is_read_before_the_figures(
    reporting_database: Database, monkeypatch: pytest.MonkeyPatch
):
    """What is counted between the two reads may be more than as_of promises, never less."""
    order: list[str] = []

    def noting(name: str) -> Callable[..., Awaitable[object]]:
        read = getattr(store, name)

        async def noted(*args: object) -> object:
            order.append(name)
            return await read(*args)

        return noted

    for name in ("progress", "count"):
        monkeypatch.setattr(store, name, noting(name))
    await service.answer(reporting_database, domain.Question("walks"), now=START)
    assert order == ["progress", "count"]
