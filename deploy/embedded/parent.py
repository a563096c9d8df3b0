"""The parent: checks, starts what the services need, starts the services, and stops all of it again.

Invariant: whatever ends the platform (Ctrl-C, SIGTERM, SIGHUP, a failure) ends the services first, then
what they stand on. The listening socket belongs to the parent, so a port in use is noticed before
anything else is done, and callers wait instead of being refused while the services start again.
"""

import asyncio
import os
import signal
import socket
from collections.abc import Generator, Mapping
from contextlib import AsyncExitStack, contextmanager, suppress
from typing import Any

from embedded import areas, broker, mailbox, postgres, terminal
from embedded.folder import Folder, hold_folder, record_running, wait_for_orphan
from embedded.keys import Keys
from embedded.refusals import CannotStart, PortInUse
from embedded.services import NAMES, Around, environments
from embedded.settings import EmbeddedSettings
from embedded.watch import Watch

BACKLOG = 1024
LOOK_SECONDS = 1.0
DEFAULT = EmbeddedSettings.model_fields["folder"].default.absolute()


class _Stopped(Exception):
    """Somebody asked for the end while things were still being started."""


async def run(settings: EmbeddedSettings) -> int:
    """Run the platform until it is told to stop; its exit code. Raises CannotStart."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for wish in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(wish, stop.set)
    with hold_folder(settings.folder) as folder:
        wait_for_orphan(folder)
        with _listening(settings.port) as listener:
            chosen = areas.choose(settings.areas, folder)
            terminal.say("Setting up")
            code = os.EX_OK
            with suppress(_Stopped):
                code = await _run(settings, folder, listener, chosen, stop)
            terminal.say("  Stopped.")
            return code


async def _run(
    settings: EmbeddedSettings,
    folder: Folder,
    listener: socket.socket,
    chosen: areas.Chosen,
    stop: asyncio.Event,
) -> int:
    async with AsyncExitStack() as held:
        with terminal.step("PostgreSQL 18"):
            server = await postgres.start(folder.postgres, NAMES)
        held.push_async_callback(server.stop)
        _go_on(stop)
        with terminal.step("Broker and mailbox"):
            around = Around(
                settings=settings,
                folder=folder,
                keys=Keys(folder.keys),
                broker=held.enter_context(broker.open_broker()),
                smtp_port=await held.enter_async_context(mailbox.open_mailbox(folder.mail)),
                areas_set=chosen.name,
                database_urls={name: server.url(name) for name in NAMES},
            )
        _go_on(stop)
        watch = _watch(around, listener, chosen)
        held.push_async_callback(_ended, asyncio.create_task(_keep_alive(server)))
        return await _until_stopped(watch, stop)


def _watch(around: Around, listener: socket.socket, chosen: areas.Chosen) -> Watch:
    by_service = environments(around)
    folder, settings = around.folder, around.settings
    record_running(folder, {"origin": settings.origin, "services": by_service})
    environment = {
        "EMBEDDED_FOLDER": str(folder.path),
        "EMBEDDED_ORIGIN": settings.origin,
        "EMBEDDED_LISTENING_FD": str(listener.fileno()),
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }
    for variables in by_service.values():
        environment |= variables

    greeted = False

    def tell(said: Mapping[str, Any]) -> None:
        nonlocal greeted
        if "ready" in said and greeted:
            terminal.say("  The services are up again.")
        elif "ready" in said:
            greeted = True
            terminal.say(_banner(around, chosen, styled=said["styled"]))
        elif "ended" in said:
            terminal.say(
                f"  The services stopped: {said['ended']}; again in {said['again_in']:g} s."
            )
        elif not greeted:
            terminal.say(f"  {said['step']:<44} {said['seconds']:5.1f} s")

    return Watch(environment, listener.fileno(), folder.log, tell)


def _banner(around: Around, chosen: areas.Chosen, *, styled: bool) -> str:
    return terminal.BANNER.format(
        origin=around.settings.origin,
        wards=chosen.described,
        folder=around.folder.path,
        beside="" if around.folder.path == DEFAULT else f" DATA={around.folder.path}",
        log=around.folder.log,
        looks=terminal.STYLED if styled else terminal.UNSTYLED,
    )


async def _until_stopped(watch: Watch, stop: asyncio.Event) -> int:
    running = asyncio.create_task(watch.run())
    asked = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({running, asked}, return_when=asyncio.FIRST_COMPLETED)
        if asked.done() and not running.done():
            terminal.say("\n  Stopping ...")
            watch.stop()
            await running
            return os.EX_OK
        return await running
    finally:
        asked.cancel()


async def _keep_alive(server: postgres.Postgres) -> None:
    """Start PostgreSQL again whenever its process has ended."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        if not server.is_alive():
            try:
                await server.start_again()
                terminal.say("  PostgreSQL had ended and was started again.")
            except CannotStart as error:
                terminal.complain(f"  PostgreSQL ended and does not start again: {error}")


async def _ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.wait({task})


def _go_on(stop: asyncio.Event) -> None:
    if stop.is_set():
        raise _Stopped


@contextmanager
def _listening(port: int) -> Generator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
            listener.listen(BACKLOG)
        except OSError as error:
            raise PortInUse(
                f"port {port} cannot be used ({error.strerror}): try `make run PORT={port + 1}`"
            ) from error
        yield listener
