"""What the relay does when Kafka dies, forgets, refuses or is another; and when it is asked to hand over."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from aiokafka import TopicPartition

from shared import kafka
from shared.clock import new_id
from shared.events import READERS
from shared.events.walks import SHARED
from shared.postgres import Database
from shared.relay import lease, queue
from shared.relay.pace import Pace
from shared.republish import republish
from tests.factories import KeptParts
from tests.infra import until
from tests.kafka_node import KafkaNode
from tests.shared import eventpath as path, otherclient
from tests.shared.eventpath import TOPIC, consuming, parts, relaying


async def test_nothing_is_lost_when_kafka_is_killed_while_it_sends(
    shared_database: Database, kafka_node: KafkaNode
) -> None:
    mine = parts(shared_database, kafka_node.bootstrap)
    keys = [new_id() for _ in range(100)]
    async with relaying(mine):
        await path.say(shared_database, *keys)
        await until(lambda: otherclient.is_on_topic(kafka_node.bootstrap, str(keys[0])), 20)
        saying = asyncio.create_task(path.say(shared_database, *keys, *keys))
        await kafka_node.kill()
        await saying  # writes go on without a broker
        await path.say(shared_database, *keys)
        await kafka_node.start()
        await until(lambda: path.outbox_is_empty(shared_database), 40)
    records = await otherclient.on_topic(kafka_node.bootstrap)
    assert otherclient.first_occurrences(records) == {str(key): [1, 2, 3, 4] for key in keys}


async def test_an_acknowledgement_that_does_not_come_keeps_the_row(
    shared_database: Database, kafka_node: KafkaNode
) -> None:
    mine = parts(shared_database, kafka_node.bootstrap)
    key, later = new_id(), new_id()
    async with relaying(mine):
        await path.say(shared_database, key)
        await until(lambda: otherclient.is_on_topic(kafka_node.bootstrap, str(key)), 20)
        await until(lambda: path.outbox_is_empty(shared_database))
        await kafka_node.kill()
        await path.say(shared_database, later)
        await until(lambda: _restarts(mine), 40)
        assert await path.rows_of_topic(shared_database, TOPIC, 1)
        await kafka_node.start()
        await until(lambda: otherclient.is_on_topic(kafka_node.bootstrap, str(later)), 40)


def _restarts(mine: Any) -> bool:
    return any(
        sample.value > 0
        for metric in mine.metrics.relay_restarts.collect()
        for sample in metric.samples
    )


async def test_a_missing_topic_holds_back_only_its_own_rows(
    shared_database: Database, kafka_node: KafkaNode
) -> None:
    await path.without_topic(kafka_node.bootstrap, SHARED)
    mine = parts(shared_database, kafka_node.bootstrap)
    key, here = new_id(), new_id()
    async with shared_database.transaction() as connection:
        await path.outbox.append(connection, path.a_shared_start(key))
    async with relaying(mine):
        await path.say(shared_database, here)
        await until(lambda: otherclient.is_on_topic(kafka_node.bootstrap, str(here)), 20)
        await until(lambda: path.sample(mine, "relay_topic_blocked", topic=SHARED) == 1, 20)
    assert await path.rows_of_topic(shared_database, SHARED, 1)


async def test_another_cluster_is_not_written_to_until_somebody_republishes(
    shared_database: Database, kafka_node: KafkaNode
) -> None:
    mine = parts(shared_database, kafka_node.bootstrap)
    await path.make_ledger(shared_database)
    name = f"test-{new_id()}"
    before, after = [new_id() for _ in range(20)], new_id()
    async with relaying(mine), consuming(mine, name):
        await path.say(shared_database, *before, *before)
        await until(lambda: path.number_of_effects(shared_database, 40), 30)
        await kafka_node.wipe()
        await kafka_node.start()
        await path.topics_again(kafka_node.bootstrap)
        await path.say(shared_database, *before, after)
        await until(lambda: _met_another_cluster(mine) > 1, 40)  # and left it alone the first time
        assert path.sample(mine, "relay_foreign_cluster") == 1
        assert await otherclient.on_topic(kafka_node.bootstrap) == []
        assert "relay.foreign_cluster" in mine.lines.getvalue()
        assert await republish(mine, path.START - timedelta(days=1)) == 61
        await until(lambda: path.number_of_effects(shared_database, 61), 40)
        # An old place in the new log would skip what stands before it.
        assert await _stood_in(shared_database) == [await kafka.cluster_id(mine.settings)]
    found = await path.effects(shared_database)
    assert found == {str(key): [1, 2, 3] for key in before} | {str(after): [1]}
    records = await otherclient.on_topic(kafka_node.bootstrap)
    marked = [each for each in records if "ce_republished" in each.headers]
    assert {(each.key, each.sequence) for each in marked} == {
        (str(key), 1) for key in [*before, after]
    }


async def _stood_in(database: Database) -> list[str]:
    """The clusters in whose logs a reader has its places."""
    async with database.reading() as connection:
        rows = await connection.fetch("select distinct cluster from consumer_offset")
    return [row["cluster"] for row in rows]


def _met_another_cluster(mine: KeptParts) -> float:
    return path.sample(mine, "relay_restarts_total", cause="ForeignCluster")


async def test_an_embedded_relay_fills_a_fresh_broker_by_itself(
    shared_database: Database, kafka_node: KafkaNode
) -> None:
    keys = [new_id() for _ in range(10)]
    await path.say(shared_database, *keys, *keys)
    first = parts(shared_database, kafka_node.bootstrap, kafka_cluster="first broker")
    async with relaying(first):
        await until(lambda: path.outbox_is_empty(shared_database), 20)
    await kafka_node.wipe()
    await kafka_node.start()
    await path.topics_again(kafka_node.bootstrap)
    second = parts(shared_database, kafka_node.bootstrap, kafka_cluster="second broker")
    async with relaying(second):
        await until(lambda: otherclient.is_on_topic(kafka_node.bootstrap, str(keys[0])), 40)
        await until(lambda: path.outbox_is_empty(shared_database), 20)
    records = await otherclient.on_topic(kafka_node.bootstrap)
    assert otherclient.first_occurrences(records) == {str(key): [1, 2] for key in keys}
    assert "relay.foreign_cluster" not in second.lines.getvalue()  # nobody is asked to do anything


async def test_republish_sends_each_keys_whole_story_and_appends_wait(
    shared_database: Database, empty_topics: str
) -> None:
    mine = parts(shared_database, empty_topics)
    old, other = new_id(), new_id()
    await path.say(shared_database, old, other, old)
    async with shared_database.transaction() as connection:
        await connection.execute(
            "update event_log set logged_at = now() - interval '1 day'"
            " where key = $1 or sequence = 1",
            str(other),
        )
        await connection.execute(
            "update outbox set logged_at = now() - interval '1 day' where key = $1 or sequence = 1",
            str(other),
        )
    assert await republish(mine, path.START - timedelta(hours=1)) == 2
    await path.publish(mine, old)
    records = await otherclient.on_topic(empty_topics)
    assert otherclient.first_occurrences(records) == {str(old): [1, 2, 3], str(other): [1]}


async def test_republish_waits_for_an_open_append(
    shared_database: Database, empty_topics: str
) -> None:
    mine = parts(shared_database, empty_topics)
    key = new_id()
    await path.say(shared_database, key)
    async with shared_database.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await path.outbox.append(connection, path.internal(path.a_start(), key, at=path.START))
        task = asyncio.create_task(republish(mine, path.START - timedelta(days=1)))
        await until(lambda: path.somebody_waits_for_the_outbox(shared_database))
        assert not task.done()
        await transaction.commit()
        assert await task == 2
    rows = await path.rows(shared_database, "select sequence, republished from outbox order by seq")
    assert rows == [
        {"sequence": 1, "republished": True},
        {"sequence": 2, "republished": False},
    ]


async def test_a_leading_relay_hands_over_when_asked(
    shared_database: Database, empty_topics: str
) -> None:
    mine = parts(shared_database, empty_topics)
    keys = [new_id() for _ in range(20)]
    async with relaying(mine):
        await path.say(shared_database, *keys)
        await until(lambda: path.outbox_is_empty(shared_database), 20)
        assert await republish(mine, path.START - timedelta(days=1)) == 20
        await until(lambda: path.outbox_is_empty(shared_database), 20)
    assert "relay.handed_over" in mine.lines.getvalue()


async def test_a_lost_lease_deletes_nothing(shared_database: Database) -> None:
    await path.say(shared_database, new_id())
    (row,) = await path.rows(shared_database, "select seq from outbox")
    mine, other = new_id(), new_id()
    async with shared_database.transaction() as connection:
        await lease.acquire(connection, mine)
        await connection.execute("update relay_lease set expires_at = '-infinity'")
        await lease.acquire(connection, other)
    with suppress(lease.LeaseLost):
        async with shared_database.transaction() as connection:
            await queue.delete(connection, [row["seq"]], mine)
    assert len(await path.rows(shared_database, "select 1 from outbox")) == 1


async def test_a_dropped_producer_does_not_keep_its_process_waiting(
    shared_database: Database, kafka_node: KafkaNode
) -> None:
    mine = parts(shared_database, kafka_node.bootstrap)
    producer = kafka.make_producer(mine.settings)
    await producer.start()
    await producer.send_and_wait(TOPIC, b"{}", key=b"k")
    await kafka_node.kill()
    ack = await producer.send(TOPIC, b"{}", key=b"k")
    dropping = asyncio.create_task(kafka.drop_producer(producer))
    done, _ = await asyncio.wait({dropping}, timeout=kafka.DEADLINE_SECONDS + 5)
    assert done
    assert not ack.done() or ack.cancelled() or ack.exception() is not None


async def test_a_small_broker_is_not_filled_before_every_reader_has_read(
    shared_database: Database, empty_topics: str
) -> None:
    mine = parts(shared_database, empty_topics, kafka_partition_bytes=1000)
    pace = Pace(mine.settings, mine.progress)
    place = TopicPartition(TOPIC, 3)
    await pace.room()
    pace.sent(place, offset=0, size=900)
    *early, last = READERS[TOPIC]
    for group in early:
        await otherclient.commit(empty_topics, group, place, 1)
    async with path.running(pace.room()) as waiting:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(waiting), 1)
        await otherclient.commit(empty_topics, last, place, 1)
        await asyncio.wait_for(waiting, 10)
