"""The Kafka clients do what their settings are for, on the Kafka at hand."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import NewTopic
from aiokafka.errors import (
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
    RequestTimedOutError,
)
from pydantic import ValidationError

from shared import kafka
from shared.clock import new_id
from shared.settings import KafkaSettings, ServiceSettings
from tests.factories import PLACES
from tests.infra import until
from tests.keyring import SUITE, as_operator, reach


def settings_for(bootstrap: str) -> ServiceSettings:
    """Settings that lead to a Kafka."""
    fields = ServiceSettings.model_fields
    given: dict[str, Any] = PLACES | reach(bootstrap, SUITE)
    return ServiceSettings(**{name: given[name] for name in fields if name in given})


@asynccontextmanager
async def a_topic(bootstrap: str, **config: str) -> AsyncGenerator[TopicPartition]:
    """A topic of one partition."""
    name = f"tried.{new_id().hex}.v1"
    async with kafka.open_admin(as_operator(bootstrap)) as admin:
        await admin.create_topics([NewTopic(name, 1, 1, topic_configs=config)])

        async def is_known() -> bool:
            return name in await admin.list_topics()

        # A member that asks sooner asks again only half a minute later.
        await until(is_known)
        yield TopicPartition(name, 0)
        await admin.delete_topics([name])


@asynccontextmanager
async def producing(bootstrap: str) -> AsyncGenerator[AIOKafkaProducer]:
    """A producer as the relay has it."""
    producer = kafka.make_producer(settings_for(bootstrap))
    await producer.start()
    try:
        yield producer
    finally:
        await kafka.drop_producer(producer)


@asynccontextmanager
async def reading(bootstrap: str, group: str, topic: str) -> AsyncGenerator[AIOKafkaConsumer]:
    """A member of a group as a service has it, with its partition assigned."""
    consumer = kafka.make_consumer(settings_for(bootstrap), group)
    await consumer.start()
    try:
        consumer.subscribe([topic])
        async with asyncio.timeout(20):
            while not consumer.assignment():
                await asyncio.sleep(0.05)
        yield consumer
    finally:
        await kafka.drop_consumer(consumer)


async def test_the_broker_numbers_the_producers_records(kafka_bootstrap: str) -> None:
    async with a_topic(kafka_bootstrap) as place, producing(kafka_bootstrap) as producer:
        for _ in range(3):
            await producer.send_and_wait(place.topic, b"x", partition=0)
        known = producer._txn_manager  # pyright: ignore[reportPrivateUsage]  # no public way to ask
        assert known is not None
        assert known.producer_id >= 0
        assert known.sequence_number(place) == 3


class Wire:
    """Between a producer and its broker: notes each batch on its way, and can lose the answer to one."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self.batches: list[Any] = []
        self.lose_an_answer = False
        client: Any = producer.client
        self._ask, client.send = client.send, self._send

    async def _send(self, node: int, request: Any, **how: Any) -> Any:
        answer = await self._ask(node, request, **how)
        if type(request).__name__.startswith("ProduceRequest"):
            self.batches.append(request)
            if self.lose_an_answer:
                self.lose_an_answer = False
                raise RequestTimedOutError
        return answer


async def test_a_batch_whose_answer_was_lost_is_written_once_and_in_its_place(
    kafka_bootstrap: str,
) -> None:
    async with a_topic(kafka_bootstrap) as place, producing(kafka_bootstrap) as producer:
        await producer.send_and_wait(place.topic, b"before", partition=0)
        wire = Wire(producer)
        wire.lose_an_answer = True
        late = await producer.send(place.topic, b"late", partition=0)
        after = await producer.send(place.topic, b"after", partition=0)
        await asyncio.wait_for(asyncio.gather(late, after), 20)
        assert len(wire.batches) > 1  # it was sent again
        async with reading(kafka_bootstrap, str(new_id()), place.topic) as consumer:
            consumer.seek(place, 0)
            end = (await consumer.end_offsets([place]))[place]
            values = [(await asyncio.wait_for(consumer.getone(), 10)).value for _ in range(end)]
    assert values == [b"before", b"late", b"after"]


async def test_every_batch_waits_for_all_copies(kafka_bootstrap: str) -> None:
    async with a_topic(kafka_bootstrap) as place, producing(kafka_bootstrap) as producer:
        wire = Wire(producer)
        await producer.send_and_wait(place.topic, b"x", partition=0)
    assert {_copies_of(batch) for batch in wire.batches} == {-1}  # Kafka's word for "all in sync"


def _copies_of(batch: Any) -> int:
    return batch._required_acks if hasattr(batch, "_required_acks") else batch.required_acks


async def test_what_was_read_is_not_committed_by_itself(kafka_bootstrap: str) -> None:
    group = str(new_id())
    async with a_topic(kafka_bootstrap) as place:
        async with producing(kafka_bootstrap) as producer:
            await producer.send_and_wait(place.topic, b"x", partition=0)
        async with reading(kafka_bootstrap, group, place.topic) as consumer:
            consumer.seek(place, 0)
            record = await asyncio.wait_for(consumer.getone(), 10)
            assert record.value == b"x"
        async with reading(kafka_bootstrap, group, place.topic) as consumer:
            assert await consumer.committed(place) is None


async def test_a_reader_without_a_place_is_told_so_and_does_not_guess(
    kafka_bootstrap: str,
) -> None:
    async with (
        a_topic(kafka_bootstrap) as place,
        reading(kafka_bootstrap, str(new_id()), place.topic) as consumer,
    ):
        assert await _told_by(consumer) is NoOffsetForPartitionError
        consumer.seek(place, 1_000)
        assert await _told_by(consumer) is OffsetOutOfRangeError


async def _told_by(consumer: AIOKafkaConsumer) -> type[Exception] | None:
    """What the broker's client raises for a place that there is not, TimeoutError when it waits, None when it reads."""
    try:
        await asyncio.wait_for(consumer.getone(), 10)
    except (NoOffsetForPartitionError, OffsetOutOfRangeError, TimeoutError) as error:
        return type(error)
    return None


@pytest.mark.parametrize("missing", ["kafka_username", "kafka_password_file"])
def test_sasl_without_a_name_or_a_password_is_refused_at_the_start(missing: str) -> None:
    given: dict[str, Any] = {
        "kafka_username": "booking",
        "kafka_password_file": "/run/secrets/booking",
    }
    del given[missing]
    with pytest.raises(ValidationError, match="SASL needs"):
        KafkaSettings(
            kafka_bootstrap_servers="127.0.0.1:1", kafka_security_protocol="SASL_SSL", **given
        )
