"""``topics apply`` on the Kafka at hand: makes, changes what may be changed, refuses the rest whole."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from aiokafka.admin import NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from shared import topics
from shared.clock import new_id
from shared.kafka import open_admin
from shared.topics import Topic, TopicsRefused
from tests.infra import until
from tests.keyring import as_operator

CONFIG = {"cleanup.policy": "delete", "retention.ms": 3_600_000, "min.insync.replicas": 2}


@pytest.fixture
def name() -> str:
    return f"tried.{new_id().hex}.v1"


def write(folder: Path, name: str, **changes: Any) -> Path:
    """A topics.yaml of two topics, ``name`` of booking and another of concerns."""
    topic = {"owner": "booking", "partitions": 3, "replicas": 3, "config": CONFIG} | changes
    neighbour = topic | {"owner": "concerns"}
    path = folder / "topics.yaml"
    path.write_text(yaml.safe_dump({"topics": {name: topic, f"{name}.neighbour": neighbour}}))
    return path


async def standing(bootstrap: str, name: str) -> Topic | None:
    """The topic as the broker has it."""
    async with open_admin(as_operator(bootstrap)) as admin:
        return (await topics.find_topics(admin, [name])).get(name)


async def make(bootstrap: str, name: str, **config: str) -> None:
    """A topic of three partitions, made by hand."""
    async with open_admin(as_operator(bootstrap)) as admin:
        await admin.create_topics([NewTopic(name, 3, 1, topic_configs=config)])
    await until(lambda: standing(bootstrap, name))


async def set_by_hand(bootstrap: str, name: str, config: dict[str, str]) -> None:
    async with open_admin(as_operator(bootstrap)) as admin:
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, config)])


async def test_a_service_makes_its_own_topics_and_nobody_elses(
    kafka_bootstrap: str, tmp_path: Path, name: str
) -> None:
    said = await topics.apply(as_operator(kafka_bootstrap), write(tmp_path, name), "booking")
    assert said == [f"{name}: created, 3 partitions"]
    made = await standing(kafka_bootstrap, name)
    assert made is not None
    assert made.partitions == 3
    assert made.config["retention.ms"] == "3600000"
    assert await standing(kafka_bootstrap, f"{name}.neighbour") is None


async def test_applying_again_changes_nothing(
    kafka_bootstrap: str, tmp_path: Path, name: str
) -> None:
    path = write(tmp_path, name)
    await topics.apply(as_operator(kafka_bootstrap), path, "booking")
    assert await topics.apply(as_operator(kafka_bootstrap), path, "booking") == []


async def test_another_retention_is_applied_and_an_operators_own_setting_stays(
    kafka_bootstrap: str, tmp_path: Path, name: str
) -> None:
    await topics.apply(as_operator(kafka_bootstrap), write(tmp_path, name), "booking")
    before = await standing(kafka_bootstrap, name)
    assert before is not None
    await set_by_hand(kafka_bootstrap, name, dict(before.config) | {"segment.ms": "1000000"})
    longer = write(tmp_path, name, config=CONFIG | {"retention.ms": 7_200_000})
    said = await topics.apply(as_operator(kafka_bootstrap), longer, "booking")
    assert said == [f"{name}: retention.ms = 7200000"]
    after = await standing(kafka_bootstrap, name)
    assert after is not None
    assert after.config == dict(before.config) | {
        "retention.ms": "7200000",
        "segment.ms": "1000000",
    }


async def test_another_number_of_partitions_is_refused_and_nothing_is_touched(
    kafka_bootstrap: str, tmp_path: Path, name: str
) -> None:
    await topics.apply(as_operator(kafka_bootstrap), write(tmp_path, name), "booking")
    before = await standing(kafka_bootstrap, name)
    wider = write(tmp_path, name, partitions=6, config=CONFIG | {"retention.ms": 7_200_000})
    with pytest.raises(
        TopicsRefused, match=r"has 3 partitions, topics\.yaml says 6; keys would move"
    ):
        await topics.apply(as_operator(kafka_bootstrap), wider, "booking")
    assert await standing(kafka_bootstrap, name) == before


async def test_another_cleanup_policy_is_refused(
    kafka_bootstrap: str, tmp_path: Path, name: str
) -> None:
    compacting = CONFIG | {"cleanup.policy": "compact"}
    await topics.apply(
        as_operator(kafka_bootstrap), write(tmp_path, name, config=compacting), "booking"
    )
    with pytest.raises(TopicsRefused, match=r"cleanup\.policy is compact.*records would vanish"):
        await topics.apply(as_operator(kafka_bootstrap), write(tmp_path, name), "booking")


async def test_a_topic_that_takes_its_policy_from_the_broker_is_held_to_it(
    kafka_bootstrap: str, tmp_path: Path, name: str
) -> None:
    await make(kafka_bootstrap, name)
    compacting = write(tmp_path, name, config=CONFIG | {"cleanup.policy": "compact"})
    with pytest.raises(TopicsRefused, match=r"cleanup\.policy is delete"):
        await topics.apply(as_operator(kafka_bootstrap), compacting, "booking")


def test_a_topic_with_fewer_copies_than_wanted_is_refused() -> None:
    wanted = Topic("t", 12, 3, {})
    found = topics.obstacles(wanted, {"t": Topic("t", 12, 1, {})}, nodes=3)
    assert found == [
        "t: has 1 copies, topics.yaml says 3; move them with kafka-reassign-partitions"
    ]


def test_a_topic_is_not_made_with_fewer_copies_because_nodes_are_missing() -> None:
    found = topics.obstacles(Topic("t", 12, 3, {}), {}, nodes=2)
    assert found == ["t: wants 3 copies, the cluster has 2 nodes"]
