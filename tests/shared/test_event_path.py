"""From the outbox to the effect: on a real Kafka, with two clients reading the topic."""

from shared.clock import new_id
from shared.postgres import Database
from tests.infra import until
from tests.shared import eventpath as path


async def test_what_is_committed_arrives_once_and_in_order(
    shared_database: Database, empty_topics: str
) -> None:
    parts = path.parts(shared_database, empty_topics)
    await path.make_ledger(shared_database)
    keys = [new_id() for _ in range(20)]
    async with path.relaying(parts), path.consuming(parts, f"test-{new_id()}"):
        await path.say(shared_database, *keys, *keys, *keys)

        async def all_applied() -> bool:
            found = await path.effects(shared_database)
            return sum(len(each) for each in found.values()) >= 60

        await until(all_applied, 20)
    assert await path.effects(shared_database) == {str(key): [1, 2, 3] for key in keys}
    records = await path.on_topic(empty_topics)
    assert path.first_occurrences(records) == {str(key): [1, 2, 3] for key in keys}
    assert len(records) == 60
    assert await path.rows(shared_database, "select 1 from outbox") == []
