"""A service's tables: Alembic over two folders of revisions, the shared ones and the service's own.

Invariant: only one process migrates a database at a time (an advisory lock), each revision commits by
itself, and a database whose revisions this code does not know is ahead of it, not behind.
"""

import asyncio
import threading
from collections.abc import Iterable
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import asyncpg
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.runtime.migration import RevisionStep
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection as SqlConnection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared.postgres import Database

LOCK = "select pg_advisory_lock(hashtextextended('walkandtalk.migrate', 0))"
HAS_VERSIONS = "select to_regclass('alembic_version') is not null"
VERSIONS = "select version_num from alembic_version"

# ``alembic.op`` is one proxy for the whole process: within it, one migration at a time.
_OP_IN_USE = threading.Lock()


async def upgrade(url: str, service_name: str) -> None:
    """Bring a service's database to this code's level; at once when it is there already.

    Waits while another process migrates the same database.
    """
    await asyncio.to_thread(_upgrade_in_thread, url, service_name)


async def pending_migrations(database: Database, service_name: str) -> list[str]:
    """The revisions that the database still lacks, oldest first; none when it is ahead of this code."""
    async with database.reading() as connection:
        if not await connection.fetchval(HAS_VERSIONS):
            return list(_known(service_name))
        applied = [row["version_num"] for row in await connection.fetch(VERSIONS)]
    return missing(applied, _known(service_name))


def missing(applied: Iterable[str], known: dict[str, tuple[str, ...]]) -> list[str]:
    """The known revisions that ``applied`` neither names nor builds upon.

    ``known`` is revision -> the revisions that it needs, oldest first.
    """
    reached: set[str] = set()
    waiting = list(applied)
    while waiting:
        revision = waiting.pop()
        if revision not in known:
            return []
        reached.add(revision)
        waiting += known[revision]
    return [revision for revision in known if revision not in reached]


def config_for(service_name: str) -> Config:
    """Alembic's configuration for a service: the two folders of revisions."""
    home = Path(__file__).parent / "migrations"
    config = Config()
    config.set_main_option("script_location", str(home))
    config.set_main_option("path_separator", "newline")
    packages = (home, _package_folder(service_name) / "migrations")
    versions = dict.fromkeys(str(folder / "versions") for folder in packages)
    config.set_main_option("version_locations", "\n".join(versions))
    return config


def _package_folder(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise LookupError(f"there is no installed package {name!r}")
    return Path(spec.submodule_search_locations[0])


@cache
def _known(service_name: str) -> dict[str, tuple[str, ...]]:
    scripts = ScriptDirectory.from_config(config_for(service_name)).walk_revisions()
    return {script.revision: _needs(script) for script in reversed(list(scripts))}


def _needs(script: Script) -> tuple[str, ...]:
    found: list[str] = []
    for named in (script.down_revision, script.dependencies):
        found += [named] if isinstance(named, str) else (named or ())
    return tuple(found)


def _upgrade_in_thread(url: str, service_name: str) -> None:
    with _OP_IN_USE:
        asyncio.run(_upgrade(url, service_name))


async def _upgrade(url: str, service_name: str) -> None:
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=partial(asyncpg.connect, url), poolclass=NullPool
    )
    try:
        async with engine.connect() as connection:
            await connection.run_sync(
                _migrate, ScriptDirectory.from_config(config_for(service_name))
            )
    finally:
        await engine.dispose()


def _migrate(connection: SqlConnection, scripts: ScriptDirectory) -> None:
    """Run what is missing; the session's lock goes with the connection."""
    connection.exec_driver_sql(LOCK)
    connection.commit()

    def steps(heads: Any, _: MigrationContext) -> list[RevisionStep]:
        # what alembic.command.upgrade itself calls, without its search for a configuration file
        return scripts._upgrade_revs("heads", heads)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]

    context = MigrationContext.configure(
        connection, opts={"fn": steps, "transaction_per_migration": True, "script": scripts}
    )
    with Operations.context(context):
        context.run_migrations()
