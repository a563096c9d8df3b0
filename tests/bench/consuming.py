"""The projection consumer with inbox and offset fence, against FastStream's batches and raw records."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack

import asyncpg
import psutil

from shared.clock import new_id
from tests.bench import events
from tests.bench.ground import Ground, spent
from tests.bench.measuring import Round, Row, in_turn, ratios
from tests.kafka_topics import renew_topics

NUMBER = 60_000
SECONDS = 90


async def measure(ground: Ground) -> list[Row]:
    """Two rows."""
    await lay_events(ground)
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


async def lay_events(ground: Ground) -> None:
    """Have the events on a topic that holds nothing else."""
    await renew_topics(ground.bootstrap)
    await events.put_on_topic(ground.bootstrap, NUMBER, "consumer")


class Counting:
    """One contestant that counts all events into figures; watched from outside, by the figures."""

    def __init__(
        self,
        ground: Ground,
        module: str,
        *,
        members: int = 1,
        number: int = NUMBER,
        afterwards: Callable[[str], Awaitable[Round]] | None = None,
    ) -> None:
        self._ground, self._module, self._members = ground, module, members
        self._number, self._afterwards = number, afterwards

    async def __call__(self) -> Round:
        group = str(new_id())
        async with self._ground.database("reporting") as url:
            words = (self._module, url, self._ground.bootstrap, group)
            with ExitStack() as stack:
                members = [
                    stack.enter_context(self._ground.process(*words)) for _ in range(self._members)
                ]
                found = await watched(url, self._number, [each.pid for each in members])
            if self._afterwards:
                found |= await self._afterwards(url)
            return found


async def watched(url: str, number: int, pids: Sequence[int]) -> Round:
    """Events a second from the first commit that shows figures to the one that shows them all.

    ``cpu_us`` is what the consumers' own processes spend on an event meanwhile.
    """
    connection = await asyncpg.connect(url)
    processes = [psutil.Process(pid) for pid in pids]

    try:
        before, began, had_spent = 0, 0.0, 0.0
        deadline = time.perf_counter() + SECONDS
        while True:
            counted = await connection.fetchval("select coalesce(sum(count), 0)::int from figure")
            at = time.perf_counter()
            if counted and not before:
                before, began, had_spent = counted, at, sum(map(spent, processes))
            if counted >= number:
                events_counted = max(1, counted - before)
                return {
                    "per_second": events_counted / max(at - began, 1e-6),
                    "cpu_us": (sum(map(spent, processes)) - had_spent) / events_counted * 1e6,
                }
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
