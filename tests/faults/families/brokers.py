"""Kafka's nodes die, one or all of them, and come back."""

import asyncio
import random
import time

from tests.faults.checker.promised import CONCERNS, WALKS
from tests.faults.families.death import READERS
from tests.faults.families.family import Family
from tests.faults.ground import Ground
from tests.faults.measuring import Outage, ends, publishing_again, taken_over


async def broker_killed(ground: Ground, chance: random.Random) -> None:
    """Kill -9 a node, and start it again a while later."""
    node = chance.choice(ground.cluster.nodes)
    await node.kill()
    await asyncio.sleep(chance.uniform(1, 8))
    await ground.cluster.start()


async def leader_killed(ground: Ground, chance: random.Random) -> None:
    """Kill -9 the node that takes a partition's writes; the others go on."""
    topic = chance.choice((WALKS, CONCERNS))
    node = await ground.cluster.leader(topic, chance.randrange(12))
    led = await ground.cluster.led_by(node, topic)
    before = {
        place: end for place, end in (await ends(ground.cluster, topic)).items() if place[1] in led
    }
    since = time.monotonic()
    await node.kill()
    await publishing_again(ground, "leader killed", since, before)
    await asyncio.sleep(chance.uniform(1, 8))
    await ground.cluster.start()


async def coordinator_killed(ground: Ground, chance: random.Random) -> None:
    """Kill -9 the node that keeps a consumer group."""
    service = chance.choice(READERS)
    node = await ground.cluster.coordinator(service)
    since = time.monotonic()
    await node.kill()
    await taken_over(ground, "coordinator killed", service, since)
    await asyncio.sleep(chance.uniform(1, 8))
    await ground.cluster.start()


async def all_down(ground: Ground, chance: random.Random) -> None:
    """Every node is killed and stays away; people go on booking."""
    await outage(ground, chance.uniform(10, 20) if len(ground.cluster.nodes) == 1 else 60)


async def outage(ground: Ground, seconds: float) -> tuple[float, float]:
    """All of Kafka away for so long: inflow meanwhile, and rate of draining after it, a second."""
    measured = Outage(ground, "concerns")
    await ground.cluster.kill()
    await measured.begin()
    await asyncio.sleep(seconds)
    await ground.cluster.start()
    inflow, drained = await measured.over()
    ground.rates.append((inflow, drained))
    return inflow, drained


FAMILIES = (
    Family("broker killed", broker_killed),
    Family("partition leader killed", leader_killed, nodes=3),
    Family("group coordinator killed", coordinator_killed, nodes=3),
    Family("all brokers down", all_down),
)
