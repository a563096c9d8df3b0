"""What somebody does to a topic under a relay and a consumer at work: deleted and made again, given partitions."""

import asyncio

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewPartitions

from shared.clock import new_id
from shared.postgres import Database
from tests.infra import until
from tests.kafka_node import KafkaNode
from tests.shared import eventpath as path, otherclient
from tests.shared.eventpath import TOPIC, consuming, parts, relaying

KEYS = 30


@pytest.mark.soak
async def test_a_topic_deleted_and_made_again_is_filled_by_republish_and_doubles_nothing(
    shared_database: Database, kafka_node: KafkaNode
) -> None:
    mine = parts(shared_database, kafka_node.bootstrap)
    await path.make_ledger(shared_database)
    keys = [new_id() for _ in range(KEYS)]
    async with relaying(mine), consuming(mine, f"test-{new_id()}"):
        await path.say(shared_database, *keys)
        await until(lambda: path.number_of_effects(shared_database, KEYS), 30)
        await delete(kafka_node.bootstrap)
        await path.say(shared_database, *keys)
        await path.topics_again(kafka_node.bootstrap)
        await path.say(shared_database, *keys)
        assert await path.republish_all(mine) == 3 * KEYS
        await until(lambda: path.number_of_effects(shared_database, 3 * KEYS), 90)
        await until(lambda: path.outbox_is_empty(shared_database), 30)
        await until(lambda: path.rows_parked(shared_database, 0), 30)
    assert await path.effects(shared_database) == {str(key): [1, 2, 3] for key in keys}
    told = {(each.key, each.sequence) for each in await otherclient.on_topic(kafka_node.bootstrap)}
    assert told == {(str(key), number) for key in keys for number in (1, 2, 3)}


@pytest.mark.soak
async def test_partitions_added_against_the_rules_lose_nothing_and_double_nothing(
    shared_database: Database, kafka_node: KafkaNode
) -> None:
    mine = parts(shared_database, kafka_node.bootstrap)
    await path.make_ledger(shared_database)
    keys = [new_id() for _ in range(KEYS)]
    async with consuming(mine, f"test-{new_id()}"):
        async with relaying(mine):
            await path.say(shared_database, *keys)
            await until(lambda: path.number_of_effects(shared_database, KEYS), 30)
        await add_a_partition(kafka_node.bootstrap)
        async with relaying(mine):  # its producer knows the partition from the first
            await path.say(shared_database, *keys, *keys)
            await until(lambda: path.number_of_effects(shared_database, 3 * KEYS), 90)
            await until(lambda: path.rows_parked(shared_database, 0), 30)
    assert await path.effects(shared_database) == {str(key): [1, 2, 3] for key in keys}
    assert 12 in {each.partition for each in await otherclient.on_topic(kafka_node.bootstrap)}


async def delete(bootstrap: str) -> None:
    """The topic is gone, and the broker knows it."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    await asyncio.to_thread(admin.delete_topics([TOPIC])[TOPIC].result, 30)
    await until(lambda: TOPIC not in admin.list_topics(timeout=10).topics)


async def add_a_partition(bootstrap: str) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap})
    added = admin.create_partitions([NewPartitions(TOPIC, 13)])[TOPIC]
    await asyncio.to_thread(added.result, 30)
