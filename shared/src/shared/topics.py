"""``python -m <service> topics apply``: a service's topics as topics.yaml wants them.

``python -m shared.topics BOOTSTRAP FILE`` makes everybody's: on a developer's Kafka that is just starting,
and by an operator where the services may not (``KAFKA_USERNAME`` and its fellows say as whom).

Invariant: it looks at everything before it changes anything. It creates what is missing and changes
settings such as retention; partitions, copies and the cleanup policy of a topic that exists it never
touches, because keys would move, or records vanish: it says so and does nothing at all.
"""

import asyncio
import logging
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaConnectionError, for_code

from shared.kafka import open_admin
from shared.settings import KafkaSettings

MANIFEST = Path("deploy/kafka/topics.yaml")

# How long brokers may take to hear of a new topic from their controller.
VISIBLE_SECONDS = 30

FIXED_SETTINGS = frozenset({"cleanup.policy"})

# Kafka's codes: https://kafka.apache.org/protocol#protocol_error_codes
_NO_ERROR, _ALREADY_EXISTS = 0, 36
# Where a setting of a topic comes from: 1 is the topic itself, the others are defaults.
_OF_THE_TOPIC = 1


class TopicsRefused(Exception):
    """Topics are not as topics.yaml has them, in ways that must not be changed in place."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it should be, or as it is; ``config`` holds its settings without mere defaults."""

    name: str
    partitions: int
    replicas: int
    config: Mapping[str, str]


async def differences(settings: KafkaSettings, path: Path, owner: str) -> list[str]:
    """In what the owner's topics are not as ``path`` says, a line each; changes nothing."""
    async with open_admin(settings) as admin:
        nodes = len((await admin.describe_cluster())["brokers"])
        wanted = [_fit(topic, nodes) for topic in read(path, owner)]
        existing = await find_topics(admin, [topic.name for topic in wanted])
    found = [each for topic in wanted for each in obstacles(topic, existing, nodes)]
    for topic in wanted:
        if topic.name not in existing:
            found.append(f"{topic.name}: missing")
            continue
        changes = _changes(topic, existing[topic.name])
        found += [
            f"{topic.name}: {key} is {existing[topic.name].config.get(key)}, topics.yaml says {value}"
            for key, value in changes.items()
            if key not in FIXED_SETTINGS
        ]
    return found


async def apply(settings: KafkaSettings, path: Path, owner: str) -> list[str]:
    """Make the owner's topics as ``path`` says; answers what was changed, a line each, none when all was so.

    A cluster of one node gets one copy of everything: it is a developer's. Raises TopicsRefused.
    """
    async with open_admin(settings) as admin:
        nodes = len((await admin.describe_cluster())["brokers"])
        wanted = [_fit(topic, nodes) for topic in read(path, owner)]
        existing = await find_topics(admin, [topic.name for topic in wanted])
        if faults := [each for topic in wanted for each in obstacles(topic, existing, nodes)]:
            raise TopicsRefused("\n".join(faults))
        missing = [topic for topic in wanted if topic.name not in existing]
        await _create(admin, missing)
        changes = {
            topic.name: changed
            for topic in wanted
            if topic.name in existing and (changed := _changes(topic, existing[topic.name]))
        }
        for name, changed in changes.items():
            await _set(admin, name, {**existing[name].config, **changed})
    return [f"{topic.name}: created, {topic.partitions} partitions" for topic in missing] + [
        f"{name}: {key} = {value}"
        for name, changed in changes.items()
        for key, value in changed.items()
    ]


def read(path: Path, owner: str | None = None) -> list[Topic]:
    """The topics in a topics.yaml, of one owner or of all."""
    listed = yaml.safe_load(path.read_text())["topics"]
    return [
        Topic(name, entry["partitions"], entry["replicas"], _texts(entry["config"]))
        for name, entry in listed.items()
        if owner in (None, entry["owner"])
    ]


def owners(path: Path) -> dict[str, str]:
    """Who may write which topic, by topics.yaml."""
    listed = yaml.safe_load(path.read_text())["topics"]
    return {name: entry["owner"] for name, entry in listed.items()}


def _texts(config: Mapping[str, Any]) -> dict[str, str]:
    """Settings as Kafka spells them: ``true``, not ``True``."""
    return {
        key: str(value).lower() if isinstance(value, bool) else str(value)
        for key, value in config.items()
    }


def _fit(topic: Topic, nodes: int) -> Topic:
    if nodes > 1:
        return topic
    return replace(topic, replicas=1, config={**topic.config, "min.insync.replicas": "1"})


def obstacles(wanted: Topic, existing: Mapping[str, Topic], nodes: int) -> list[str]:
    """What stands in the way, in words that say what to do."""
    found = existing.get(wanted.name)
    if found is None:
        if wanted.replicas > nodes:
            return [f"{wanted.name}: wants {wanted.replicas} copies, the cluster has {nodes} nodes"]
        return []
    faults: list[str] = []
    if found.partitions != wanted.partitions:
        faults.append(
            f"{wanted.name}: has {found.partitions} partitions, topics.yaml says {wanted.partitions};"
            " keys would move: make a topic of the next major version"
        )
    if found.replicas != wanted.replicas:
        faults.append(
            f"{wanted.name}: has {found.replicas} copies, topics.yaml says {wanted.replicas};"
            " move them with kafka-reassign-partitions"
        )
    faults += [
        f"{wanted.name}: {key} is {found.config.get(key)}, topics.yaml says"
        f" {wanted.config[key]}; records would vanish: make a topic of the next major version"
        for key in sorted(FIXED_SETTINGS & set(_changes(wanted, found)))
    ]
    return faults


def _changes(wanted: Topic, found: Topic) -> dict[str, str]:
    return {key: value for key, value in wanted.config.items() if found.config.get(key) != value}


async def find_topics(admin: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, Topic]:
    """Those of the named topics that exist, as they are."""
    present = set(names) & set(await admin.list_topics())
    if not present:
        return {}
    configs = await _configs(admin, sorted(present))
    return {
        topic["topic"]: Topic(
            topic["topic"],
            len(topic["partitions"]),
            min((len(each["replicas"]) for each in topic["partitions"]), default=0),
            configs[topic["topic"]],
        )
        for topic in await admin.describe_topics(sorted(present))
    }


async def _configs(admin: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, dict[str, str]]:
    """What each topic sets itself, and what it may not change wherever that comes from."""
    asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    found: dict[str, dict[str, str]] = {}
    for answer in await admin.describe_configs(asked):
        for code, message, _, name, entries in _field(answer, "resources"):
            _raise_for(code, name, message)
            found[name] = {
                entry[0]: entry[1]
                for entry in entries
                if entry[3] == _OF_THE_TOPIC or entry[0] in FIXED_SETTINGS
            }
    return found


async def _create(admin: AIOKafkaAdminClient, topics: Sequence[Topic]) -> None:
    """Make them, and return when the broker that was asked knows them too."""
    if not topics:
        return
    new = [
        NewTopic(topic.name, topic.partitions, topic.replicas, topic_configs=dict(topic.config))
        for topic in topics
    ]
    answer = await admin.create_topics(new)
    for name, code, message in _field(answer, "topic_errors"):
        if code != _ALREADY_EXISTS:  # another replica of the service was quicker
            _raise_for(code, name, message)
    async with asyncio.timeout(VISIBLE_SECONDS):
        # Brokers ring no bell.
        while {topic.name for topic in topics} - set(await admin.list_topics()):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def _set(admin: AIOKafkaAdminClient, name: str, config: dict[str, str]) -> None:
    """Replace all of a topic's own settings: the request has no other form."""
    for answer in await admin.alter_configs(
        [ConfigResource(ConfigResourceType.TOPIC, name, config)]
    ):
        for code, message, _, subject in _field(answer, "resources"):
            _raise_for(code, subject, message)


def _field(answer: Any, name: str) -> list[tuple[Any, ...]]:
    """A list in an answer of Kafka's: aiokafka makes its fields at run time, out of a schema."""
    rows: list[tuple[Any, ...]] = getattr(answer, name)
    return rows


def _raise_for(code: int, name: str, message: str | None) -> None:
    if code != _NO_ERROR:
        raise for_code(code)(f"{name}: {message or for_code(code).__name__}")


async def _apply_all(settings: KafkaSettings, path: Path) -> None:
    """Everybody's topics, once the broker answers; waits a minute for it."""
    async with asyncio.timeout(60):
        for owner in sorted(set(owners(path).values())):
            while True:
                try:
                    lines = await apply(settings, path, owner)
                    break
                except KafkaConnectionError:
                    await asyncio.sleep(0.5)
            sys.stdout.writelines(f"{line}\n" for line in lines)


if __name__ == "__main__":
    logging.disable()  # that it does not answer yet is what we wait for
    asyncio.run(_apply_all(KafkaSettings(kafka_bootstrap_servers=sys.argv[1]), Path(sys.argv[2])))
