"""One truth about topics: topics.yaml, the registry and the owners say the same."""

from importlib import import_module

import pytest

from shared import topics
from shared.events import FACTS, OWNERS, READERS, REGISTRY, tier_of
from shared.postgres import open_database
from tests.conftest import FreshDatabase
from tests.factories import SERVICES, parts_for
from tests.kafka_topics import TOPICS

DAY_MS = 24 * 60 * 60 * 1000
RETENTION_DAYS = {"internal": 30, "shared": 365}


def test_the_manifest_names_every_topic_and_its_owner() -> None:
    assert topics.owners(TOPICS) == dict(OWNERS)


def test_every_topic_carries_facts_and_every_fact_has_a_topic() -> None:
    assert {topic for topic, _ in REGISTRY} == set(OWNERS)
    assert len(REGISTRY) == len(FACTS)


def test_an_internal_topic_is_named_after_its_owner() -> None:
    internal = {topic: owner for topic, owner in OWNERS.items() if tier_of(topic) == "internal"}
    assert {topic.split(".")[1] for topic in internal} == set(internal.values())


def test_every_topic_is_kept_and_cut_up_as_its_tier_asks() -> None:
    for topic in topics.read(TOPICS):
        assert topic.partitions == 12
        assert topic.replicas == 3
        assert topic.config["cleanup.policy"] == "delete"
        assert topic.config["min.insync.replicas"] == "2"
        assert topic.config["message.timestamp.type"] == "CreateTime"
        kept = int(topic.config["retention.ms"]) / DAY_MS
        assert kept == RETENTION_DAYS[tier_of(topic.name)]


@pytest.mark.parametrize("service", SERVICES)
async def test_the_registry_names_who_listens(service: str, fresh_database: FreshDatabase) -> None:
    found = import_module(f"{service}.app").SERVICE
    async with (
        open_database(await fresh_database(service)) as database,
        found.create_worker(parts_for(service, database)) as work,
    ):
        listens = set(work.listens)
    assert listens == {topic for topic, readers in READERS.items() if service in readers}
