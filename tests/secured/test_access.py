"""With the rights of access.yaml each can do its work, and nothing else."""

import asyncio
from collections.abc import Coroutine
from importlib import import_module
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import NewTopic
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    TopicAuthorizationFailedError,
)
from confluent_kafka import Consumer as OtherClient
from confluent_kafka.admin import (
    AclBinding,  # pyright: ignore[reportPrivateImportUsage]
    AclOperation,  # pyright: ignore[reportPrivateImportUsage]
    AclPermissionType,  # pyright: ignore[reportPrivateImportUsage]
    AdminClient,
    ResourcePatternType,  # pyright: ignore[reportPrivateImportUsage]
    ResourceType,  # pyright: ignore[reportPrivateImportUsage]
)

from shared import kafka
from shared.clock import new_id
from shared.events import OWNERS, READERS, tier_of, walks
from shared.postgres import Database
from shared.run import working
from shared.settings import ServiceSettings
from tests.factories import PLACES, SERVICES, parts_for
from tests.infra import until
from tests.kafka_topics import apply_access
from tests.keyring import as_operator, librdkafka, reach
from tests.shared import eventpath as path, otherclient
from tests.shared.eventpath import consuming, parts, relaying

REFUSALS = (
    TopicAuthorizationFailedError,
    GroupAuthorizationFailedError,
    ClusterAuthorizationFailedError,
)


def settings_of(bootstrap: str, user: str) -> ServiceSettings:
    """What a service under this user is told."""
    return ServiceSettings(**{**PLACES, **reach(bootstrap, user)})


async def write(bootstrap: str, user: str, topic: str) -> None:
    """One record, as the relay's producer would send it."""
    producer = kafka.make_producer(settings_of(bootstrap, user))
    try:
        async with asyncio.timeout(20):
            await producer.start()  # refused to whom it lets write nothing at all
            await producer.send_and_wait(topic, b"{}", key=b"k")
    finally:
        await kafka.drop_producer(producer)


async def read(bootstrap: str, user: str, topic: str, group: str | None = None) -> None:
    """Ask for records, as the consumer would: returns when the broker has let it join and look."""
    consumer = kafka.make_consumer(settings_of(bootstrap, user), group or user)
    consumer.subscribe([topic])
    try:
        async with asyncio.timeout(30):
            await consumer.start()
            while not consumer.assignment():
                await consumer.getmany(timeout_ms=100)
            place = TopicPartition(topic, 0)
            await consumer.end_offsets([place])
            consumer.seek(place, 0)
            await consumer.getmany(place, timeout_ms=100)
            await consumer.commit({place: 0})
    finally:
        await kafka.drop_consumer(consumer)


async def refused(attempt: Coroutine[Any, Any, None]) -> bool:
    """Whether the broker, and nothing else, stood in the way."""
    try:
        await attempt
    except REFUSALS:
        return True
    return False


async def test_each_service_writes_its_own_topics_and_no_others(secured: str) -> None:
    for topic, owner in OWNERS.items():
        may = {user for user in SERVICES if not await refused(write(secured, user, topic))}
        assert may == {owner}, topic


async def test_each_service_reads_what_it_listens_to_and_nothing_else(secured: str) -> None:
    for topic, readers in READERS.items():
        may = {user for user in SERVICES if not await refused(read(secured, user, topic))}
        assert may == set(readers), topic


async def test_nobody_reads_in_anothers_group(secured: str) -> None:
    assert await refused(read(secured, "reporting", walks.INTERNAL, group="concerns"))
    assert await refused(read(secured, "partner", walks.SHARED, group="reporting"))


async def test_a_partner_reads_what_is_shared_and_nothing_internal(secured: str) -> None:
    for topic in OWNERS:
        internal = tier_of(topic) == "internal"
        assert await refused(read(secured, "partner", topic, group="partner.one")) == internal
        assert await refused(write(secured, "partner", topic))


def topics_seen(bootstrap: str, user: str) -> set[str]:
    """The topics that a client which is not ours is told of."""
    client = OtherClient({**librdkafka(bootstrap, user), "group.id": f"{user}.seen"})
    try:
        return set(client.list_topics(timeout=20).topics)
    finally:
        client.close()


async def test_what_one_may_not_read_one_does_not_even_see(secured: str) -> None:
    seen = await asyncio.to_thread(topics_seen, secured, "partner")
    assert seen == {walks.SHARED, "shared.concerns.v1"}


@pytest.mark.parametrize("user", [*SERVICES, "partner"])
async def test_only_the_operator_makes_topics(secured: str, user: str) -> None:
    async def make(name: str, who: str) -> int:
        async with kafka.open_admin(settings_of(secured, who)) as admin:
            answer: Any = await admin.create_topics([NewTopic(name, 1, 1)])
            return answer.topic_errors[0][1]

    name = f"tried.{new_id().hex}.v1"
    assert await make(name, user) == TopicAuthorizationFailedError.errno
    assert await make(name, "operator") == 0
    async with kafka.open_admin(settings_of(secured, "operator")) as admin:
        await admin.delete_topics([name])


async def test_a_right_that_is_not_in_the_file_is_taken_away(secured: str) -> None:
    stranger = AclBinding(
        ResourceType.TOPIC,
        walks.INTERNAL,
        ResourcePatternType.LITERAL,
        "User:stranger",
        "*",
        AclOperation.READ,
        AclPermissionType.ALLOW,
    )
    admin = AdminClient(librdkafka(secured))
    for done in admin.create_acls([stranger]).values():
        await asyncio.to_thread(done.result, 20)
    said = await apply_access(secured)
    assert f"stranger: read topic {walks.INTERNAL}: taken" in said
    said = await apply_access(secured)
    assert {line.partition(": ")[2] for line in said} == {"password set"}


async def test_who_has_no_password_is_nobody(secured: str) -> None:
    stranger = settings_of(secured, "booking").model_copy(update={"kafka_username": "stranger"})
    with pytest.raises(OSError):
        await kafka.cluster_id(stranger)


async def test_a_service_says_and_hears_by_its_own_user_alone(
    shared_database: Database, secured_and_empty: str
) -> None:
    """Relay, cluster id, consumer, its lag and the offset that it notes in Kafka."""
    secured = secured_and_empty
    says = parts(shared_database, secured, **reach(secured, "booking"))
    hears = parts(shared_database, secured, **reach(secured, "reporting"))
    await path.make_ledger(shared_database)
    keys = [new_id() for _ in range(10)]
    async with relaying(says), consuming(hears, "reporting"):
        await path.say(shared_database, *keys, *keys)
        await until(lambda: path.number_of_effects(shared_database, 20), 40)
        await until(lambda: path.sample(hears, "consumer_lag_events") == 0, 20)
        await until(lambda: noted(secured, "reporting"), 20)
    found = await path.effects(shared_database)
    assert {key: found[str(key)] for key in keys} == {key: [1, 2] for key in keys}


async def noted(bootstrap: str, group: str) -> bool:
    """Whether the group's offsets in Kafka are those of a reader that has read it all."""
    async with kafka.open_admin(as_operator(bootstrap)) as admin:
        places = await admin.list_consumer_group_offsets(group)
    return sum(max(0, each.offset) for each in places.values()) >= len(
        await otherclient.on_topic(bootstrap, walks.INTERNAL)
    )


async def test_a_service_that_owns_no_topic_does_not_ask_for_a_producer(
    reporting_database: Database, secured: str
) -> None:
    """Kafka would refuse it one, again and again: its user may write nothing."""
    mine = parts_for("reporting", reporting_database, **reach(secured, "reporting"))
    async with working(import_module("reporting.app").SERVICE, mine):
        await until(lambda: path.rows(reporting_database, "select 1 from partition_progress"), 30)
    assert "relay." not in mine.lines.getvalue()
