"""The command line and the processes of every service: ``python -m booking api | worker | all |
...``.

Invariant: what has state is opened here, once, in order, and closed in reverse; a process that is
told to stop finishes what it is doing within a deadline and leaves the rest to the database.
"""

import asyncio
import gc
import socket
import sys
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar

import uvicorn
import uvloop
from aiokafka.errors import KafkaError
from fastapi import FastAPI

from shared import commands, requests, retention
from shared.clock import now
from shared.consumer import Consumer
from shared.consumer.drainer import drain_forever
from shared.errors import Refusal
from shared.events import OWNERS
from shared.log import adopt_libraries, describe, make_logger
from shared.metrics import Metrics
from shared.migrate import upgrade
from shared.postgres import is_infrastructure, open_database
from shared.progress import Progress
from shared.relay import Relay, measure_forever
from shared.service import Parts, Service, Work
from shared.settings import ServiceSettings
from shared.timers import loop_name, run_timer
from shared.tracing import make_tracer
from shared.watchdog import Watchdog
from shared.web import create_health

S = TypeVar("S", bound=ServiceSettings)

STOP_SECONDS = 10
# Of STALL_SECONDS, how long one turn of a loop may take: longer than any deadline within it, and by
# default short enough that whatever is stuck is found within 90 seconds.
TURN = 1.4
USAGE = """usage: python -m {name} COMMAND

  api                       serve HTTP
  worker                    relay, consume, run timers
  all                       both in one process
  migrate                   bring the database to this version
  doctor                    what is wrong, and what to do
  topics apply [FILE]       create or check this service's topics
  events parked             list events that wait
  events where ID           where an event, or all of a key, is now
  events retry [ID]         try one of them, or all, again now
  events discard ID --reason TEXT
  events resume             end a declared stop
  events expire [--dry-run] let go of what is past its time
  events republish --since TIME
"""


@asynccontextmanager
async def open_parts(service: Service[S], settings: S) -> AsyncGenerator[Parts[S]]:
    """What a process of the service has, while the block lasts."""
    async with open_database(
        settings.database_url,
        size=settings.database_pool,
        pgbouncer=settings.database_pgbouncer,
    ) as database:
        yield Parts(
            settings=settings,
            database=database,
            metrics=Metrics(service.name),
            tracer=make_tracer(service.name),
            log=make_logger(service.name, settings.log_level),
            clock=now,
            progress=Progress(),
        )


@asynccontextmanager
async def working(service: Service[S], parts: Parts[S]) -> AsyncGenerator[None]:
    """Relay, consumer, drainer and timers of the service, while the block lasts."""
    async with service.create_worker(parts) as work:
        loops = _loops(service.name, parts, work)
        tasks = [_begin(parts, name, loop) for name, loop in loops.items()]
        try:
            yield
        finally:
            for name in loops:
                parts.progress.forget(name)
            await _end(tasks)


def _begin(parts: Parts[Any], name: str, loop: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
    parts.progress.watch(name, limit=TURN * parts.settings.stall_seconds)
    task = asyncio.create_task(loop, name=name)
    task.add_done_callback(partial(_ended, parts, name))
    return task


def _ended(parts: Parts[Any], name: str, task: "asyncio.Task[None]") -> None:
    """No loop ends before it is forgotten: one that did, however, is missed at once."""
    if not task.cancelled() and (error := task.exception()) is not None:
        parts.log.error("loop.ended", loop=name, **describe(error))
    parts.progress.lost(name)


async def _end(tasks: Sequence["asyncio.Task[None]"]) -> None:
    """Cancel until all have ended, or the deadline is over.

    Once may not be enough: what fails on the way out can hide a cancellation behind its own error.
    """
    began = asyncio.get_running_loop().time()
    waiting = {task for task in tasks if not task.done()}
    while waiting and asyncio.get_running_loop().time() - began < STOP_SECONDS:
        for task in waiting:
            task.cancel()
        ended, waiting = await asyncio.wait(waiting, timeout=STOP_SECONDS / 4)
        await asyncio.gather(*ended, return_exceptions=True)


def _loops(name: str, parts: Parts[Any], work: Work) -> Mapping[str, Coroutine[Any, Any, None]]:
    """What must turn for as long as the worker lives, each by the name that ``/healthz`` gives it."""
    loops: dict[str, Coroutine[Any, Any, None]] = {}
    if name in OWNERS.values():  # Kafka gives no producer to whom it lets write nothing
        loops["relay"] = Relay(parts, name).run()
        loops["outbox measure"] = measure_forever(parts)
    if work.listens:
        loops["consumer"] = Consumer(parts, name, work).run()
        loops["drainer"] = drain_forever(parts, name, work)
    timers = [*work.timers, retention.timer(parts), requests.timer(parts)]
    return loops | {loop_name(timer): run_timer(parts, timer) for timer in timers}


def main(service: Service[Any]) -> None:
    """Run one command of one service and leave with its exit code."""
    name, words = service.name, sys.argv[1:]
    alone = {
        "api": _api,
        "worker": _worker,
        "all": _all,
        "migrate": _migrate,
        "doctor": commands.diagnose,
    }
    try:
        match words:
            case [word] if word in alone:
                code = uvloop.run(alone[word](service, service.settings()))
            case [("topics" | "events") as group, *rest]:
                code = uvloop.run(_command(service, commands.SHARED[group], rest))
            case [own, *rest] if own in service.commands:
                code = uvloop.run(_command(service, service.commands[own], rest))
            case _:
                own_words = "".join(f"  {own}\n" for own in service.commands)
                print(USAGE.format(name=name) + own_words, end="", file=sys.stderr)
                code = 2
    except KeyboardInterrupt:
        code = 130
    except Refusal as refusal:
        print(refusal.detail, file=sys.stderr)
        code = 1
    sys.exit(code)


@asynccontextmanager
async def _open_process(service: Service[S], settings: S) -> AsyncGenerator[Parts[S]]:
    """The parts of a process that is this service's alone: what libraries say goes to its log."""
    async with open_parts(service, settings) as parts:
        adopt_libraries(parts.log)
        yield parts


async def _migrate(service: Service[Any], settings: ServiceSettings) -> int:
    if settings.database_pgbouncer:  # it would keep the session's lock for ever
        prefix = service.name.upper()
        raise Refusal(
            f"migrate needs PostgreSQL itself: give its address in {prefix}_DATABASE_URL"
            f" and set {prefix}_DATABASE_PGBOUNCER=false for this command"
        )
    await upgrade(settings.database_url, service.name)
    return 0


async def _command(service: Service[Any], command: Any, words: Sequence[str]) -> int:
    """What an operator asked for; a database or a Kafka that is away is said in one line."""
    try:
        async with _open_process(service, service.settings()) as parts:
            return await command(parts, words)
    except Exception as error:
        if not (is_infrastructure(error) or isinstance(error, KafkaError)):
            raise
        away = type(error).__name__
        print(f"Stopped: database or Kafka did not answer ({away}).", file=sys.stderr)
        return 1


async def _api(service: Service[S], settings: S) -> int:
    async with _open_process(service, settings) as parts:
        return await serve(service.create_app(parts), parts, settings.port)


async def _worker(service: Service[S], settings: S) -> int:
    async with _open_process(service, settings) as parts, working(service, parts):
        return await serve(create_health(parts, service.name), parts, settings.worker_port)


async def _all(service: Service[S], settings: S) -> int:
    async with _open_process(service, settings) as parts, working(service, parts):
        return await serve(service.create_app(parts), parts, settings.port)


class _Server(uvicorn.Server):
    """Tells answers that never end by themselves to end; uvicorn only waits for them."""

    streaming: Sequence[Callable[[], None]] = ()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop: first the streams, then what uvicorn does."""
        for end in self.streaming:
            end()
        await super().shutdown(sockets)


async def serve(app: FastAPI, parts: Parts[Any], port: int) -> int:
    """Serve HTTP until SIGTERM or SIGINT; answers in progress are finished within the deadline."""
    config = uvicorn.Config(
        app,
        host=parts.settings.host,
        port=port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=STOP_SECONDS,
        lifespan="on",
    )
    server = _Server(config)
    server.streaming = getattr(app.state, "on_stop", ())
    watchdog = Watchdog(parts.progress, parts.metrics, parts.log)
    watchdog.start(loop_limit=parts.settings.stall_seconds / 2)
    gc.collect()
    gc.freeze()  # what lives for good need not be walked by every collection: p99 falls by four fifths
    try:
        await server.serve()
    finally:
        watchdog.stop()
    return 0 if server.started else 1
