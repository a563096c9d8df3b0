"""A PostgreSQL of the faults' own: killed with -9, started again, its sessions ended.

Invariant: what was committed before a kill is there after it (fsync is off: only a machine without power
would lose it).
"""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from subprocess import SubprocessError

import asyncpg
import psutil

from tests.infra import make_server, until

PATIENCE_SECONDS = 60
BACK = "select 1"
END_SESSIONS = """
select count(pg_terminate_backend(pid)) from pg_stat_activity
 where pid <> pg_backend_pid() and backend_type = 'client backend'
"""


class Server:
    """The server, reached through a socket in its folder."""

    def __init__(self, folder: Path) -> None:
        self._server = make_server(folder)
        self._server.start()

    @classmethod
    @asynccontextmanager
    async def running(cls) -> "AsyncGenerator[Server]":
        """A started server with nothing in it, while the block lasts."""
        folder = Path(tempfile.mkdtemp(prefix="walkandtalk-postgres-"))
        server = await asyncio.to_thread(cls, folder)
        try:
            yield server
        finally:
            await asyncio.to_thread(server._server.cleanup)
            shutil.rmtree(folder, ignore_errors=True)

    @property
    def url(self) -> str:
        """Its address, as its superuser."""
        return self._server.get_uri()

    @property
    def socket(self) -> Path:
        """Where it listens."""
        folder = self._server.get_postmaster_info().socket_dir
        assert folder is not None
        return folder / ".s.PGSQL.5432"

    async def kill(self) -> None:
        """Kill -9, every process of it."""
        process = self._server.get_postmaster_info().process
        assert process is not None
        family = [process, *process.children(recursive=True)]
        for each in family:
            with suppress(psutil.NoSuchProcess):
                each.kill()
        await asyncio.to_thread(psutil.wait_procs, family, 10)
        (self._server.pgdata / "postmaster.pid").unlink(missing_ok=True)

    async def start(self) -> None:
        """Start after a kill; returns when it has recovered and answers."""
        await until(self._starts, PATIENCE_SECONDS, every=0.2)

    async def _starts(self) -> bool:
        try:
            await asyncio.to_thread(self._server.ensure_postgres_running)
            connection = await asyncpg.connect(self.url, timeout=5)
        # What it says of a pid file that is being written is an assertion.
        except (AssertionError, OSError, SubprocessError, asyncpg.PostgresError):
            return False
        await connection.execute(BACK)
        await connection.close()
        return True

    async def end_sessions(self) -> int:
        """End everybody's sessions; how many."""
        connection = await asyncpg.connect(self.url)
        try:
            return int(await connection.fetchval(END_SESSIONS))
        finally:
            await connection.close()
