"""Live dashboards on one process, ten updates a second: how many before one waits or misses."""

import asyncio
import json
import sys
import time

from reporting import store
from reporting.domain import Fact
from shared.postgres import Database
from tests.bench.events import STARTS
from tests.bench.ground import Ground, surroundings
from tests.bench.measuring import ROUNDS, Round, Row, percentile, say
from tests.factories import ROOT
from tests.infra import free_port
from tests.tokens import running_issuer

STEPS = (2000, 1000, 500)
SECONDS = 6
EVERY_SECONDS = 0.1
LAG_MS = 100
LEAST = 9.9  # versions a second that every listener must get


async def measure(ground: Ground) -> list[Row]:
    """One row: the largest step at which nobody waited or was starved, each round anew."""
    reached: list[float] = []
    tried: list[Round] = []
    for nth in range(ROUNDS):
        best = 0
        for number in STEPS:
            found = await _listening(ground, number)
            tried.append(found)
            say(f"  live {nth + 1}/{ROUNDS}: {found}")
            if found["p99_ms"] < LAG_MS and found["least"] >= LEAST:
                best = number
                break
        reached.append(best)
    return [
        Row(
            "live",
            "live dashboard clients on one process, 10 updates/s, p99 lag < 100 ms, none starved",
            "",
            "clients",
            reached,
            must=1000,
            aim=2000,
            note=f"tried {', '.join(map(str, STEPS))}; looks for new figures every 20 ms",
            rounds=tried,
        )
    ]


async def _listening(ground: Ground, number: int) -> Round:
    """One api process with so many streams: p99 of the lag behind a commit, and the least served."""
    port = free_port()
    with running_issuer() as issuer:
        async with ground.opened("reporting") as (url, database):
            environment = ground.environment(
                "reporting",
                url,
                port=port,
                oidc_issuer=issuer.url,
                live_poll_seconds=0.02,
                live_streams=100_000,
            )
            health = f"http://127.0.0.1:{port}/healthz"
            async with ground.serving("reporting", "api", environment=environment, url=health):
                await _say_facts(database)
                token = issuer.staff("analyst")
                return await _lags(database, port, number, token)


async def _lags(database: Database, port: int, number: int, token: str) -> Round:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.listeners"),
        *("127.0.0.1", str(port), str(number), str(SECONDS + 2)),
        cwd=ROOT,
        env=surroundings(None),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 28,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{token}\n".encode())
    try:
        said = await asyncio.wait_for(process.stdout.readline(), 60)
        assert said == b"connected\n", said
        committed = await _updates(database)
        answer = json.loads(await asyncio.wait_for(process.stdout.readline(), 60))
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
    seen: dict[str, list[float]] = answer["seen"]
    lags = [
        (at - committed[int(version)]) * 1000
        for version, times in seen.items()
        if int(version) in committed
        for at in times
    ]
    updates = len(committed)
    # A listener gets one frame when it joins.
    least = (min(answer["got"]) - 1) / updates * 10
    return {"clients": number, "p99_ms": percentile(lags, 0.99), "least": least}


async def _updates(database: Database) -> dict[int, float]:
    """Ten new versions of the figures a second: when each was committed."""
    committed: dict[int, float] = {}
    began = time.monotonic()
    for nth in range(int(SECONDS / EVERY_SECONDS)):
        await asyncio.sleep(max(0, began + nth * EVERY_SECONDS - time.monotonic()))
        version = await _say_facts(database)
        committed[version] = time.monotonic()
    return committed


async def _say_facts(database: Database) -> int:
    """A fact of every ward and light, as a consumer's batch writes them; the new version."""
    facts = [
        Fact("walks", "started", STARTS.date(), f"L050000{nth:02d}", "larkmere-2026", light)
        for nth in range(1, 13)
        for light in ("day", "dark")
    ]
    async with database.transaction() as connection:
        version = await store.take_turn(connection)
        await store.add_facts(connection, facts)
    return version
