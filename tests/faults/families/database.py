"""PostgreSQL dies, drops its sessions, is held up, or must break a deadlock."""

import asyncio
import random
from contextlib import suppress

import asyncpg

from tests.factories import SERVICES
from tests.faults.families.family import Family
from tests.faults.ground import Ground

# Reporting writes its offset first and the version row later: whoever holds them the other way round.
HOLD_VERSION = "select number from figure_version for update"
WANT_OFFSETS = (
    "select next_offset from consumer_offset order by topic desc, partition desc for update"
)
HOLD_COUNTERS = "select count(*) from (select 1 from event_counter limit 100 for update) held"


async def killed(ground: Ground, chance: random.Random) -> None:
    """Kill -9, all of it; it recovers when it is started again."""
    await ground.server.kill()
    await asyncio.sleep(chance.uniform(1, 8))
    await ground.server.start()


async def sessions_ended(ground: Ground, chance: random.Random) -> None:
    """Every session is ended by the server, a few times."""
    for _ in range(chance.randint(1, 3)):
        await ground.server.end_sessions()
        await asyncio.sleep(chance.uniform(0.5, 3))


async def long_transaction(ground: Ground, chance: random.Random) -> None:
    """Somebody leaves a transaction open that has counted something and holds some rows."""
    service = chance.choice(SERVICES)
    connection = await asyncpg.connect(ground.databases[service])
    try:
        async with connection.transaction():
            await connection.fetchval(HOLD_COUNTERS)
            await asyncio.sleep(chance.uniform(15, 30))
    finally:
        await connection.close()


async def deadlocks(ground: Ground, chance: random.Random) -> None:
    """Somebody takes reporting's locks in the wrong order, until PostgreSQL has ended one or the other."""
    for _ in range(chance.randint(3, 6)):
        connection = await asyncpg.connect(ground.databases["reporting"])
        try:
            with suppress(asyncpg.DeadlockDetectedError):
                async with connection.transaction():
                    await connection.execute(HOLD_VERSION)
                    await asyncio.sleep(0.5)
                    await connection.execute(WANT_OFFSETS)
        finally:
            await connection.close()
        await asyncio.sleep(chance.uniform(0.2, 1))


FAMILIES = (
    Family("PostgreSQL killed", killed),
    Family("PostgreSQL ends every session", sessions_ended),
    Family("a transaction left open", long_transaction),
    Family("deadlocks", deadlocks),
)
