"""What an idle platform takes of the memory, and how long from ``make run`` to the first booking."""

import asyncio
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import httpx
import psutil

from tests.bench.ground import Ground
from tests.bench.measuring import ROUNDS, Round, Row, say
from tests.embedded.process import Platform
from tests.factories import SERVICES
from tests.infra import free_port

SETTLE_SECONDS = 5
PATIENCE_SECONDS = 60
MB = 1_000_000


async def measure(ground: Ground) -> list[Row]:
    """Three rows."""
    each = [await _one_service(ground, name) for name in SERVICES]
    platforms = [await _platform(nth) for nth in range(ROUNDS)]
    named = ", ".join(f"{name} {size:.0f}" for name, size in zip(SERVICES, each, strict=True))
    return [
        Row(
            "memory-service",
            "memory idle: one service in `all`, PSS, the largest of the four",
            "",
            "MB",
            [max(each)],
            must=130,
            aim=90,
            upward=False,
            note=named,
        ),
        Row(
            "memory-run",
            "memory idle: `make run` without PostgreSQL, PSS",
            "",
            "MB",
            [found["mb"] for found in platforms],
            must=300,
            aim=200,
            upward=False,
            rounds=platforms,
        ),
        Row(
            "first-booking",
            "`make run` (installed, empty folder) to the first booking answered",
            "",
            "s",
            [found["seconds"] for found in platforms],
            must=10,
            aim=5,
            upward=False,
            rounds=platforms,
        ),
    ]


async def _one_service(ground: Ground, name: str) -> float:
    """One service, api and worker in one process, left alone for a while."""
    port = free_port()
    async with ground.database(name) as url:
        environment = ground.environment(name, url, port=port)
        health = f"http://127.0.0.1:{port}/readyz"
        async with ground.serving(name, "all", environment=environment, url=health) as process:
            await asyncio.sleep(SETTLE_SECONDS)
            return _pss(psutil.Process(process.pid))


async def _platform(nth: int) -> Round:
    """A new installation: started, booked on, left alone, weighed."""
    with tempfile.TemporaryDirectory(prefix="walkandtalk-bench-run-") as folder:
        platform = Platform(Path(folder) / "data", free_port())
        try:
            began = time.perf_counter()
            await platform.begin()
            await _books(platform)
            seconds = time.perf_counter() - began
            await asyncio.sleep(SETTLE_SECONDS)
            found = {"seconds": seconds, "mb": _without_postgres(platform)}
        finally:
            await platform.clear()
    say(f"  make run {nth + 1}/{ROUNDS}: {found}")
    return found


async def _books(platform: Platform) -> None:
    """Ask for a slot until there is one, and book it."""
    deadline = time.perf_counter() + PATIENCE_SECONDS
    async with platform.client as http:
        while time.perf_counter() < deadline:
            with suppress(httpx.TransportError):
                slots = await http.get("/booking/v1/slots", timeout=2)
                if slots.status_code == 200 and slots.json()["items"]:
                    wish = {"slot_id": slots.json()["items"][0]["id"], "name": "Ada"}
                    booked = await http.post(
                        "/booking/v1/walks",
                        json=wish | {"email": "ada@example.org", "adult": True},
                        headers={"Idempotency-Key": str(uuid4())},
                    )
                    assert booked.status_code == 201, booked.text
                    return
            await asyncio.sleep(0.02)
    raise TimeoutError(platform.said)


def _without_postgres(platform: Platform) -> float:
    """Parent and child; PostgreSQL and its backends are weighed by nobody."""
    parent = psutil.Process(int((platform.folder / "parent.lock").read_text()))
    return _pss(parent) + _pss(platform.child)


def _pss(process: psutil.Process) -> float:
    return process.memory_full_info().pss / MB
