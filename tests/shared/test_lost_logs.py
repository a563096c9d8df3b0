"""Logs that were lost under a consumer, on a real Kafka: replaced by a new one, or trimmed before they were read."""

from shared import operations
from shared.clock import new_id
from shared.postgres import Database
from tests.factories import KeptParts
from tests.infra import until
from tests.kafka_topics import renew_topics
from tests.shared import eventpath as path, otherclient
from tests.shared.eventpath import consuming, parts, relaying

PARTITIONS = 12


async def stops_and_heals(mine: KeptParts, name: str, effects: int) -> list[str]:
    """Why the consumer stops; then its topic's owner republishes, it is resumed, and all its effects are there."""
    async with consuming(mine, name):
        stops = await until(lambda: path.stops(mine.database), 20)
        await path.republish_all(mine)
        await path.publish(mine)
        await path.operate(mine.database, operations.resume, name, by="tests")
        await until(lambda: path.number_of_effects(mine.database, effects), 20)
    return stops


async def test_a_new_log_is_read_from_its_start(
    shared_database: Database, empty_topics: str
) -> None:
    mine = parts(shared_database, empty_topics)
    await path.make_ledger(shared_database)
    name = f"test-{new_id()}"
    before, after = [new_id() for _ in range(30)], [new_id() for _ in range(90)]
    async with relaying(mine), consuming(mine, name):
        await path.say(shared_database, *before)
        await until(lambda: path.number_of_effects(shared_database, 30), 20)
    await renew_topics(empty_topics)
    await path.publish(
        mine, *after
    )  # the new log grows past the old places before anybody reads it
    async with consuming(mine, name):
        await until(lambda: path.number_of_effects(shared_database, 120), 20)
    assert await path.effects(shared_database) == {str(key): [1] for key in before + after}


async def test_at_a_rebalance_every_place_is_looked_up_again(
    shared_database: Database, empty_topics: str
) -> None:
    mine = parts(shared_database, empty_topics)
    await path.make_ledger(shared_database)
    name, keys = f"test-{new_id()}", [new_id() for _ in range(30)]

    async def stands_here() -> bool:
        async with shared_database.reading() as connection:
            gone = "select count(*) from consumer_offset where cluster = 'gone'"
            return await connection.fetchval(gone) == 0

    async with relaying(mine), consuming(mine, name):
        await path.say(shared_database, *keys)
        await until(lambda: path.number_of_effects(shared_database, 30), 20)
        async with shared_database.transaction() as connection:
            await connection.execute("update consumer_offset set cluster = 'gone'")
        async with consuming(mine, name):  # a member more: the group is formed anew
            await until(stands_here)
    assert await path.effects(shared_database) == {str(key): [1] for key in keys}


async def test_a_trimmed_log_stops_the_consumer_and_says_who_must_republish(
    shared_database: Database, empty_topics: str
) -> None:
    mine = parts(shared_database, empty_topics)
    await path.make_ledger(shared_database)
    name, keys = f"test-{new_id()}", [new_id() for _ in range(40)]
    async with relaying(mine), consuming(mine, name):
        await path.say(shared_database, *keys)
        await until(lambda: path.number_of_effects(shared_database, 40), 20)
    await path.publish(mine, *keys, *keys)
    await otherclient.trim(empty_topics, leave=1)
    stops = await stops_and_heals(mine, name, 120)
    assert "booking events republish" in stops[0]
    assert await path.effects(shared_database) == {str(key): [1, 2, 3] for key in keys}


async def test_a_log_trimmed_before_anything_of_it_was_read_stops_its_consumer_too(
    shared_database: Database, empty_topics: str
) -> None:
    mine = parts(shared_database, empty_topics)
    await path.make_ledger(shared_database)
    name, keys = f"test-{new_id()}", [new_id() for _ in range(40)]

    async def stands_at_every_start() -> bool:
        return len(await path.rows(shared_database, "select from consumer_offset")) == PARTITIONS

    async with consuming(mine, name):
        await until(stands_at_every_start, 20)
    await path.publish(mine, *keys)
    await otherclient.trim(empty_topics, leave=0)
    stops = await stops_and_heals(mine, name, 40)
    assert "booking events republish" in stops[0]
    assert await path.effects(shared_database) == {str(key): [1] for key in keys}
