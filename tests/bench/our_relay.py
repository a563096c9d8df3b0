"""Our relay in a process of its own: what is queued while it leads, sent and let go.

Run as ``python -m tests.bench.our_relay DATABASE_URL BOOTSTRAP NUMBER RUN``; prints events a second, from
the commit that queued them all to the outbox that holds none. Without a RUN the NUMBER of events is there
already, and counted from the first that is let go.
"""

import asyncio
import gc
import json
import sys
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from booking.app import SERVICE
from booking.settings import Settings
from shared import outbox
from shared.events import Outgoing
from shared.postgres import Database
from shared.relay import Relay
from shared.run import open_parts
from shared.service import Parts
from tests.bench.events import TOPIC, WARM, outgoing
from tests.factories import PLACES
from tests.infra import until

AT_ONCE = 500


@asynccontextmanager
async def leading(url: str, bootstrap: str) -> AsyncGenerator[Parts[Settings]]:
    """A relay at work while the block lasts."""
    told: dict[str, Any] = PLACES | {"database_url": url, "kafka_bootstrap_servers": bootstrap}
    async with open_parts(SERVICE, Settings(**told)) as parts:
        relaying = asyncio.create_task(Relay(parts, "booking").run())
        yield parts
        relaying.cancel()
        await asyncio.gather(relaying, return_exceptions=True)


async def main(url: str, bootstrap: str, number: int, run: str) -> dict[str, float]:
    async with leading(url, bootstrap) as parts:
        await queue(parts.database, list(outgoing(WARM, f"warm {run}")))
        await until(lambda: is_empty(parts.database), 30)
        events = list(outgoing(number, run))
        gc.collect()
        gc.freeze()  # as every service does when it has started
        await queue(parts.database, events)
        began = time.perf_counter()
        await until(lambda: is_empty(parts.database), 60, every=0.005)
        return {"per_second": number / (time.perf_counter() - began)}


async def drain(url: str, bootstrap: str, number: int) -> dict[str, float]:
    """Let a relay send what had to wait."""
    async with leading(url, bootstrap) as parts:

        def sent() -> float:
            registry = parts.metrics.registry
            return registry.get_sample_value("relay_sent_total", {"topic": TOPIC}) or 0

        await until(sent, 60, every=0.001)
        began, before = time.perf_counter(), sent()
        await until(lambda: is_empty(parts.database), 300, every=0.02)
        return {"per_second": (number - before) / (time.perf_counter() - began)}


async def queue(database: Database, events: Sequence[Outgoing]) -> None:
    """Have the events in the outbox, all with one commit."""
    async with database.transaction() as connection:
        for nth in range(0, len(events), AT_ONCE):
            await outbox.append(connection, *events[nth : nth + AT_ONCE])


async def is_empty(database: Database) -> bool:
    """Whether nothing waits any more."""
    async with database.reading() as connection:
        return not await connection.fetchval("select exists (select from outbox)")


if __name__ == "__main__":
    url, bootstrap, number, *run = sys.argv[1:]
    work = main(url, bootstrap, int(number), run[0]) if run else drain(url, bootstrap, int(number))
    print(json.dumps(asyncio.run(work)))
