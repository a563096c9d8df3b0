"""One service's PostgreSQL: the pool, the transaction, and which faults are the infrastructure's.

Invariant: a transaction commits at the end of ``Database.transaction`` and nowhere else; after the
commit the bell rings, so that a relay in the same process looks at the outbox at once.
"""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import asyncpg
from asyncpg.pool import PoolConnectionProxy

if TYPE_CHECKING:
    Connection = PoolConnectionProxy[asyncpg.Record]
else:  # it is generic in its stubs only
    Connection = PoolConnectionProxy

# SQLSTATE classes that say "the database", not "this event": connection, rollback (deadlock,
# serialisation), resources, operator (shutdown, cancel), system.
INFRASTRUCTURE_CLASSES = frozenset({"08", "40", "53", "57", "58"})

CONNECT_SECONDS = 10


class Bell:
    """Wakes whoever waits in this process; a ring that nobody hears yet is kept."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wake the waiter."""
        self._rung.set()

    async def wait(self, seconds: float) -> None:
        """Return at a ring, or after so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        except TimeoutError:
            return
        self._rung.clear()


class Database:
    """A pool of connections to one service's database, and the bell of its commits."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", *, pgbouncer: bool = False) -> None:
        self.pool = pool
        self.committed = Bell()
        self._pgbouncer = pgbouncer

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Connection]:
        """A transaction: committed when the block ends, rolled back when it raises."""
        async with self.pool.acquire() as connection, connection.transaction():
            yield connection
        self.committed.ring()

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[Connection]:
        """A connection for statements that change nothing."""
        async with self.pool.acquire() as connection:
            yield connection


@asynccontextmanager
async def open_database(
    url: str, *, size: int = 10, pgbouncer: bool = False
) -> AsyncGenerator[Database]:
    """Open the pool of one service; closed within five seconds when the block ends."""
    pool = await asyncpg.create_pool(
        url,
        min_size=min(2, size),
        max_size=size,
        init=_prepare,
        reset=_as_it_is,
        # pgbouncer hands out another backend for each transaction: a kept statement is not there.
        statement_cache_size=0 if pgbouncer else 100,
        timeout=CONNECT_SECONDS,
        command_timeout=30,
    )
    try:
        yield Database(pool)
    finally:
        try:
            await asyncio.wait_for(pool.close(), 5)
        except TimeoutError:
            pool.terminate()


async def _as_it_is(_: Any) -> None:
    """Nothing here changes a session, so asyncpg's usual reset would be a round trip for nothing.

    It rolls back what was left open all the same.
    """


async def _prepare(connection: Any) -> None:
    for name in ("json", "jsonb"):
        await connection.set_type_codec(
            name, schema="pg_catalog", encoder=json.dumps, decoder=json.loads
        )


def is_infrastructure(error: BaseException) -> bool:
    """Whether a fault is the infrastructure's (retry for ever) and not an event's own (park it)."""
    if isinstance(error, asyncpg.PostgresError):
        return (error.sqlstate or "")[:2] in INFRASTRUCTURE_CLASSES
    if isinstance(error, ValueError):  # asyncpg's client-side DataError: a value that does not fit
        return False
    # A server that dies amid a statement leaves asyncpg's own state broken: InternalClientError.
    broken = asyncpg.InterfaceError | asyncpg.InternalClientError
    return isinstance(error, OSError | TimeoutError | broken)
