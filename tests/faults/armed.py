"""``python -m tests.faults.armed POINT[:PASSES[:SECONDS]] booking worker``: a service that meets its fault at a named point.

Invariant: the product knows nothing of it. Its own functions are wrapped in this one process, before its
modules are imported; at the point's last pass the process kills itself with -9, or its loop stands still.
"""

import asyncio
import os
import runpy
import signal
import sys
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.produce import ProduceRequest

from shared import outbox, postgres
from shared.consumer import batch, parking
from shared.relay import queue

Blow = Callable[[], None]


class Death:
    """Falls at the last of so many passes."""

    def __init__(self, passes: int, blow: Blow) -> None:
        self._left = passes
        self._blow = blow

    def __call__(self) -> None:
        """Pass once."""
        self._left -= 1
        if self._left == 0:
            self._blow()


def die() -> None:
    """Kill -9, by our own hand: nothing is flushed, nothing is closed."""
    os.kill(os.getpid(), signal.SIGKILL)


def stand_still(seconds: float) -> Blow:
    """The event loop is held up for so long; says when it begins, for whoever measures."""

    def blow() -> None:
        sys.stderr.write("armed: stands still\n")
        time.sleep(seconds)

    return blow


def put(owner: Any, name: str, armed: Callable[..., Any]) -> None:
    """Put a function in the place of the product's own, in this process."""
    setattr(owner, name, armed)


def _around_saying(blow: Blow, *, committed: bool) -> None:
    """At the end of each transaction in which a fact was said, just before it commits or just after."""
    append, transaction = outbox.append, postgres.Database.transaction
    saying: set[int] = set()

    async def noted(connection: Any, *events: Any) -> Any:
        saying.add(id(connection))
        return await append(connection, *events)

    @asynccontextmanager
    async def armed(database: Any) -> AsyncGenerator[Any]:
        said = False
        async with transaction(database) as connection:
            yield connection
            said = id(connection) in saying
            saying.discard(id(connection))
            if said and not committed:
                blow()
        if said:
            blow()

    put(outbox, "append", noted)
    put(postgres.Database, "transaction", armed)


def before_commit(blow: Blow) -> None:
    """A change and its fact are written and not committed."""
    _around_saying(blow, committed=False)


def after_commit(blow: Blow) -> None:
    """They are committed and nobody has been answered."""
    _around_saying(blow, committed=True)


def after_send(blow: Blow) -> None:
    """Records are on the wire to the broker, its answer is not here yet."""
    send = AIOKafkaClient.send

    async def armed(client: Any, node_id: Any, request: Any, **more: Any) -> Any:
        sending = asyncio.ensure_future(send(client, node_id, request, **more))
        if isinstance(request, ProduceRequest):
            for _ in range(5):  # turns of the loop, in which the socket takes it
                await asyncio.sleep(0)
            if not sending.done():
                blow()
        return await sending

    put(AIOKafkaClient, "send", armed)


def after_ack(blow: Blow) -> None:
    """The broker has the records, the outbox still holds their rows."""
    delete = queue.delete

    async def armed(*arguments: Any) -> None:
        blow()
        await delete(*arguments)

    put(queue, "delete", armed)


def in_handler(blow: Blow) -> None:
    """Effects of some events are written and not committed."""
    inside: Any = batch._Batch  # pyright: ignore[reportPrivateUsage]
    run = inside._run

    async def armed(*arguments: Any) -> None:
        await run(*arguments)
        blow()

    put(inside, "_run", armed)


def before_kafka_commit(blow: Blow) -> None:
    """A batch is committed in the database, and Kafka has not been told."""
    apply = batch.apply

    async def armed(*arguments: Any) -> Any:
        outcome = await apply(*arguments)
        blow()
        return outcome

    put(batch, "apply", armed)


def mid_park(blow: Blow) -> None:
    """An event is parked and the transaction is open."""
    park = parking.park

    async def armed(connection: Any, consumer: str, items: Sequence[Any], *, limit: int) -> None:
        await park(connection, consumer, items, limit=limit)
        if items:
            blow()

    put(parking, "park", armed)


def mid_drain(blow: Blow) -> None:
    """A parked event has been applied and taken away, and the transaction is open."""
    remove = parking.remove

    async def armed(*arguments: Any) -> None:
        await remove(*arguments)
        blow()

    put(parking, "remove", armed)


POINTS: dict[str, Callable[[Blow], None]] = {
    point.__name__: point
    for point in (
        before_commit,
        after_commit,
        after_send,
        after_ack,
        in_handler,
        before_kafka_commit,
        mid_park,
        mid_drain,
    )
}


def arm(words: str) -> None:
    """Put one point in: ``in_handler:3`` dies at the third pass, ``in_handler:3:15`` stands still 15 s."""
    point, _, more = words.partition(":")
    passes, _, seconds = more.partition(":")
    blow = stand_still(float(seconds)) if seconds else die
    POINTS[point](Death(int(passes or 1), blow))


if __name__ == "__main__":
    arm(sys.argv.pop(1))
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
