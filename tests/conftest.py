"""Fixtures that every folder of tests may ask for; what they stand on is in ``tests.infra``."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import ExitStack
from typing import Any

import pytest

from shared.postgres import Database, open_database
from tests import infra
from tests.infra import BEHIND_PGBOUNCER
from tests.kafka import choose_kafka
from tests.kafka_node import KafkaNode
from tests.kafka_topics import renew_topics
from tests.tokens import TestIssuer, running_issuer

LONG = ("tests/faults/", "tests/system/", "tests/browser/", "tests/shared/")
FreshDatabase = Callable[[str], Awaitable[str]]


def pytest_sessionstart(session: pytest.Session) -> None:
    """CI goes with the real things or not at all."""
    if not session.config.option.collectonly:
        infra.require_real_things()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Folders whose files take minutes go first: begun last, they would keep one worker while others rest."""
    items.sort(
        key=lambda item: next(
            (nth for nth, name in enumerate(LONG) if name in item.nodeid), len(LONG)
        )
    )


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of several (`-n 3`) hands what is to be said to the one that speaks."""
    output: dict[str, object] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["said"] = infra.SAID


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what a worker has to say, each thing once; one that crashed says nothing."""
    told: list[str] = getattr(node, "workeroutput", {}).get("said", [])
    infra.SAID += [line for line in told if line not in infra.SAID]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which Kafka it was; loudly when it was none."""
    for line in infra.SAID:
        terminalreporter.write_line(line, yellow=True, bold=True)


@pytest.fixture(scope="session")
def postgres_url() -> Generator[str]:
    """A PostgreSQL server: TEST_POSTGRES_URL, or one of our own in a temporary folder."""
    with infra.postgres() as url:
        yield url


@pytest.fixture(scope="session")
async def templates(postgres_url: str) -> AsyncGenerator[infra.Templates]:
    """One migrated database a service, to be cloned."""
    with ExitStack() as stack:
        through = stack.enter_context(infra.pgbouncer(postgres_url)) if BEHIND_PGBOUNCER else None
        found = infra.Templates(postgres_url, through)
        yield found
        await found.drop()


@pytest.fixture
async def fresh_database(templates: infra.Templates) -> AsyncGenerator[FreshDatabase]:
    """Gives the address of a new, migrated database of the named service; dropped after the test."""
    made: list[str] = []

    async def fresh(service: str) -> str:
        made.append(await templates.clone(service))
        return made[-1]

    yield fresh
    for url in made:
        await templates.drop_database(url)


@pytest.fixture
async def shared_database(fresh_database: FreshDatabase) -> AsyncGenerator[Database]:
    """A database with the event path's tables alone."""
    url = await fresh_database("shared")
    async with open_database(url, pgbouncer=BEHIND_PGBOUNCER) as database:
        yield database


@pytest.fixture
async def booking_database(fresh_database: FreshDatabase) -> AsyncGenerator[Database]:
    """Booking's database, migrated and empty."""
    url = await fresh_database("booking")
    async with open_database(url, pgbouncer=BEHIND_PGBOUNCER) as database:
        yield database


@pytest.fixture
async def concerns_database(fresh_database: FreshDatabase) -> AsyncGenerator[Database]:
    """Concerns' database, migrated and empty."""
    url = await fresh_database("concerns")
    async with open_database(url, pgbouncer=BEHIND_PGBOUNCER) as database:
        yield database


@pytest.fixture
async def notifications_database(fresh_database: FreshDatabase) -> AsyncGenerator[Database]:
    """Notifications' database, migrated and empty."""
    url = await fresh_database("notifications")
    async with open_database(url, pgbouncer=BEHIND_PGBOUNCER) as database:
        yield database


@pytest.fixture
async def reporting_database(fresh_database: FreshDatabase) -> AsyncGenerator[Database]:
    """Reporting's database, migrated and empty."""
    url = await fresh_database("reporting")
    async with open_database(url, pgbouncer=BEHIND_PGBOUNCER) as database:
        yield database


@pytest.fixture(scope="session")
def issuer() -> Generator[TestIssuer]:
    """Who signs tokens; a service believes it when its ``oidc_issuer`` is ``issuer.url``."""
    with running_issuer() as found:
        yield found


@pytest.fixture(scope="session")
async def kafka_bootstrap() -> AsyncGenerator[str]:
    """Address of the session's Kafka, with every topic of topics.yaml on it."""
    async with choose_kafka() as bootstrap:
        yield bootstrap


@pytest.fixture
async def empty_topics(kafka_bootstrap: str) -> str:
    """The session's Kafka with all our topics made anew: nothing of an earlier test is on them."""
    await renew_topics(kafka_bootstrap)
    return kafka_bootstrap


@pytest.fixture
async def kafka_node() -> AsyncGenerator[KafkaNode]:
    """A Kafka of the test's own, running, with our topics: to be stopped, killed and wiped."""
    async with KafkaNode.running() as node:
        yield node
