"""The network between a service and Kafka falls silent one way, or tears: nothing is lost, doubled or reordered."""

import shutil
import tempfile
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from shared.clock import new_id
from shared.postgres import Database
from tests.faults.ground import behind_a_proxy
from tests.faults.proxy import Proxy
from tests.infra import until
from tests.kafka_node import KafkaNode, require_jars
from tests.kafka_topics import apply_topics
from tests.shared import eventpath as path, otherclient
from tests.shared.eventpath import consuming, parts, relaying

KEYS = 20


@pytest.fixture
async def proxied() -> AsyncGenerator[tuple[KafkaNode, Proxy]]:
    """A Kafka, and a proxy by which it can also be reached."""
    require_jars()
    folder = Path(tempfile.mkdtemp(prefix="walkandtalk-kafka-"))
    node = KafkaNode(folder)
    async with behind_a_proxy(node) as proxy:
        await node.wipe()
        await node.start()
        await apply_topics(node.bootstrap)
        yield node, proxy
        await node.kill()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("weather", ["silent there", "silent back", "torn"])
async def test_in_any_weather_each_effect_happens_once_and_in_order(
    shared_database: Database, proxied: tuple[KafkaNode, Proxy], weather: str
) -> None:
    node, proxy = proxied
    mine = parts(shared_database, f"127.0.0.1:{proxy.port}")
    await path.make_ledger(shared_database)
    keys = [new_id() for _ in range(KEYS)]
    async with relaying(mine), consuming(mine, f"test-{new_id()}"):
        await path.say(shared_database, *keys)
        await until(lambda: path.number_of_effects(shared_database, KEYS), 30)
        if weather != "torn":
            proxy.swallow("there" if weather == "silent there" else "back")
        await path.say(shared_database, *keys, *keys)
        if weather == "torn":
            assert proxy.reset()
        else:
            await until(lambda: began_again(mine), 40)
            proxy.calm()
        await until(lambda: path.number_of_effects(shared_database, 3 * KEYS), 60)
        await until(lambda: path.outbox_is_empty(shared_database), 30)
    told = otherclient.first_occurrences(await otherclient.on_topic(node.bootstrap))
    assert told == await path.effects(shared_database) == {str(key): [1, 2, 3] for key in keys}


def began_again(mine: path.KeptParts) -> bool:
    """Whether the relay has dropped its producer and begun again at the head."""
    return any(
        sample.value
        for metric in mine.metrics.relay_restarts.collect()
        for sample in metric.samples
        if sample.name.endswith("_total")
    )
