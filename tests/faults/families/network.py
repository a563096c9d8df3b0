"""The network between a service and Kafka, or between a service and PostgreSQL: slow, torn, silent one way.

Invariant: only one worker stands behind the weather; it is put there and taken back by a restart.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence

from tests.factories import SERVICES
from tests.faults.families.family import Family, Happen
from tests.faults.ground import Ground
from tests.faults.proxy import Proxy
from tests.infra import until

Weather = Callable[[Sequence[Proxy], random.Random], Awaitable[None]]
UP_SECONDS = 120


async def slow(proxies: Sequence[Proxy], chance: random.Random) -> None:
    """Each chunk takes its time, each way."""
    for proxy in proxies:
        proxy.latency = chance.uniform(0.1, 2)
    await asyncio.sleep(chance.uniform(8, 15))


async def torn(proxies: Sequence[Proxy], chance: random.Random) -> None:
    """Connections are reset, again and again; in between new ones are refused."""
    for _ in range(chance.randint(3, 8)):
        for proxy in proxies:
            proxy.refuses = chance.random() < 0.3
            proxy.reset()
        await asyncio.sleep(chance.uniform(0.3, 2))


async def silent_there(proxies: Sequence[Proxy], chance: random.Random) -> None:
    """What the service says does not arrive, and nobody tells it."""
    for proxy in proxies:
        proxy.swallow("there")
    await asyncio.sleep(chance.uniform(8, 20))


async def silent_back(proxies: Sequence[Proxy], chance: random.Random) -> None:
    """What the service says does arrive; it never hears of it."""
    for proxy in proxies:
        proxy.swallow("back")
    await asyncio.sleep(chance.uniform(8, 20))


def between(side: str, weather: Weather) -> Happen:
    """Weather between one worker of a service and Kafka, or PostgreSQL; it alone works for its service."""

    async def happen(ground: Ground, chance: random.Random) -> None:
        service = chance.choice(SERVICES)
        worker, twin = ground.workers(service)
        if side == "Kafka":
            proxies, changes = ground.proxies, ground.through_kafkas_proxies(service)
        else:
            proxies, changes = [ground.of_postgres], ground.through_postgres_proxy(service)
        async with ground.supervisor.down(twin):
            await ground.supervisor.restart(worker, changes=changes)
            await until(lambda: ground.installation.answers(service), UP_SECONDS, every=0.2)
            try:
                await asyncio.sleep(2)
                await weather(proxies, chance)
            finally:
                for proxy in proxies:
                    proxy.calm()
            await asyncio.sleep(chance.uniform(1, 5))
        await ground.supervisor.restart(worker)

    return happen


FAMILIES = tuple(
    Family(f"network to {side}: {weather.__name__.replace('_', ', ')}", between(side, weather))
    for side in ("Kafka", "PostgreSQL")
    for weather in (slow, torn, silent_there, silent_back)
)
