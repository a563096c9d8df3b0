"""Stuck is found: a real worker in which one part stops turning ends, and does its work when started again.

``stalls`` holds the ways. Found means: /healthz fails, and the process leaves with the code that supervisors
take as "start me again".
"""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Awaitable
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from shared.clock import new_id
from shared.postgres import Database, open_database
from shared.watchdog import EXIT_STUCK
from tests.conftest import FreshDatabase
from tests.factories import environment_for
from tests.infra import Templates, free_port, until
from tests.kafka_topics import renew_topics
from tests.shared import eventpath as path
from tests.shared.eventpath import parts, relaying
from tests.system.processes import Process

STALL_SECONDS = 8
AT_ONCE = 5
EVENTS = 30

# How each is named in /healthz; a partition's name goes on with its topic.
FOUND_AS: dict[str, str | tuple[str, ...]] = {
    "assigned, never fetched": "partition ",
    "aiokafka's fetcher dead": "partition ",
    "aiokafka's coordinator dead": "consumer",
    "relay dead": "relay",
    "drainer dead": "drainer",
    "tender dead": "tender",
    "timer dead": "timer republish",
    # Whichever is missed first: without answers the relay soon may have no more in flight.
    "settling dead": ("relay", "outbox"),
    "consumer waits for ever": "partition ",
    "relay waits for ever": ("relay", "outbox"),
    "timer waits for ever": "timer republish",
    "loop blocked": "event loop",
}
# What is no stall, and STALL_SECONDS for it: the relay gives a sender ten seconds before it takes another.
NO_STALL = {
    "declared backoff": 3,
    "declared stop": 3,
    "Kafka away": 3,
    "aiokafka's sender dead": 12,
}


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker of booking, whose own database its events come from, or of reporting, which listens."""

    process: Process
    database: Database
    file: Path
    port: int

    async def health(self) -> httpx.Response | None:
        """What /healthz says; None when it says nothing."""
        async with httpx.AsyncClient(timeout=2, trust_env=False) as http:
            try:
                return await http.get(f"http://127.0.0.1:{self.port}/healthz")
            except httpx.TransportError:
                return None

    async def is_well(self) -> bool:
        """Whether it is at work, and all that its partitions hold is applied."""
        if not self.process.alive:
            pytest.fail(self.process.log.read_text()[-3000:])
        answer = await self.health()
        lags = await path.rows(self.database, "select lag from partition_progress")
        return (
            answer is not None and answer.status_code == 200 and {row["lag"] for row in lags} == {0}
        )

    async def fails(self) -> bool:
        """Whether /healthz no longer says that all is well."""
        answer = await self.health()
        return answer is None or answer.status_code != 200


def a_worker(
    stall: str,
    folder: Path,
    database: Database,
    url: str,
    bootstrap: str,
    seconds: float,
) -> Worker:
    """A worker that will stall as told: of the service that ``service_of`` names."""
    port, service, file = free_port(), service_of(stall), folder / "stall"
    environment = environment_for(
        service,
        database_url=url,
        kafka_bootstrap_servers=bootstrap,
        worker_port=port,
        stall_seconds=seconds,
    )
    given = stall if stall not in {"declared stop", "Kafka away"} else "none"
    words = ("tests.system.stalls", given, str(file), service, "worker")
    log = folder / "worker.log"
    return Worker(Process(*words, log=log, environment=environment), database, file, port)


def service_of(stall: str) -> str:
    """Of booking where the relay stalls: reporting has none."""
    relays = "relay" in stall or stall in {"settling dead", "aiokafka's sender dead"}
    return "booking" if relays else "reporting"


async def give_work(worker: Worker, source: Database) -> None:
    """Events for a reader, by Kafka; and for booking's own relay."""
    await path.say(source, *(new_id() for _ in range(EVENTS)))
    if worker.process.words[3] == "booking":
        await path.say(worker.database, *(new_id() for _ in range(EVENTS)))


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a worker: its exit code, how long that took, what was stuck; then started again."""

    code: int
    seconds: float
    stuck: list[str]
    works_again: bool


async def end_and_begin_again(worker: Worker, source: Database, patience: float) -> Told:
    """Let it work, stall it, see it end, and start it as its supervisor would."""
    try:
        worker.process.start()
        await until(worker.is_well, 90, every=0.2)
        worker.file.touch()
        began = time.monotonic()
        await give_work(worker, source)
        await until(worker.fails, patience, every=0.1)
        code = await worker.process.ended(20)
        took, stuck = time.monotonic() - began, said_to_be_stuck(worker.process.log)
        worker.file.unlink()
        worker.process.start()
        works = await until(worker.is_well, 90, every=0.2)
        await until(lambda: path.outbox_is_empty(worker.database), 60)
        return Told(code, took, stuck, works)
    finally:
        await worker.process.kill()


def said_to_be_stuck(log: Path) -> list[str]:
    """What the watchdog named when it ended the process."""
    lines = [json.loads(line) for line in log.read_text().splitlines() if "watchdog.stuck" in line]
    return lines[-1]["stuck"] if lines else []


@pytest.fixture(scope="module")
async def source(kafka_bootstrap: str, templates: Templates) -> AsyncGenerator[Database]:
    """A database whose events go to Kafka for as long as this module lasts."""
    await renew_topics(kafka_bootstrap)
    url = await templates.clone("shared")
    async with open_database(url) as database, relaying(parts(database, kafka_bootstrap)):
        yield database
    await templates.drop_database(url)


async def in_a_world_of_its_own(
    stall: str,
    source: Database,
    templates: Templates,
    bootstrap: str,
    folders: pytest.TempPathFactory,
    *,
    seconds: float,
) -> Told:
    """The whole story of one stall, with a database and a group that no other has."""
    url = await templates.clone(service_of(stall))
    try:
        async with open_database(url, size=2) as database:
            folder = folders.mktemp("stalled")
            worker = a_worker(stall, folder, database, url, bootstrap, seconds)
            return await end_and_begin_again(worker, source, 1.5 * seconds + 20)
    finally:
        await templates.drop_database(url)


@pytest.fixture(scope="module")
async def stories(
    source: Database,
    templates: Templates,
    kafka_bootstrap: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncGenerator[dict[str, Awaitable[Told]]]:
    """Every stall, a few at a time: a test waits for its own."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def story(stall: str) -> Told:
        async with turns:
            return await in_a_world_of_its_own(
                stall, source, templates, kafka_bootstrap, tmp_path_factory, seconds=STALL_SECONDS
            )

    tasks = {stall: asyncio.create_task(story(stall)) for stall in FOUND_AS}
    yield dict(tasks)
    for task in tasks.values():
        task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)


@pytest.mark.parametrize("stall", FOUND_AS)
async def test_a_stall_ends_the_process_which_works_when_started_again(
    stories: dict[str, Awaitable[Told]], stall: str
) -> None:
    told = await stories[stall]
    assert told.code == EXIT_STUCK
    # Found within half a limit more, ended within ten seconds; the rest is a busy machine's.
    assert told.seconds <= 1.5 * STALL_SECONDS + 10 + 5
    assert [name for name in told.stuck if name.startswith(FOUND_AS[stall])]
    assert told.works_again


@pytest.mark.soak
@pytest.mark.parametrize("reason", NO_STALL)
async def test_what_waits_on_purpose_or_heals_is_left_alone(
    reason: str,
    source: Database,
    fresh_database: FreshDatabase,
    kafka_bootstrap: str,
    tmp_path: Path,
) -> None:
    url = await fresh_database(service_of(reason))
    bootstrap = "127.0.0.1:1" if reason == "Kafka away" else kafka_bootstrap
    async with open_database(url, size=2) as database:
        worker = a_worker(reason, tmp_path, database, url, bootstrap, NO_STALL[reason])
        try:
            worker.process.start()
            if reason == "Kafka away":
                await until(worker.health, 60)
            else:
                await until(worker.is_well, 60, every=0.2)
            if reason == "declared stop":
                await stop(database)
            worker.file.touch()
            await give_work(worker, source)
            await well_for(worker, 15)
            if reason == "aiokafka's sender dead":
                await until(lambda: path.outbox_is_empty(database), 30)
        finally:
            await worker.process.kill()


async def stop(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(
            "insert into consumer_stop (consumer, reason) values ('reporting', 'tried')"
        )


async def well_for(worker: Worker, seconds: float) -> None:
    """All the time /healthz says that nothing is stuck."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = await worker.health()
        assert answer is not None, worker.process.log.read_text()[-2000:]
        assert answer.json() == {"alive": True, "stuck": []}
        await asyncio.sleep(0.2)


@pytest.mark.soak
async def test_with_settings_as_they_come_a_stall_is_found_within_ninety_seconds(
    source: Database,
    templates: Templates,
    kafka_bootstrap: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    tried = (
        "assigned, never fetched",
        "tender dead",
        "relay waits for ever",
        "timer waits for ever",
        "loop blocked",
    )

    async def story(stall: str) -> Told:
        return await in_a_world_of_its_own(
            stall, source, templates, kafka_bootstrap, tmp_path_factory, seconds=60
        )

    for stall, told in zip(tried, await asyncio.gather(*map(story, tried)), strict=True):
        print(f"{stall}: found after {told.seconds:.0f} s")  # noqa: T201 - the run's own report
        assert told.code == EXIT_STUCK
        assert told.seconds <= 90
