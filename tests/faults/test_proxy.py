"""The weather that the proxy makes is what it says: and in fair weather it is not noticed at all."""

import asyncio
import time
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.faults.proxy import Proxy

Talk = tuple[Proxy, asyncio.StreamReader, asyncio.StreamWriter]


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server that says everything back."""
    try:
        while data := await reader.read(1000):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncGenerator[Talk]:
    """A connection through a proxy to an echo behind a socket's path."""
    async with (
        await asyncio.start_unix_server(echo, tmp_path / "echo"),
        Proxy.running(tmp_path / "echo") as proxy,
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        yield proxy, reader, writer
        writer.close()


async def said_back(talk: Talk, word: bytes) -> float:
    """Seconds until a word has come back whole."""
    _, reader, writer = talk
    began = time.monotonic()
    writer.write(word)
    assert await reader.readexactly(len(word)) == word
    return time.monotonic() - began


async def test_in_fair_weather_everything_arrives_both_ways(talk: Talk) -> None:
    for size in (1, 1000, 300_000):
        assert await said_back(talk, b"w" * size) < 2


async def test_latency_is_added_each_way(talk: Talk) -> None:
    assert await said_back(talk, b"quick") < 0.2
    talk[0].latency = 0.2
    assert await said_back(talk, b"slow") >= 0.4
    talk[0].calm()
    assert await said_back(talk, b"quick") < 0.2


@pytest.mark.parametrize("way", ["there", "back"])
async def test_a_black_hole_tells_nobody_and_what_it_held_arrives_afterwards(
    talk: Talk, way: str
) -> None:
    proxy, reader, writer = talk
    proxy.swallow("there" if way == "there" else "back")
    writer.write(b"hello")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await reader.read(1)
    assert not writer.is_closing()
    proxy.calm()
    assert await reader.readexactly(5) == b"hello"


async def test_a_reset_is_told_to_the_client_and_the_next_connection_works(talk: Talk) -> None:
    proxy, reader, _ = talk
    assert await said_back(talk, b"before") < 2
    assert proxy.reset() == 2
    with pytest.raises(ConnectionResetError):
        await reader.read(1)
    again = await asyncio.open_connection("127.0.0.1", proxy.port)
    assert await said_back((proxy, *again), b"after") < 2
    again[1].close()


async def test_who_is_refused_is_refused_at_once(talk: Talk) -> None:
    proxy = talk[0]
    proxy.refuses = True
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    assert await reader.read(1) == b""
    writer.close()
