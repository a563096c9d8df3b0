"""Our consumer with reporting's own handlers, in a process of its own, until it is ended.

Run as ``python -m tests.bench.our_consumer DATABASE_URL BOOTSTRAP GROUP``.
"""

import asyncio
import gc
import sys
from typing import Any

from reporting import worker
from reporting.app import SERVICE
from reporting.settings import Settings
from shared.consumer import Consumer
from shared.consumer.drainer import drain_forever
from shared.run import open_parts
from tests.factories import PLACES


async def main(url: str, bootstrap: str, group: str) -> None:
    told: dict[str, Any] = PLACES | {
        "database_url": url,
        "kafka_bootstrap_servers": bootstrap,
        "park_limit": 1000,
    }
    async with open_parts(SERVICE, Settings(**told)) as parts:
        work = worker.work()
        gc.collect()
        gc.freeze()  # as every service does when it has started
        await asyncio.gather(Consumer(parts, group, work).run(), drain_forever(parts, group, work))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
