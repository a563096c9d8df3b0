"""A consumer that is connected but does not move is found; one in declared backoff is not."""

from collections.abc import Sequence

from shared.clock import new_id
from shared.events import Received
from shared.postgres import Connection, Database
from tests.infra import until
from tests.shared import eventpath as path
from tests.shared.eventpath import consuming, parts, relaying


async def test_a_consumer_that_is_assigned_but_never_fetches_is_stuck(
    shared_database: Database, empty_topics: str
) -> None:
    mine = parts(shared_database, empty_topics, stall_seconds=2)
    await path.make_ledger(shared_database)
    async with relaying(mine), consuming(mine, f"test-{new_id()}") as consumer:
        await path.say(shared_database, new_id())
        await until(lambda: path.number_of_effects(shared_database, 1), 20)
        assert consumer.client is not None
        consumer.client.pause(*consumer.client.assignment())  # as if its fetcher had died
        await path.say(shared_database, *(new_id() for _ in range(50)))
        stuck = await until(mine.progress.stuck, 30)
    assert any(name.startswith("partition ") for name in stuck)


async def test_a_partition_in_declared_backoff_is_not_stuck(
    shared_database: Database, empty_topics: str
) -> None:
    async def database_is_away(_connection: Connection, _events: Sequence[Received]) -> None:
        raise ConnectionError

    mine = parts(shared_database, empty_topics, stall_seconds=1)
    given = path.work(database_is_away)
    async with relaying(mine), consuming(mine, f"test-{new_id()}", given):
        await path.say(shared_database, new_id())
        await until(lambda: path.sample(mine, "consumer_backoffs_total") >= 5, 30)
        assert not [name for name in mine.progress.stuck() if name.startswith("partition ")]


async def test_lag_is_zero_and_fresh_when_all_is_applied(
    shared_database: Database, empty_topics: str
) -> None:
    mine = parts(shared_database, empty_topics)
    await path.make_ledger(shared_database)
    async with relaying(mine), consuming(mine, name := f"test-{new_id()}"):
        await path.say(shared_database, *(new_id() for _ in range(10)))
        await until(lambda: path.number_of_effects(shared_database, 10), 20)

        async def caught_up() -> bool:
            rows = await path.rows(
                shared_database,
                "select lag, as_of from consumer_progress where consumer = $1",
                name,
            )
            return [(row["lag"], row["as_of"]) for row in rows] == [(0, mine.clock())]

        await until(caught_up, 10)
