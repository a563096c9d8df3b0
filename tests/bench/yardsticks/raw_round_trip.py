"""Raw aiokafka: a record is produced, acknowledged by all, and consumed again; nothing else happens.

Run as ``python -m tests.bench.yardsticks.raw_round_trip BOOTSTRAP NUMBER SECONDS``; prints milliseconds.
"""

import asyncio
import json
import sys
import time
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from tests.bench.events import TOPIC, records


async def main(bootstrap: str, number: int, every: float) -> list[float]:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    consumer = AIOKafkaConsumer(
        TOPIC,
        bootstrap_servers=bootstrap,
        group_id=str(uuid4()),
        enable_auto_commit=False,
        auto_offset_reset="latest",
        fetch_max_wait_ms=20,
    )
    await producer.start()
    await consumer.start()
    await consumer.seek_to_end()
    for each in consumer.assignment():
        await consumer.position(each)
    took: list[float] = []
    for each in records(number - number % 4 + 4, str(uuid4())):
        began = time.perf_counter()
        await producer.send(TOPIC, each.value, key=each.key, headers=list(each.headers))
        while (await consumer.getone()).key != each.key:
            pass
        took.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(max(0.0, every - took[-1] / 1000))
    await producer.stop()
    await consumer.stop()
    return took[4:]


if __name__ == "__main__":
    words = (sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
    print(json.dumps(asyncio.run(main(*words))))
