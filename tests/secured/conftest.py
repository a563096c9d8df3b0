"""A Kafka that asks who comes: TLS, SCRAM, topics and rights as deploy/kafka has them."""

from collections.abc import AsyncGenerator

import pytest

from tests.kafka_node import KafkaNode
from tests.kafka_topics import renew_topics


@pytest.fixture(scope="package")
async def secured_node() -> AsyncGenerator[KafkaNode]:
    """One secured node for all the tests that leave it as it is, or put it back."""
    async with KafkaNode.running(secured=True) as node:
        yield node


@pytest.fixture
def secured(secured_node: KafkaNode) -> str:
    """Its address."""
    return secured_node.bootstrap


@pytest.fixture
async def secured_and_empty(secured: str) -> str:
    """Its address, with all our topics made anew."""
    await renew_topics(secured)
    return secured
