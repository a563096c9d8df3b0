"""Processes that stand still and do not die by it."""

import asyncio
import random
import time

from shared.watchdog import EXIT_STUCK
from tests.faults.families.death import READERS
from tests.faults.families.family import Family
from tests.faults.ground import Ground
from tests.infra import until

FOR_EVER = 3600
FOUND_SECONDS = 90
BEGUN_SECONDS = 90
BLOCKED_SECONDS = 15


async def loop_blocked(ground: Ground, chance: random.Random) -> None:
    """The event loop is held up for longer than a session lasts, and then goes on as if nothing had been."""
    service = chance.choice(READERS)
    process = ground.installation.processes[service, "worker"]
    point = chance.choice(("in_handler", "before_kafka_commit"))
    words = f"{point}:{chance.randint(1, 4)}:{BLOCKED_SECONDS}"
    await ground.supervisor.restart(process, "tests.faults.armed", words)
    await _stands_still(ground, process.log.stat().st_size, service)
    await asyncio.sleep(BLOCKED_SECONDS + chance.uniform(2, 6))
    await ground.supervisor.restart(process)


async def loop_blocked_for_good(ground: Ground, chance: random.Random) -> None:
    """It never goes on: the watchdog must find it, and the supervisor starts it again."""
    service = chance.choice(READERS)
    process = ground.installation.processes[service, "worker"]
    since = len(ground.supervisor.endings)
    words = f"before_kafka_commit:{chance.randint(1, 4)}:{FOR_EVER}"
    await ground.supervisor.restart(process, "tests.faults.armed", words)
    await _stands_still(ground, process.log.stat().st_size, service)
    began = time.monotonic()
    ending = await ground.supervisor.ended(process, since, FOUND_SECONDS)
    assert ending.code == EXIT_STUCK, ending
    ground.recoveries["stall -> found"].append(ending.at - began)


async def _stands_still(ground: Ground, size: int, service: str) -> None:
    """Return when an armed process has said that its loop stands still."""
    log = ground.installation.processes[service, "worker"].log

    def said() -> bool:
        with log.open("rb") as lines:
            lines.seek(size)
            return b"armed: stands still" in lines.read()

    await until(said, BEGUN_SECONDS, every=0.1)


FAMILIES = (
    Family("event loop blocked for 15 s", loop_blocked),
    Family("event loop blocked for good", loop_blocked_for_good),
)
