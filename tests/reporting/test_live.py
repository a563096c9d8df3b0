"""Live figures: streams that begin, go on, and end, all fed by one reader."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncGenerator
from contextlib import suppress
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI, Response

from reporting.app import create_app
from reporting.schemas import LiveStream
from reporting.service.live import LiveFigures, Pace, Source
from shared.log import make_logger
from shared.postgres import Database
from shared.progress import Progress
from tests.factories import PLACES, START, parts_for
from tests.infra import free_port, until
from tests.reporting.events import a_started_walk, applied_until
from tests.reporting.streams import LIVE, Lot, Stream, serving
from tests.reporting.test_service import apply
from tests.tokens import TestIssuer


@pytest.fixture(autouse=True)
async def closed_streams() -> AsyncGenerator[None]:
    """Whatever a test opened is closed after it."""
    yield
    for stream in Stream.opened:
        stream.close()
        with suppress(OSError):
            await stream.writer.wait_closed()
    Stream.opened.clear()


@pytest.fixture
async def lot(reporting_database: Database, issuer: TestIssuer) -> AsyncGenerator[Lot]:
    parts = parts_for(
        "reporting",
        reporting_database,
        oidc_issuer=issuer.url,
        live_poll_seconds=0.02,
        live_beat_seconds=0.2,
        live_streams=200,
    )
    app = create_app(parts)
    async with serving(app, app.state.live) as port:
        yield Lot(app, port, issuer.bearer("officer"))


async def test_a_stream_begins_with_the_figures_and_goes_on_when_they_change(
    lot: Lot, reporting_database: Database
):
    await applied_until(reporting_database, START - timedelta(seconds=3))
    stream = await lot.stream()
    assert "content-type: text/event-stream" in stream.head
    assert "cache-control: no-store" in stream.head
    first = await stream.event("figures")
    assert (first["walks"], first["concerns"], first["lag_seconds"]) == ([], [], 3)
    await apply(reporting_database, [a_started_walk()])
    then = await stream.event("figures")
    ward = {"code": "L05000001", "name": "Mere End", "set": "larkmere-2026"}
    assert then["walks"] == [{"ward": ward, "light": "dark", "count": 1}]
    assert then["version"] > first["version"]


async def test_two_hundred_streams_get_the_same_bytes_from_one_reader(
    lot: Lot, reporting_database: Database, monkeypatch: pytest.MonkeyPatch
):
    read: list[int] = []
    source = lot.live.source

    async def figures(version: int) -> bytes:
        read.append(version)
        return await source.figures(version)

    monkeypatch.setattr(lot.live, "source", Source(source.version, figures, source.beat))
    streams = await asyncio.gather(*(lot.stream() for _ in range(200)))
    await asyncio.gather(*(stream.event("figures") for stream in streams))
    assert lot.live.streams == 200
    for _ in range(5):
        await apply(reporting_database, [a_started_walk()])
        told = await asyncio.gather(*(stream.event("figures") for stream in streams))
        assert len({json.dumps(each) for each in told}) == 1
    assert len(read) == len(set(read)) == 6


async def test_one_stream_too_many_is_refused_in_words(lot: Lot):
    streams = await asyncio.gather(*(lot.stream() for _ in range(200)))
    await until(lambda: lot.live.streams == 200)
    async with httpx.AsyncClient() as client:
        where = f"http://127.0.0.1:{lot.port}{LIVE}"
        async with client.stream("GET", where, headers=lot.headers) as answer:
            assert answer.status_code == 503
            assert json.loads(await answer.aread())["type"].endswith("/too-many-streams")
    streams.pop().close()
    await until(lambda: lot.live.streams == 199)
    await (await lot.stream()).event("figures")


async def test_a_quiet_stream_tells_how_fresh_its_figures_still_are(
    lot: Lot, reporting_database: Database
):
    stream = await lot.stream()
    assert (await stream.event("progress"))["as_of"] is None
    await applied_until(reporting_database, START - timedelta(seconds=90))
    await stream.chunk()
    assert (await stream.event("progress"))["lag_seconds"] == 90


async def test_what_a_client_saw_before_does_not_matter(lot: Lot):
    for last_seen in ("0", "999999", "nonsense", "-1"):
        stream = await lot.stream(**{"Last-Event-ID": last_seen})
        await stream.event("figures")
        stream.close()


async def test_nobody_listens_and_nobody_reads(lot: Lot):
    stream = await lot.stream()
    await stream.event("figures")
    stream.close()
    await until(lambda: lot.live.streams == 0 and not lot.live.reading)
    again = await lot.stream()
    await again.event("figures")


async def test_streams_outlive_a_database_that_is_away(
    lot: Lot, reporting_database: Database, monkeypatch: pytest.MonkeyPatch
):
    stream = await lot.stream()
    await stream.event("figures")
    source = lot.live.source

    async def away() -> int:
        raise ConnectionRefusedError

    monkeypatch.setattr(lot.live, "source", Source(away, source.figures, source.beat))
    await stream.chunk_with(b"still here")
    monkeypatch.setattr(lot.live, "source", source)
    await apply(reporting_database, [a_started_walk()])
    assert len((await stream.event("figures"))["walks"]) == 1


async def test_a_stream_ends_after_its_time(reporting_database: Database, issuer: TestIssuer):
    app = create_app(
        parts_for(
            "reporting",
            reporting_database,
            oidc_issuer=issuer.url,
            live_stream_minutes=0.3 / 60,
            live_beat_seconds=0.2,
        )
    )
    async with serving(app, app.state.live) as port:
        stream = await Stream.open(port, issuer.bearer("duty"))
        assert b"event: figures" in await stream.rest()
        stream.close()


async def test_only_staff_may_listen(lot: Lot, issuer: TestIssuer):
    for role in ("officer", "coordinator", "duty", "analyst", "admin"):
        stream = await Stream.open(lot.port, issuer.bearer(role))
        assert " 200 " in stream.head
        stream.close()
    refused = await Stream.open(lot.port, issuer.bearer("partner"))
    assert " 403 " in refused.head


async def test_a_client_that_takes_nothing_holds_up_nobody():
    """Frames of a megabyte fill what lies between the server and a client that does not read."""
    version = 0

    async def count() -> int:
        return version

    async def figures(number: int) -> bytes:
        return b"event: figures\ndata: %d\n: %s\n\n" % (number, b"x" * 1_000_000)

    async def beat() -> bytes:
        return b": beat\n\n"

    source, pace = Source(count, figures, beat), Pace(0.005, 60, 10, 60)
    live = LiveFigures(source, pace, make_logger("test"), Progress())
    app = FastAPI()

    @app.get(LIVE)
    async def stream() -> Response:  # pyright: ignore[reportUnusedFunction]
        return LiveStream(live, 60)

    async with serving(app, live) as port:
        slow = await Stream.open(port, {})
        quick = await Stream.open(port, {})
        for _ in range(30):
            version += 1
            while await quick.event("figures") != version:
                pass
        # The slow one, once it reads, is soon at the newest: what came in between was not kept.
        seen: list[int] = []
        while not seen or seen[-1] != version:
            seen.append(await slow.event("figures"))
        assert len(seen) < 20


async def test_a_look_that_dies_or_hangs_while_somebody_listens_is_a_stall():
    broken: list[str] = []

    async def count() -> int:
        if "dies" in broken:
            raise asyncio.CancelledError
        if "hangs" in broken:
            await asyncio.get_running_loop().create_future()
        return 1

    async def frame(*_: int) -> bytes:
        return b": frame\n\n"

    for fault in ("dies", "hangs"):
        progress = Progress()
        pace = Pace(0.005, 60, 10, 0.5)
        live = LiveFigures(Source(count, frame, frame), pace, make_logger("test"), progress)
        with live.joined():
            await until(lambda live=live: live.newer_than(0))
            assert progress.stuck() == []
            broken.append(fault)
            assert await until(progress.stuck) == ["live figures"]
            broken.clear()
            live.end()
        assert progress.stuck() == []


async def test_when_nobody_listens_there_is_nothing_to_miss():
    async def count() -> int:
        return 1

    async def frame(*_: int) -> bytes:
        return b": frame\n\n"

    progress = Progress()
    pace = Pace(0.005, 60, 10, 0.2)
    live = LiveFigures(Source(count, frame, frame), pace, make_logger("test"), progress)
    with live.joined():
        await until(lambda: live.newer_than(0))
    await until(lambda: not live.reading)
    assert "live figures" not in progress._limits  # pyright: ignore[reportPrivateUsage]


async def test_a_stopped_process_ends_its_streams_at_once(
    fresh_reporting_url: str, issuer: TestIssuer
):
    port, worker_port = free_port(), free_port()
    said = {
        **PLACES,
        "database_url": fresh_reporting_url,
        "oidc_issuer": issuer.url,
        "port": port,
        "worker_port": worker_port,
    }
    environment = os.environ | {f"REPORTING_{name.upper()}": str(said[name]) for name in said}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "reporting", "api", env=environment, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        await until(lambda: answers(port), 30)
        streams = [await Stream.open(port, issuer.bearer("officer")) for _ in range(5)]
        for stream in streams:
            await stream.event("figures")
        process.send_signal(signal.SIGTERM)
        ending = asyncio.gather(*(stream.rest() for stream in streams), process.wait())
        done, _ = await asyncio.wait({ending}, timeout=5)
        assert done
        await ending
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True
