"""Raw aiokafka: ``send()`` with acks=all and idempotence, nothing kept, nothing asked.

Run as ``python -m tests.bench.yardsticks.raw_send BOOTSTRAP NUMBER RUN``; prints events a second.
"""

import asyncio
import json
import sys
import time
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer

from shared.codec import Record
from tests.bench.events import TOPIC, WARM, records


async def main(bootstrap: str, number: int, run: str) -> dict[str, float]:
    ready = records(number, run)
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    await send(producer, records(WARM, f"warm {run}"))
    began = time.perf_counter()
    await send(producer, ready)
    seconds = time.perf_counter() - began
    await producer.stop()
    return {"per_second": number / seconds}


async def send(producer: AIOKafkaProducer, ready: Sequence[Record]) -> None:
    waiting = [
        await producer.send(TOPIC, each.value, key=each.key, headers=list(each.headers))
        for each in ready
    ]
    await asyncio.gather(*waiting)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))))
