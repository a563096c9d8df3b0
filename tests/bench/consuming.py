"""The projection consumer with inbox and offset fence, against FastStream's batches and raw records."""

import asyncio
import time

import asyncpg

from tests.bench import events
from tests.bench.ground import Ground
from tests.bench.measuring import Round, Row, in_turn, ratios
from tests.kafka import renew_topics

NUMBER = 60_000
SECONDS = 90


async def measure(ground: Ground) -> list[Row]:
    """Two rows."""
    await renew_topics(ground.bootstrap)
    await events.put_on_topic(ground.bootstrap, NUMBER, "consumer")
    found = await in_turn(
        {
            "ours": Counting(ground, "tests.bench.our_consumer"),
            "faststream": Counting(ground, "tests.bench.yardsticks.faststream_counter"),
            "raw": _Raw(ground),
        },
        title="consumer",
    )
    work = "projection consumer with inbox and offset fence"
    return [
        Row(
            "consumer",
            work,
            "FastStream batch subscriber, same SQL",
            "x",
            ratios(found, "ours", "faststream", "per_second"),
            must=1.5,
            aim=2.5,
            rounds=found,
        ),
        Row(
            "consumer-raw",
            work,
            "raw aiokafka getmany",
            "x",
            ratios(found, "ours", "raw", "per_second"),
            must=0.12,
            aim=0.18,
            rounds=found,
        ),
    ]


class Counting:
    """One contestant that counts all events into figures; watched from outside, by the figures."""

    def __init__(self, ground: Ground, module: str, *, members: int = 1) -> None:
        self._ground, self._module, self._members, self._runs = ground, module, members, 0

    async def __call__(self) -> Round:
        self._runs += 1
        group = f"{self._module} {self._members} {self._runs}"
        async with self._ground.database("reporting") as url:
            words = (self._module, url, self._ground.bootstrap, group)
            with self._ground.process(*words):
                return await watched(url, NUMBER)


async def watched(url: str, number: int) -> Round:
    """Events a second from the first commit that shows figures to the one that shows them all."""
    connection = await asyncpg.connect(url)
    try:
        before, began = 0, 0.0
        deadline = time.perf_counter() + SECONDS
        while True:
            counted = await connection.fetchval("select coalesce(sum(count), 0)::int from figure")
            at = time.perf_counter()
            if counted and not before:
                before, began = counted, at
            if counted >= number:
                return {"per_second": (counted - before) / (at - began)}
            if at > deadline:
                raise TimeoutError(f"{counted} of {number} after {SECONDS} s")
            await asyncio.sleep(0.01)
    finally:
        await connection.close()


class _Raw:
    """Reads the same records and drops them."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def __call__(self) -> Round:
        words = (self._ground.bootstrap, str(NUMBER))
        return await self._ground.run("tests.bench.yardsticks.raw_getmany", *words)
