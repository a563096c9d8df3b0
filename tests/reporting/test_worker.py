import asyncio

from reporting import store, worker
from reporting.app import SERVICE
from shared.events import REGISTRY
from shared.postgres import Database
from tests.factories import parts_for
from tests.reporting.events import (
    WALKS,
    a_concern,
    a_started_walk,
    a_walk_event,
    alert_events,
    an_absence,
    request_events,
)


async def test_the_worker_listens_to_every_type_of_the_internal_topics():
    listens = worker.work().listens
    heard = {(topic, kind) for topic, kinds in listens.items() for kind in kinds}
    assert heard == {each for each in REGISTRY if each[0].startswith("internal.")}


async def test_the_worker_is_wired(reporting_database: Database):
    async with SERVICE.create_worker(parts_for("reporting", reporting_database)) as work:
        assert set(work.listens) == set(worker.work().listens)
        assert work.timers == ()


async def test_five_hundred_events_are_two_statements(reporting_database: Database):
    listens = worker.work().listens
    batch = [a_concern(categories=["litter", "badly_lit"]) for _ in range(500)]
    handle = listens[batch[0].topic][batch[0].type]
    async with reporting_database.transaction() as connection:
        await handle(connection, batch[:1])  # the driver looks up types once a connection
        said: list[str] = []
        with connection.query_logger(lambda record: said.append(record.query)):
            await handle(connection, batch[1:])
            await asyncio.sleep(0)  # the driver tells its loggers in the loop's next turn
        assert said == [store.TAKE_TURN, store.ADD_FACTS]
    counts = await reporting_database.pool.fetch(
        "select measure, sum(count) from figure group by 1"
    )
    assert dict(map(tuple, counts)) == {"concerns": 500, "mentions": 1000}


async def test_every_event_is_kept_as_facts(reporting_database: Database):
    listens = worker.work().listens
    events = [
        *map(a_walk_event, WALKS),
        *request_events(),
        an_absence(),
        a_concern(),
        *alert_events(),
    ]
    async with reporting_database.transaction() as connection:
        for event in events:
            await listens[event.topic][event.type](connection, [event])
    kept = await reporting_database.pool.fetch("select kind from fact where measure <> 'mentions'")
    assert len(kept) == len(events)


async def test_what_a_handler_did_is_undone_with_the_consumers_transaction(
    reporting_database: Database,
):
    event = a_started_walk()
    async with reporting_database.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await worker.work().listens[event.topic][event.type](connection, [event])
        await transaction.rollback()
    assert await reporting_database.pool.fetchval("select count(*) from fact") == 0
    assert await reporting_database.pool.fetchval("select count(*) from figure") == 0
    assert await reporting_database.pool.fetchval("select number from figure_version") == 0
