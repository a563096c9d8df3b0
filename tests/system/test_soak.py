"""Minutes of faults while people go on booking: in the end every service tells the same story.

SOAK_MINUTES says how long (5 unless said). A request that a kill cut short may have happened or not, so
what counts is what booking and concerns themselves hold when it is over.
"""

import asyncio
import os
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

import httpx
import pytest

from shared.events import concerns, walks
from tests.factories import SERVICES
from tests.infra import until
from tests.shared.otherclient import first_occurrences
from tests.system.acts import People
from tests.system.installation import Installation

SECONDS = float(os.environ.get("SOAK_MINUTES", "5")) * 60
PATIENCE = 240
BETWEEN_WALKS = 1.0
DOWN_SECONDS = (0.0, 15.0)

Fault = Callable[[], Awaitable[None]]


@dataclass
class Answered:
    """What was answered with yes: that must never be lost."""

    started: set[str] = field(default_factory=set[str])
    captured: set[str] = field(default_factory=set[str])


async def go_on(people: People, answered: Answered, deadline: float) -> None:
    """Book, start, capture, whatever stands or falls; a refused connection is tried again later."""
    while time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            walk_id = await people.walk_one()
            answered.started.add(walk_id)
            answered.captured.add((await people.capture(walk_id))["id"])
        await asyncio.sleep(BETWEEN_WALKS)


def faults(installation: Installation, chance: random.Random) -> list[Fault]:
    """What can happen: a service or Kafka is killed, or stopped, and comes back a while later."""

    async def service_killed() -> None:
        name = chance.choice(SERVICES)
        await installation.kill(name)
        await asyncio.sleep(chance.uniform(*DOWN_SECONDS))
        await installation.start(name)

    async def kafka_killed() -> None:
        await installation.node.kill()
        await asyncio.sleep(chance.uniform(*DOWN_SECONDS))
        await installation.node.start()

    async def kafka_stopped() -> None:
        await installation.node.stop()
        await asyncio.sleep(chance.uniform(*DOWN_SECONDS))
        await installation.node.start()

    return [service_killed, kafka_killed, kafka_stopped]


async def listed(people: People, path: str, role: str) -> list[str]:
    """The ids on every page of a list."""
    found: list[str] = []
    cursor = ""
    while True:
        page = await people.do("GET", f"{path}limit=200{cursor}", 200, role=role)
        found += [each["id"] for each in page["items"]]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


@pytest.mark.soak
async def test_after_minutes_of_faults_every_service_tells_the_same_story(
    installation: Installation, people: People
) -> None:
    answered, chance = Answered(), random.Random(27)
    deadline = time.monotonic() + SECONDS
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(go_on(people, answered, deadline))
        while time.monotonic() < deadline:
            await chance.choice(faults(installation, chance))()
    assert answered.started

    started = set(await listed(people, "/booking/v1/walks?state=started&", "coordinator"))
    captured = set(await listed(people, "/concerns/v1/concerns?", "officer"))
    assert answered.started <= started
    assert answered.captured <= captured
    await until(lambda: counted(people, "walks", len(started)), PATIENCE, every=0.5)
    await until(lambda: counted(people, "concerns", len(captured)), PATIENCE, every=0.5)
    await on_topic_in_order(installation, walks.INTERNAL, started)
    await on_topic_in_order(installation, concerns.INTERNAL, captured)


async def counted(people: People, measure: str, number: int) -> bool:
    """Whether reporting counts just so many."""
    return (await people.figures(measure))[()] == number


async def on_topic_in_order(installation: Installation, topic: str, keys: set[str]) -> None:
    """Every key's first occurrences are 1, 2, 3 ... on a topic, as another client reads it."""
    found = first_occurrences(await installation.records(topic))
    assert keys <= found.keys()
    for sequences in found.values():
        assert sequences == list(range(1, len(sequences) + 1))
