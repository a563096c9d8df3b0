"""Behind pgbouncer in transaction mode: two backends for everybody, and everything as before."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from shared.clock import new_id
from shared.postgres import Database, open_database
from tests import infra
from tests.conftest import FreshDatabase
from tests.factories import PLACES
from tests.infra import until
from tests.shared import eventpath as path
from tests.shared.eventpath import consuming, parts, relaying
from tests.system.processes import run

BACKENDS = 2


@pytest.fixture(scope="module")
async def bouncer(postgres_url: str) -> AsyncGenerator[str]:
    """A pgbouncer with so few backends that its clients are always handed another one."""
    with infra.pgbouncer(postgres_url, size=BACKENDS) as url:
        yield url


@pytest.fixture
async def bounced(bouncer: str, fresh_database: FreshDatabase) -> AsyncGenerator[Database]:
    """A database with the event path's tables, reached through it."""
    name = infra.database_name(await fresh_database("shared"))
    async with open_database(infra.database_url(bouncer, name), pgbouncer=True) as database:
        yield database


async def test_many_askers_on_few_backends_each_get_their_own_answer(bounced: Database) -> None:
    """A statement that is kept is looked for on a backend where it is not, or where it is another's."""

    async def ask(number: int) -> None:
        for _ in range(50):
            async with bounced.reading() as connection:
                # Each asker has a statement of its own.
                assert await connection.fetchval(f"select $1::int + {number}", 1) == number + 1
            async with bounced.transaction() as connection:
                assert (
                    await connection.fetchval(f"select $1::text || '{number}'", "n") == f"n{number}"
                )

    await asyncio.gather(*(ask(number) for number in range(8)))


async def test_events_are_said_sent_and_applied_through_it(
    bounced: Database, empty_topics: str
) -> None:
    mine = parts(bounced, empty_topics)
    await path.make_ledger(bounced)
    keys = [new_id() for _ in range(20)]
    async with relaying(mine), consuming(mine, f"test-{new_id()}"):
        await path.say(bounced, *keys, *keys, *keys)
        await until(lambda: path.number_of_effects(bounced, 60), 30)
    assert await path.effects(bounced) == {str(key): [1, 2, 3] for key in keys}


async def test_migrations_do_not_go_through_it() -> None:
    """The lock that keeps two of them apart is a session's, and behind it there are no sessions."""
    given = PLACES | {"database_pgbouncer": True}
    environment = {f"booking_{name}".upper(): str(value) for name, value in given.items()}
    done = await run("booking", "migrate", environment=environment)
    assert done.returncode == 1
    assert "address in BOOKING_DATABASE_URL" in done.stderr
