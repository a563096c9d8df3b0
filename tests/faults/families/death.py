"""Processes that die or are told to end: at a named point, at any moment, one after the other."""

import asyncio
import random
import signal
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from tests.factories import SERVICES
from tests.faults.checker.promised import LISTENERS
from tests.faults.families.family import Family, Happen
from tests.faults.ground import Ground
from tests.faults.measuring import taken_over
from tests.faults.poison import TABLES, refusing_some, some_parked
from tests.infra import until
from tests.system.processes import Process

READERS = sorted({name for names in LISTENERS.values() for name in names})
# Longer than a process takes to be up, and to come to its point, on a machine that is busy.
REACHED_SECONDS = 90
UP_SECONDS = 120


def killed_at(point: str, service_of: tuple[str, ...], role: str = "worker") -> Happen:
    """Kill -9 by its own hand when it comes to a point for the n-th time; it is alone, so it does come."""

    async def happen(ground: Ground, chance: random.Random) -> None:
        service, passes = chance.choice(service_of), chance.randint(1, 6)
        armed = ground.installation.processes[service, role]
        if role == "api":
            await die_at(ground, armed, f"{point}:{passes}")
            return
        async with ground.supervisor.down(ground.twins[service]):
            await die_at(ground, armed, f"{point}:{passes}")

    return happen


async def killed_while_parking(ground: Ground, chance: random.Random) -> None:
    """A handler refuses some walks; the first that is parked is the end."""
    service = chance.choice(sorted(TABLES))
    async with (
        alone_and_armed(ground, service, "mid_park:1") as (process, since),
        refusing_some(ground, service),
    ):
        await fallen(ground, process, since)


async def killed_while_draining(ground: Ground, chance: random.Random) -> None:
    """A handler refuses some walks until one is parked, and then no more: the first that is drained is the end."""
    service = chance.choice(sorted(TABLES))
    async with alone_and_armed(ground, service, "mid_drain:1") as (process, since):
        async with refusing_some(ground, service):
            await until(lambda: some_parked(ground, service), REACHED_SECONDS, every=0.2)
        await fallen(ground, process, since)


@asynccontextmanager
async def alone_and_armed(
    ground: Ground, service: str, words: str
) -> AsyncGenerator[tuple[Process, int]]:
    """A service's only worker, armed and at work, and the number of endings before its own."""
    process = ground.installation.processes[service, "worker"]
    async with ground.supervisor.down(ground.twins[service]):
        since = await arm(ground, process, words)
        await until(lambda: ground.installation.answers(service), UP_SECONDS, every=0.2)
        yield process, since


async def die_at(ground: Ground, process: Process, words: str) -> None:
    """Start a process armed, and see it die there; the supervisor starts it again unarmed."""
    await fallen(ground, process, await arm(ground, process, words))


async def arm(ground: Ground, process: Process, words: str) -> int:
    """Start a process anew, armed; the number of endings before its own."""
    since = len(ground.supervisor.endings)
    await ground.supervisor.restart(process, "tests.faults.armed", words)
    return since


async def fallen(ground: Ground, process: Process, since: int) -> None:
    """Wait until an armed process has died by its own hand."""
    ending = await ground.supervisor.ended(process, since, REACHED_SECONDS)
    if ending.code != -signal.SIGKILL:
        ground.notes.append(f"{process.words} ended with {ending.code} before it came to its point")


async def worker_killed(ground: Ground, chance: random.Random) -> None:
    """Kill -9 one of a service's two workers; the other takes its partitions over."""
    service = chance.choice(READERS)
    since = time.monotonic()
    await chance.choice(ground.workers(service)).kill()
    await taken_over(ground, "consumer killed", service, since)


async def api_killed(ground: Ground, chance: random.Random) -> None:
    """Kill -9 an api, whatever it was answering."""
    await ground.installation.processes[chance.choice(SERVICES), "api"].kill()
    await asyncio.sleep(chance.uniform(1, 3))


async def everything_of_one_killed(ground: Ground, chance: random.Random) -> None:
    """Kill -9 all three processes of a service at once."""
    service = chance.choice(SERVICES)
    api = ground.installation.processes[service, "api"]
    await asyncio.gather(api.kill(), *(each.kill() for each in ground.workers(service)))
    await until(lambda: ground.installation.answers(service), UP_SECONDS, every=0.2)


async def zombie(ground: Ground, chance: random.Random) -> None:
    """SIGSTOP for longer than its session and its lease, then SIGCONT: somebody else is in its place."""
    service = chance.choice(SERVICES)
    process = chance.choice(ground.workers(service))
    process.pause()
    await asyncio.sleep(chance.uniform(14, 25))
    process.go_on()
    await asyncio.sleep(2)


async def rolling_restart(ground: Ground, chance: random.Random) -> None:
    """SIGTERM to each process of a service in turn, the next when the last is up again."""
    service = chance.choice(SERVICES)
    api = ground.installation.processes[service, "api"]
    for process in (api, *ground.workers(service)):
        took = await ground.supervisor.restart(process)
        ground.recoveries["SIGTERM -> ended"].append(took)
        await until(lambda: ground.installation.answers(service), UP_SECONDS, every=0.2)


async def rebalance_storm(ground: Ground, chance: random.Random) -> None:
    """A member of a group joins and leaves, again and again."""
    service = chance.choice(READERS)
    for _ in range(chance.randint(3, 5)):
        async with ground.supervisor.down(ground.twins[service]):
            await asyncio.sleep(chance.uniform(0.5, 3))
        await asyncio.sleep(chance.uniform(3, 6))


SAYING = ("booking", "concerns")
FAMILIES = (
    Family("killed before commit", killed_at("before_commit", SAYING, "api")),
    Family("killed after commit", killed_at("after_commit", SAYING, "api")),
    Family("killed after send, before ack", killed_at("after_send", SAYING)),
    Family("killed after ack, before delete", killed_at("after_ack", SAYING)),
    Family("killed in a handler", killed_at("in_handler", tuple(READERS))),
    Family(
        "killed after the database's commit, before Kafka's",
        killed_at("before_kafka_commit", tuple(READERS)),
    ),
    Family("killed while parking", killed_while_parking),
    Family("killed while draining", killed_while_draining),
    Family("worker killed", worker_killed),
    Family("api killed", api_killed),
    Family("all processes of a service killed", everything_of_one_killed),
    Family("zombie", zombie),
    Family("rolling restart", rolling_restart),
    Family("rebalance storm", rebalance_storm),
)
