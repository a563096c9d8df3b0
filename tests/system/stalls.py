"""A service's process in which one part stops turning, once a file is there:

``python -m tests.system.stalls STALL FILE SERVICE ROLE``. The product is wrapped from here and knows nothing.
"""

import asyncio
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from shared import kafka, requests
from shared.clock import new_id
from shared.consumer import batch, drainer, loop
from shared.consumer.tender import Tender
from shared.relay import queue
from shared.relay.sending import Sending
from shared.run import main


async def for_ever(*_: Any) -> None:
    """A future that nobody will ever set."""
    await asyncio.get_running_loop().create_future()


async def die(*_: Any) -> None:
    """What a task sees that awaits something cancelled elsewhere: no ``except Exception`` catches it."""
    raise asyncio.CancelledError


async def block(*_: Any) -> None:
    """Hold the loop."""
    time.sleep(3600)


async def fetch_nothing(*_: Any) -> dict[Any, Any]:
    await asyncio.sleep(0.2)
    return {}


async def database_away(*_: Any) -> None:
    raise ConnectionError


async def end_fetcher(consumer: Any) -> None:
    consumer._fetcher._fetch_task.cancel()


async def end_coordinator(consumer: Any) -> None:
    consumer._coordinator._coordination_task.cancel()


async def end_sender(producer: Any) -> None:
    producer._sender.sender_task.cancel()


def instead(owner: Any, name: str, other: Callable[..., Any]) -> Callable[[Path], None]:
    """From the moment that the file is there, ``other`` is called."""

    def wrap(file: Path) -> None:
        original = getattr(owner, name)

        async def wrapped(*arguments: Any, **named: Any) -> Any:
            if file.exists():
                return await other(*arguments)
            return await original(*arguments, **named)

        setattr(owner, name, wrapped)

    return wrap


def before(owner: Any, name: str, act: Callable[..., Any]) -> Callable[[Path], None]:
    """The first call after the file is there does ``act`` first."""

    def wrap(file: Path) -> None:
        original, done = getattr(owner, name), list[str]()

        async def wrapped(self: Any, *arguments: Any, **named: Any) -> Any:
            if file.exists() and not done:
                done.append(name)
                await act(self)
            return await original(self, *arguments, **named)

        setattr(owner, name, wrapped)

    return wrap


STALLS = {
    "assigned, never fetched": instead(AIOKafkaConsumer, "getmany", fetch_nothing),
    "aiokafka's fetcher dead": before(AIOKafkaConsumer, "getmany", end_fetcher),
    "aiokafka's coordinator dead": before(AIOKafkaConsumer, "getmany", end_coordinator),
    "relay dead": instead(queue, "head", die),
    "drainer dead": instead(drainer, "drain_due", die),
    "tender dead": instead(Tender, "_look", die),
    "timer dead": instead(requests, "carry_out_next", die),
    "settling dead": instead(Sending, "_settle", die),
    "consumer waits for ever": instead(batch, "apply", for_ever),
    "relay waits for ever": instead(queue, "head", for_ever),
    "timer waits for ever": instead(requests, "carry_out_next", for_ever),
    "loop blocked": instead(requests, "carry_out_next", block),
    # What is no stall.
    "declared backoff": instead(batch, "apply", database_away),
    "aiokafka's sender dead": before(AIOKafkaProducer, "send_batch", end_sender),
    "none": lambda _: None,
}


def in_a_group_of_its_own() -> None:
    """Several such processes run side by side and must not share partitions."""
    make = kafka.make_consumer
    loop.kafka.make_consumer = lambda settings, group: make(settings, f"{group}-{new_id()}")


if __name__ == "__main__":
    stall, file, service, role = sys.argv[1:]
    sys.argv = [service, role]
    STALLS[stall](Path(file))
    in_a_group_of_its_own()
    main(import_module(f"{service}.app").SERVICE)
