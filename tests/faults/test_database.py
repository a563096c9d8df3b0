"""The faults' own PostgreSQL loses nothing that was committed when it is killed."""

import asyncpg
import pytest

from tests.faults.database import Server

# What a client says of a session that is gone, depending on what it was doing.
GONE = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


async def test_what_was_committed_is_there_after_a_kill_and_sessions_can_be_ended() -> None:
    async with Server.running() as server:
        connection = await asyncpg.connect(server.url)
        await connection.execute("create table kept as select 7 as number")
        await server.kill()
        with pytest.raises(GONE):
            await connection.fetchval("select number from kept")
        await server.start()
        again = await asyncpg.connect(server.url)
        assert await again.fetchval("select number from kept") == 7
        assert await server.end_sessions() == 1
        with pytest.raises(GONE):
            await again.fetchval("select number from kept")
