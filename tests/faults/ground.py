"""All that faults happen to: an installation with two workers a service, its Kafka, its PostgreSQL, its load.

Invariant: every process is a real one under a supervisor; nothing of the services runs in this process.
"""

import asyncio
import shutil
import tempfile
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg

from tests.factories import SERVICES
from tests.faults.checker import Evidence, Violation, at_rest
from tests.faults.clients import Clients
from tests.faults.database import Server
from tests.faults.gathering import evidence_of
from tests.faults.history import History
from tests.faults.proxy import Proxy
from tests.faults.supervisor import Supervisor
from tests.faults.volume import volume
from tests.infra import Templates, database_name, free_port, until
from tests.kafka_cluster import KafkaCluster
from tests.kafka_node import require_jars
from tests.kafka_topics import apply_topics
from tests.system.installation import Installation
from tests.system.processes import Process
from tests.system.starting import fresh

PATIENCE_SECONDS = 120
REST_SECONDS = 300
SENDING = "select id from message where state = 'sending'"


@dataclass
class Ground:
    """The proving ground of one run."""

    installation: Installation
    cluster: KafkaCluster
    server: Server
    databases: dict[str, str]
    history: History
    clients: Clients
    proxies: list[Proxy]
    of_postgres: Proxy
    twins: dict[str, Process] = field(default_factory=dict[str, Process])
    # Seconds by what was waited for: ``leader killed -> publishing again``.
    recoveries: dict[str, list[float]] = field(
        default_factory=lambda: defaultdict[str, list[float]](list)
    )
    # Of each outage: events a second that came in meanwhile, and went out afterwards.
    rates: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    sending_at_kill: set[str] = field(default_factory=set[str])
    # Topics that were made anew beside a working relay: in them no order is promised to whoever reads from
    # the start; effects and losses are judged as everywhere.
    unordered: set[str] = field(default_factory=set[str])
    notes: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        for name in SERVICES:
            environment = self.installation.environments[name] | {
                f"{name}_WORKER_PORT".upper(): str(free_port())
            }
            log = self.installation.folder / f"{name}-twin.log"
            self.twins[name] = Process(
                name, "worker", log=log, environment=environment, start_by=fresh
            )
        every = [*self.installation.processes.values(), *self.twins.values()]
        self.supervisor = Supervisor(every, self.note_sending)

    @classmethod
    @asynccontextmanager
    async def running(cls, seed: int, nodes: int) -> "AsyncGenerator[Ground]":
        """Ground that is up and at rest, while the block lasts."""
        require_jars()
        folder = Path(tempfile.mkdtemp(prefix="walkandtalk-faults-"))
        async with AsyncExitStack() as stack:
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            server = await stack.enter_async_context(Server.running())
            cluster = KafkaCluster(folder / "kafka", nodes=nodes)
            proxies = [
                await stack.enter_async_context(behind_a_proxy(node)) for node in cluster.nodes
            ]
            stack.push_async_callback(cluster.kill)
            await cluster.wipe()
            await cluster.start()
            await apply_topics(cluster.bootstrap)
            templates = Templates(server.url)
            databases = {name: await templates.empty() for name in SERVICES}
            installation = await stack.enter_async_context(
                Installation.running(folder, databases, cluster.bootstrap, None, start_by=fresh)
            )
            history = History(folder / "history.jsonl")
            stack.callback(history.close)
            clients = await stack.enter_async_context(Clients.open(installation, history, seed))
            of_postgres = await stack.enter_async_context(Proxy.running(server.socket))
            ground = cls(
                installation, cluster, server, databases, history, clients, proxies, of_postgres
            )
            for twin in ground.twins.values():
                stack.push_async_callback(twin.kill)
                twin.start()
            supervising = asyncio.create_task(ground.supervisor.run())
            stack.push_async_callback(ended, supervising)
            yield ground

    def workers(self, service: str) -> list[Process]:
        """Both workers of a service."""
        return [self.installation.processes[service, "worker"], self.twins[service]]

    def volume(self, seconds: float) -> Process:
        """A process that captures concerns for so long, not yet started."""
        return volume(
            database=self.databases["concerns"],
            history=self.history.file,
            log=self.installation.folder / "volume.log",
            seed=self.clients.seed,
            seconds=seconds,
        )

    def through_kafkas_proxies(self, service: str) -> dict[str, str]:
        """The change to a service's environment by which it reaches Kafka through the proxies."""
        through = ",".join(f"127.0.0.1:{proxy.port}" for proxy in self.proxies)
        return {f"{service}_KAFKA_BOOTSTRAP_SERVERS".upper(): through}

    def through_postgres_proxy(self, service: str) -> dict[str, str]:
        """The same for PostgreSQL."""
        name = database_name(self.databases[service])
        url = f"postgresql://postgres@127.0.0.1:{self.of_postgres.port}/{name}"
        return {f"{service}_DATABASE_URL".upper(): url}

    async def rows(self, service: str, statement: str, *arguments: Any) -> list[asyncpg.Record]:
        """Rows of a statement in a service's database."""
        connection = await asyncpg.connect(self.databases[service])
        try:
            return await connection.fetch(statement, *arguments)
        finally:
            await connection.close()

    async def operate(self, service: str, *words: str) -> None:
        """An operator's command, which must succeed."""
        done = await self.installation.command(service, *words)
        if done.returncode != 0:
            raise RuntimeError(f"{service} {words}: {done.stdout} {done.stderr}")

    async def note_sending(self, process: Process) -> None:
        """Which mails were in hand when a process of notifications died: those may come twice."""
        if process.words[0] == "notifications" and process.code:
            await until(self._have_sending, PATIENCE_SECONDS, every=0.2)

    async def _have_sending(self) -> bool:
        """Note the mails in hand; not, while PostgreSQL is away."""
        try:
            rows = await self.rows("notifications", SENDING)
        except (OSError, asyncpg.PostgresError):
            return False
        self.sending_at_kill |= {str(row["id"]) for row in rows}
        return True

    async def evidence(self) -> Evidence:
        """What the checker is given; every service must be up."""
        return await evidence_of(
            self.installation,
            self.history.calls(),
            self.clients.planted,
            sending_at_kill=self.sending_at_kill,
        )

    async def rest(self) -> Sequence[Violation]:
        """Wait until nothing is under way any more; what still is when patience has ended."""
        await until(self._all_answer, PATIENCE_SECONDS, every=0.5)
        evidence = Evidence((), self.databases, self.cluster.bootstrap)
        left: Sequence[Violation] = ()
        deadline = asyncio.get_running_loop().time() + REST_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            left = await at_rest(evidence)
            if not left:
                return ()
            await asyncio.sleep(1)
        return left

    async def _all_answer(self) -> bool:
        return all([await self.installation.answers(name) for name in SERVICES])


@asynccontextmanager
async def behind_a_proxy(node: Any) -> AsyncGenerator[Proxy]:
    """A proxy before a node, which tells whoever comes by its port to come by it again."""
    inner = free_port()
    async with Proxy.running(inner) as proxy:
        node.settings |= {
            "listeners": f"PLAINTEXT://127.0.0.1:{node.port},PROXIED://127.0.0.1:{inner}"
            f",CONTROLLER://127.0.0.1:{node.controller_port}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{node.port}"
            f",PROXIED://127.0.0.1:{proxy.port}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT"
            ",CONTROLLER:PLAINTEXT",
        }
        yield proxy


async def ended(task: "asyncio.Task[None]") -> None:
    """Cancel a task and see it end; what it died of is raised."""
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        return
