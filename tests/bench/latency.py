"""From a booking's POST to the row in reporting, less what Kafka alone takes in the same minute."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import uuid4

import asyncpg
import httpx

from tests.bench.booking import open_slots
from tests.bench.ground import Ground
from tests.bench.measuring import ROUNDS, Round, Row, in_turn, percentile
from tests.infra import free_port, until
from tests.kafka_topics import renew_topics

EVENTS = 200
EVERY_SECONDS = 0.025
PRESENT = "select number from figure_version"


async def measure(ground: Ground) -> list[Row]:
    """Four rows: p50 and p99, with api and worker in one process and in two."""
    await renew_topics(ground.bootstrap)
    async with AsyncExitStack() as stack:
        together = await stack.enter_async_context(_posting(ground, "all"))
        raw = _Raw(ground)
        found = await in_turn({"all": together, "raw": raw}, title="latency")
    async with AsyncExitStack() as stack:
        apart = await stack.enter_async_context(_posting(ground, "api", "worker"))
        split = await in_turn({"apart": apart, "raw": raw}, title="latency, apart")
    rows: list[Row] = []
    for share, must, aim in (("p50_ms", 8, 4), ("p99_ms", 20, 8)):
        name = share.removesuffix("_ms")
        work = f"POST to the row visible in reporting, {name}"
        less = [each["all"][share] - each["raw"][share] for each in found]
        rows.append(
            Row(
                f"latency-{name}",
                f"{work}, `all`",
                "minus raw produce to consume",
                "ms",
                less,
                must=must,
                aim=aim,
                upward=False,
                rounds=found,
            )
        )
        less = [each["apart"][share] - each["raw"][share] for each in split]
        rows.append(
            Row(
                f"latency-apart-{name}",
                f"{work}, api and worker apart",
                "the same",
                "ms",
                less,
                upward=False,
                rounds=split,
            )
        )
    return rows


class _Posting:
    """Posts bookings one by one and waits for each to be seen in reporting's database."""

    def __init__(self, port: int, reporting: asyncpg.Connection, slots: Sequence[str]) -> None:
        self._url = f"http://127.0.0.1:{port}/booking/v1/walks"
        self._reporting = reporting
        self._slots = iter(slots)

    async def __call__(self) -> Round:
        async with httpx.AsyncClient(trust_env=False) as http:
            await self._seen(http)
            took = [await self._seen(http) for _ in range(EVENTS)]
        answered = percentile([each for each, _ in took], 0.5)
        return _shares([each for _, each in took]) | {"answered_p50_ms": answered}

    async def _seen(self, http: httpx.AsyncClient) -> tuple[float, float]:
        """Milliseconds from sending a booking to its answer, and to the figures that show it."""
        slot = next(self._slots)
        body = {"slot_id": slot, "name": "Ada", "email": f"ada.{uuid4().hex}@example.org"}
        before = await self._reporting.fetchval(PRESENT)
        began = time.perf_counter()
        answer = await http.post(
            self._url, json=body | {"adult": True}, headers={"Idempotency-Key": slot}
        )
        answered = time.perf_counter() - began
        assert answer.status_code == 201, answer.text
        while await self._reporting.fetchval(PRESENT) == before:
            await asyncio.sleep(0.0005)
        took = time.perf_counter() - began
        await asyncio.sleep(max(0, EVERY_SECONDS - took))
        return answered * 1000, took * 1000


@asynccontextmanager
async def _posting(ground: Ground, *roles: str) -> AsyncGenerator[_Posting]:
    """Booking and reporting, each in so many processes, up and with partitions assigned."""
    async with AsyncExitStack() as stack:
        url, database = await stack.enter_async_context(ground.opened("booking"))
        slots = await open_slots(database, (EVENTS + 1) * ROUNDS)
        figures = await stack.enter_async_context(ground.database("reporting"))
        port = free_port()
        for service, address, chosen in (("booking", url, port), ("reporting", figures, None)):
            ports = {"port": chosen or free_port(), "worker_port": free_port()}
            environment = ground.environment(service, address, tries_per_minute=10_000_000, **ports)
            for role in roles:
                at = ports["worker_port" if role == "worker" else "port"]
                health = f"http://127.0.0.1:{at}/healthz"
                serving = ground.serving(service, role, environment=environment, url=health)
                await stack.enter_async_context(serving)
        reporting = await asyncpg.connect(figures)
        stack.push_async_callback(reporting.close)

        async def assigned() -> bool:
            known = "select count(*) from consumer_offset"
            return await reporting.fetchval(known) >= 36  # three topics of twelve partitions

        await until(assigned, 60, every=0.1)
        yield _Posting(port, reporting, [str(slot) for slot in slots])


class _Raw:
    """One record produced, the same record consumed, with the same settings."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def __call__(self) -> Round:
        words = (self._ground.bootstrap, str(EVENTS), str(EVERY_SECONDS))
        return _shares(await self._ground.run("tests.bench.yardsticks.raw_round_trip", *words))


def _shares(took: Sequence[float]) -> Round:
    return {"p50_ms": percentile(took, 0.5), "p99_ms": percentile(took, 0.99)}
