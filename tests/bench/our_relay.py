"""Our relay in a process of its own: what is queued while it leads, sent and let go.

Run as ``python -m tests.bench.our_relay DATABASE_URL BOOTSTRAP NUMBER RUN``; prints events a second, from
the commit that queued them all to the outbox that holds none.
"""

import asyncio
import gc
import json
import sys
import time
from collections.abc import Sequence

from booking.app import SERVICE
from booking.settings import Settings
from shared import outbox
from shared.events import Outgoing
from shared.postgres import Database
from shared.relay import Relay
from shared.run import open_parts
from tests.bench.events import WARM, outgoing
from tests.factories import PLACES
from tests.infra import until

AT_ONCE = 500


async def main(url: str, bootstrap: str, number: int, run: str) -> dict[str, float]:
    told = {"database_url": url, "kafka_bootstrap_servers": bootstrap}
    async with open_parts(SERVICE, Settings(**(PLACES | told))) as parts:
        relaying = asyncio.create_task(Relay(parts, "booking").run())
        await queue(parts.database, list(outgoing(WARM, f"warm {run}")))
        await until(lambda: is_empty(parts.database), 30)
        events = list(outgoing(number, run))
        gc.collect()
        gc.freeze()  # as every service does when it has started
        await queue(parts.database, events)
        began = time.perf_counter()
        await until(lambda: is_empty(parts.database), 60, every=0.005)
        seconds = time.perf_counter() - began
        relaying.cancel()
        await asyncio.gather(relaying, return_exceptions=True)
    return {"per_second": number / seconds}


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
    words = (sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
    print(json.dumps(asyncio.run(main(*words))))
