"""The child: the four services, the issuer and the mail pages, in one process and on one event loop.

Invariant: it ends when its parent does, when it is told to (SIGTERM), or when a service's watchdog finds
no progress (exit code 70), and it serves nothing before every database is at its migration level.
"""

import asyncio
import gc
import os
import signal
import socket
import sys
from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

import booking.app
import concerns.app
import notifications.app
import reporting.app
from embedded import demo, mail
from embedded.folder import Folder, hold_as_child
from embedded.issuer import Client, create_issuer
from embedded.keys import Keys
from embedded.origin import Origin
from embedded.services import CLI, CLI_SECRET
from embedded.settings import ChildSettings
from embedded.telling import Told
from shared.log import adopt_libraries, make_logger
from shared.migrate import upgrade
from shared.pages import are_built
from shared.run import open_parts, working
from shared.service import Parts, Service
from shared.watchdog import Watchdog

SERVICES: tuple[Service[Any], ...] = (
    booking.app.SERVICE,
    concerns.app.SERVICE,
    notifications.app.SERVICE,
    reporting.app.SERVICE,
)
GRACE_SECONDS = 3
ORPHAN_SECONDS = 8.0
STDIN = 0


class Server(uvicorn.Server):
    """uvicorn, with signals left to the child, and streams that never end by themselves ended first."""

    streaming: Sequence[Callable[[], None]] = ()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop: first the streams, then what uvicorn does."""
        for end in self.streaming:
            end()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Take none."""
        yield


async def run(settings: ChildSettings) -> int:
    """Serve until told to stop; the exit code."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_reader(STDIN, _orphaned, loop, stop)
    adopt_libraries(make_logger("embedded"))
    told = Told(settings.telling_fd)
    async with AsyncExitStack() as held:
        chosen = {service.name: service.settings() for service in SERVICES}
        for service in SERVICES:
            await upgrade(chosen[service.name].database_url, service.name)
        told.step("Databases")
        every = {
            service.name: await held.enter_async_context(open_parts(service, chosen[service.name]))
            for service in SERVICES
        }
        apps = await _apps(held, every)
        desk = apps["booking"].state.desk
        await demo.prepare(desk)
        told.step("Demo team")
        await held.enter_async_context(_all_working(every))
        await held.enter_async_context(demo.keeping_slots_open(desk))
        _watch_over(held, every)
        told.step("Services")
        server = _server(_origin(apps, every, settings))
        server.streaming = [
            end for app in apps.values() for end in getattr(app.state, "on_stop", ())
        ]
        await _serve(server, settings.listening_fd, stop, told)
    return os.EX_OK


async def _apps(held: AsyncExitStack, every: Mapping[str, Parts[Any]]) -> dict[str, FastAPI]:
    """The services' apps by name; their lifespans last as long as ``held``."""
    apps: dict[str, FastAPI] = {}
    for service in SERVICES:
        app = service.create_app(every[service.name])
        await held.enter_async_context(app.router.lifespan_context(app))
        apps[service.name] = app
    return apps


@asynccontextmanager
async def _all_working(every: Mapping[str, Parts[Any]]) -> AsyncGenerator[None]:
    """The workers of all services; told to stop, they stop side by side."""
    stop = asyncio.Event()

    async def work(service: Service[Any], up: asyncio.Event) -> None:
        async with working(service, every[service.name]):
            up.set()
            await stop.wait()

    async with asyncio.TaskGroup() as group:
        ups = [asyncio.Event() for _ in SERVICES]
        for service, up in zip(SERVICES, ups, strict=True):
            group.create_task(work(service, up))
        for up in ups:
            await up.wait()
        yield
        stop.set()


def _origin(
    apps: Mapping[str, ASGIApp], every: Mapping[str, Parts[Any]], settings: ChildSettings
) -> Origin:
    folder, told = Folder(settings.folder), every["notifications"].settings
    gateway = mail.Gateway(told.smtp_port, told.texts_token.get_secret_value())
    others: dict[str, ASGIApp] = {
        "mail": mail.create_app(folder.mail, every["booking"].settings, gateway),
        "issuer": create_issuer(settings.origin, folder.keys, _clients(folder, every)),
    }
    return Origin(settings.origin, {**apps, **others})


def _clients(folder: Folder, every: Mapping[str, Parts[Any]]) -> dict[str, Client]:
    """Who may ask the issuer for tokens: the services, and ``python -m embedded token``."""
    clients = {
        name: Client(
            parts.settings.oidc_client_secret,
            (f"{parts.settings.public_origin}/{name}/signed-in",),
        )
        for name, parts in every.items()
    }
    return {**clients, CLI: Client(Keys(folder.keys).secret(CLI_SECRET), for_people=True)}


def _watch_over(held: AsyncExitStack, every: Mapping[str, Parts[Any]]) -> None:
    """One watchdog a service; whichever finds no progress ends the whole process."""
    for parts in every.values():
        watchdog = Watchdog(parts.progress, parts.metrics, parts.log)
        watchdog.start(loop_limit=parts.settings.stall_seconds / 2)
        held.callback(watchdog.stop)


def _server(origin: Origin) -> Server:
    return Server(
        uvicorn.Config(
            origin,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )


async def _serve(server: Server, listening_fd: int, stop: asyncio.Event, told: Told) -> None:
    gc.collect()
    gc.freeze()  # what lives for good need not be walked by every collection
    listener = socket.socket(fileno=listening_fd)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    told.say(ready=True, styled=are_built())
    asked = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, asked}, return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    server.should_exit = True
    await serving


def _orphaned(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """The parent is gone, and with it the broker: end, at the latest after a few seconds."""
    loop.remove_reader(STDIN)
    loop.call_later(ORPHAN_SECONDS, os._exit, os.EX_OK)
    stop.set()


def main() -> int:
    """Run the child that the environment describes; its exit code."""
    settings = ChildSettings()  # pyright: ignore[reportCallIssue] - all from the environment
    with hold_as_child(Folder(settings.folder)):
        return asyncio.run(run(settings))


if __name__ == "__main__":
    sys.exit(main())
