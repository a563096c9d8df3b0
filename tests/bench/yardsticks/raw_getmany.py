"""Raw aiokafka: ``getmany()`` and nothing done with what came.

Run as ``python -m tests.bench.yardsticks.raw_getmany BOOTSTRAP NUMBER``; prints events a second, from the
first records to the last.
"""

import asyncio
import json
import sys
import time
from uuid import uuid4

from aiokafka import AIOKafkaConsumer

from tests.bench.events import TOPIC


async def main(bootstrap: str, number: int) -> dict[str, float]:
    consumer = AIOKafkaConsumer(
        TOPIC,
        bootstrap_servers=bootstrap,
        group_id=str(uuid4()),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    began, first, had = 0.0, 0, 0
    while had < number:
        found = await consumer.getmany(timeout_ms=1000, max_records=500)
        had += sum(map(len, found.values()))
        if had and not began:
            began, first = time.perf_counter(), had
    seconds = time.perf_counter() - began
    await consumer.stop()
    return {"per_second": (had - first) / seconds}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(sys.argv[1], int(sys.argv[2])))))
