"""A port that hands on to another address, in whatever weather the test makes in between.

Invariant: bytes are never dropped, doubled or reordered within a connection: a lossy network cannot do
that to TCP either. A black hole holds them until the weather is fair again; only a reset loses them.
"""

import asyncio
import socket
import struct
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Literal

from tests.infra import free_port

Way = Literal["there", "back"]
CHUNK = 64 * 1024
# Close at once and say so: the other end sees "connection reset".
RESET = struct.pack("ii", 1, 0)


class Proxy:
    """Stands between clients and a server at ``target``: a port of this machine, or a socket's path."""

    def __init__(self, target: int | Path) -> None:
        self._target = target
        self.port = free_port()
        self.latency = 0.0
        self.refuses = False
        self._clear: dict[Way, asyncio.Event] = {"there": asyncio.Event(), "back": asyncio.Event()}
        self._open: set[asyncio.StreamWriter] = set()
        self._talks: set[asyncio.Task[None]] = set()
        self.calm()

    @classmethod
    @asynccontextmanager
    async def running(cls, target: int | Path) -> "AsyncGenerator[Proxy]":
        """A proxy that listens while the block lasts, in fair weather."""
        proxy = cls(target)
        server = await asyncio.start_server(proxy._serve, "127.0.0.1", proxy.port)
        try:
            yield proxy
        finally:
            server.close()
            proxy.calm()
            proxy.reset()
            for talk in proxy._talks:
                talk.cancel()
            await asyncio.gather(*proxy._talks, return_exceptions=True)

    def swallow(self, way: Way) -> None:
        """From now on nothing arrives that way, and nobody is told."""
        self._clear[way].clear()

    def calm(self) -> None:
        """Fair weather: what was held arrives now."""
        self.latency = 0.0
        self.refuses = False
        for clear in self._clear.values():
            clear.set()

    def reset(self) -> int:
        """Tear every open connection down, both ends told so; how many ends there were."""
        torn = len(self._open)
        for writer in self._open:
            of_it: socket.socket | None = writer.get_extra_info("socket")
            if of_it is not None:
                with suppress(OSError):
                    of_it.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()
        self._open.clear()
        return torn

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        self._open.add(writer)
        try:
            if not self.refuses:
                await self._talk(reader, writer)
        except (OSError, EOFError):
            pass
        finally:
            self._talks.discard(task)
            self._end(writer)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if isinstance(self._target, Path):
            answers, asks = await asyncio.open_unix_connection(self._target)
        else:
            answers, asks = await asyncio.open_connection("127.0.0.1", self._target)
        self._open.add(asks)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._hand_on(reader, asks, "there"))
                tasks.create_task(self._hand_on(answers, writer, "back"))
        except* (OSError, EOFError):
            pass
        finally:
            self._end(asks)

    async def _hand_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Way
    ) -> None:
        while data := await reader.read(CHUNK):
            if self.latency:
                await asyncio.sleep(self.latency)
            await self._clear[way].wait()
            writer.write(data)
            await writer.drain()
        raise EOFError  # one end has closed: the other is closed too

    def _end(self, writer: asyncio.StreamWriter) -> None:
        self._open.discard(writer)
        writer.close()
