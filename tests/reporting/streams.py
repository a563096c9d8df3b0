"""An app on a port of its own, and clients that read its streams as they come."""

import asyncio
import json
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, ClassVar

import uvicorn
from fastapi import FastAPI

from reporting.service.live import LiveFigures
from tests.infra import until

MOST_CHUNKS = 100
LIVE = "/reporting/v1/live"


class Serving(uvicorn.Server):
    """A server inside the test."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


@asynccontextmanager
async def serving(app: FastAPI, live: LiveFigures) -> AsyncGenerator[int]:
    """Serve an app on a port of its own; its streams end with the block."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=5)
    server = Serving(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    await until(lambda: server.started)
    try:
        yield listener.getsockname()[1]
    finally:
        live.end()
        server.should_exit = True
        await task


class Stream:
    """One client that reads events as they come."""

    opened: ClassVar[list["Stream"]] = []
    head: str

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, port: int, headers: dict[str, str], path: str = LIVE) -> "Stream":
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n{lines}\r\n".encode())
        stream = cls(reader, writer)
        cls.opened.append(stream)
        stream.head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        return stream

    async def chunk(self) -> bytes:
        """The next chunk (RFC 9112, 7.1); empty at the end of the stream."""
        try:
            async with asyncio.timeout(10):
                size = int(await self.reader.readline() or b"0", 16)
                return (await self.reader.readexactly(size + 2))[:-2] if size else b""
        except TimeoutError:
            raise AssertionError("nothing came within ten seconds") from None

    async def event(self, kind: str) -> Any:
        """The data of the next event of a kind."""
        content = await self.chunk_with(f"event: {kind}\n".encode())
        return json.loads(content.split(b"data: ")[1].splitlines()[0])

    async def chunk_with(self, words: bytes) -> bytes:
        """The next chunk that holds the words; fails at the stream's end, or when many do not."""
        content = await self.chunk()
        for _ in range(MOST_CHUNKS):
            if words in content or not content:
                break
            content = await self.chunk()
        assert words in content
        return content

    async def rest(self) -> bytes:
        """Everything up to the end of the stream."""
        content = b""
        for _ in range(MOST_CHUNKS):
            if not (more := await self.chunk()):
                return content
            content += more
        raise AssertionError("it goes on and on")

    def close(self) -> None:
        self.writer.transport.abort()


class Lot:
    """The app on a port, and how often its database was asked for the version."""

    def __init__(self, app: FastAPI, port: int, headers: dict[str, str]) -> None:
        self.app, self.port, self.headers = app, port, headers
        self.live: LiveFigures = app.state.live

    async def stream(self, **headers: str) -> Stream:
        return await Stream.open(self.port, self.headers | headers)
