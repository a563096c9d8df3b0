"""A whole installation: four services as eight processes, an issuer, a mail server, Kafka, PostgreSQL.

Nothing of the services is in this process: they are told their settings and asked over HTTP.
"""

import asyncio
import base64
import json
import os
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import asyncpg
import httpx
import pytest
import yaml
from confluent_kafka import KafkaException

from shared.clock import new_id
from tests.factories import ROOT, SERVICES
from tests.infra import free_port, until
from tests.kafka_node import KafkaNode, go_without_a_node
from tests.shared.otherclient import OnTopic, on_topic
from tests.system.mailbox import Mailbox
from tests.system.processes import Process, run
from tests.system.starting import Start, forked

OFFICERS = 400
# Seconds after which a walk of the impatient team is overdue; the other team has a quarter of an hour.
GRACE_SECONDS = 2
IMPATIENT = 40
PEOPLE_SECRET = "secret-of-those-who-test"


def a_key() -> str:
    """32 random bytes, base64url."""
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


class Installation:
    """The processes of one installation and how to reach them."""

    def __init__(
        self,
        folder: Path,
        databases: Mapping[str, str],
        bootstrap: str,
        node: KafkaNode | None,
        start_by: Start,
    ) -> None:
        self.folder = folder
        self.bootstrap = bootstrap
        self.mailbox = Mailbox()
        self._node = node
        self._ports = {name: free_port() for name in (*SERVICES, "issuer")}
        self._worker_ports = {name: free_port() for name in SERVICES}
        self._secrets = {name: a_key() for name in SERVICES}
        self.environments = {name: self._environment(name, databases[name]) for name in SERVICES}
        self.processes = {
            (name, role): Process(
                name,
                role,
                log=folder / f"{name}-{role}.log",
                environment=self.environments[name],
                start_by=start_by,
            )
            for name in SERVICES
            for role in ("api", "worker")
        }
        self._http = httpx.AsyncClient(timeout=15, trust_env=False)
        self._tokens: dict[str, str] = {}

    @classmethod
    @asynccontextmanager
    async def running(
        cls,
        folder: Path,
        databases: Mapping[str, str],
        bootstrap: str,
        node: KafkaNode | None,
        *,
        start_by: Start = forked,
    ) -> "AsyncGenerator[Installation]":
        """An installation that is up: migrated, seeded, every process ready."""
        installation = cls(folder, databases, bootstrap, node, start_by)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(installation.kill_all)
            stack.enter_context(installation.mailbox.open())
            issuer = installation.start_issuer()
            stack.push_async_callback(issuer.kill)
            await installation.prepare()
            await asyncio.gather(*(installation.start(name) for name in SERVICES))
            yield installation

    @property
    def node(self) -> KafkaNode:
        """The Kafka, where it is the tests' own to stop and wipe."""
        if self._node is None:
            go_without_a_node()
        return self._node

    def _environment(self, name: str, database_url: str) -> dict[str, str]:
        common = {
            "database_url": database_url,
            "kafka_bootstrap_servers": self.bootstrap,
            "port": self._ports[name],
            "worker_port": self._worker_ports[name],
            "oidc_issuer": f"{self.origin('issuer')}/issuer",
            "oidc_client_id": name,
            "oidc_client_secret": self._secrets[name],
            "session_key": a_key(),
            "areas_dir": ROOT / "deploy" / "areas",
            "log_level": "info",
        }
        own: dict[str, dict[str, object]] = {
            "booking": {
                "link_keys": f"tests:{a_key()}",
                "contact_key": a_key(),
                "people_keys": f"tests:{a_key()}",
                "erasure_list": self.folder / "erased",
                "notifications_url": self.origin("notifications"),
                "tries_per_minute": 100_000,
            },
            "notifications": {
                "booking_url": self.origin("booking"),
                "smtp_host": "127.0.0.1",
                "smtp_port": self.mailbox.port,
                "smtp_starttls": "false",
                "smtp_from": "walks@force.example",
                "supervisor_mailbox": "supervisor@force.example",
                "coordinators_mailbox": "coordinators@force.example",
                "control_room_mailbox": "control-room@force.example",
            },
        }
        settings = {**common, **own.get(name, {})}
        return {f"{name}_{setting}".upper(): str(value) for setting, value in settings.items()}

    def origin(self, name: str) -> str:
        """Scheme, host and port of a service, or of the issuer."""
        return f"http://127.0.0.1:{self._ports[name]}"

    def start_issuer(self) -> Process:
        """Start the issuer, without waiting for it."""
        clients: dict[str, Any] = {
            name: {"secret": secret, "redirect_uris": [f"{self.origin(name)}/{name}/signed-in"]}
            for name, secret in self._secrets.items()
        }
        clients["people"] = {"secret": PEOPLE_SECRET, "for_people": True}
        known = self.folder / "clients.json"
        known.write_text(json.dumps(clients))
        words = ["embedded.issuer", "--port", str(self._ports["issuer"]), "--clients", str(known)]
        words += ["--keys", str(self.folder / "keys")]
        issuer = Process(*words, log=self.folder / "issuer.log", environment={})
        issuer.start()
        return issuer

    async def prepare(self) -> None:
        """Tables by each service's own command; teams and officers by booking's."""
        migrated = await asyncio.gather(*(self.command(name, "migrate") for name in SERVICES))
        assert [done.returncode for done in migrated] == [0] * len(SERVICES), migrated
        for team, grace, first, number in (
            ("Usual", 900, 1, OFFICERS),
            ("Impatient", GRACE_SECONDS, OFFICERS + 1, IMPATIENT),
        ):
            file = self.folder / f"{team}.yaml"
            file.write_text(yaml.safe_dump(a_seed(team, grace, first, number)))
            seeded = await self.command("booking", "seed", str(file))
            assert seeded.returncode == 0, seeded

    async def start(self, name: str) -> None:
        """Start a service's two processes, and return when both are ready."""
        for role in ("api", "worker"):
            self.processes[name, role].start()
        await until(lambda: self.is_ready(name), 60, every=0.1)

    async def is_ready(self, name: str) -> bool:
        """Whether a service's api takes requests and its worker is at work; fails when one has ended."""
        for role in ("api", "worker"):
            process = self.processes[name, role]
            if not process.alive:
                pytest.fail(f"{process.words} ended: {process.log.read_text()[-3000:]}")
        return await self.answers(name)

    async def answers(self, name: str) -> bool:
        """The same, of processes that somebody else starts again."""
        asked = (
            f"{self.origin(name)}/readyz",
            f"http://127.0.0.1:{self._worker_ports[name]}/healthz",
        )
        try:
            return all([(await self._http.get(url)).status_code == 200 for url in asked])
        except httpx.TransportError:
            return False

    async def metrics(self, name: str) -> list[str]:
        """What a service's api and its worker tell Prometheus."""
        ports = (self._ports[name], self._worker_ports[name])
        asked = [await self._http.get(f"http://127.0.0.1:{port}/metrics") for port in ports]
        return [answer.text for answer in asked]

    async def has_caught_up(self, name: str) -> bool:
        """Whether a service has applied all that its topics hold, by its own figures."""
        _, text = await self.metrics(name)
        found = dict(line.rsplit(" ", 1) for line in text.splitlines() if line[:1] != "#")
        return float(found["consumer_lag_events"]) == 0

    async def records(self, topic: str) -> list[OnTopic]:
        """Everything on a topic, as another client reads it; waits for a Kafka that is coming up."""
        deadline = time.monotonic() + 30
        while True:
            try:
                return await on_topic(self.bootstrap, topic)
            except KafkaException:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.2)

    async def told(self, topic: str, key: str) -> list[str]:
        """What a topic tells of a walk, a wish or an alert, in order: ``walk.confirmed`` and the like."""
        records = await self.records(topic)
        types = [each.headers["ce_type"] for each in records if each.key == key]
        return [".".join(each.split(".")[2:-1]) for each in types]

    async def in_database(self, name: str, statement: str, *values: Any) -> None:
        """Do in a service's database what only time could do."""
        connection = await asyncpg.connect(self.environments[name][f"{name}_DATABASE_URL".upper()])
        try:
            await connection.execute(statement, *values)
        finally:
            await connection.close()

    async def stop(self, name: str) -> None:
        """Stop both processes of a service in good order."""
        await asyncio.gather(*(self.processes[name, role].stop() for role in ("api", "worker")))

    async def kill(self, name: str) -> None:
        """Kill -9 both processes of a service."""
        await asyncio.gather(*(self.processes[name, role].kill() for role in ("api", "worker")))

    async def kill_all(self) -> None:
        """End everything."""
        await asyncio.gather(*(self.kill(name) for name in SERVICES))
        await self._http.aclose()

    async def command(self, name: str, *words: str) -> "CompletedProcess[str]":
        """Run a command of a service as an operator would."""
        return await run(name, *words, environment=self.environments[name])

    async def ask(
        self, method: str, path: str, *, role: str | None = None, once: bool = False, **more: Any
    ) -> httpx.Response:
        """One HTTP request to the service that the path begins with, as somebody in a role.

        ``once`` sends an Idempotency-Key.
        """
        headers = {"Authorization": f"Bearer {await self.token(role)}"} if role else {}
        if once:
            headers["Idempotency-Key"] = str(new_id())
        name = path.split("/")[1]
        return await self._http.request(
            method, f"{self.origin(name)}{path}", headers=headers, **more
        )

    async def token(self, role: str) -> str:
        """A bearer token of somebody in a role."""
        if role not in self._tokens:
            form = {"grant_type": "client_credentials", "role": role}
            url = f"{self.origin('issuer')}/issuer/token"
            answer = await self._http.post(url, data=form, auth=("people", PEOPLE_SECRET))
            self._tokens[role] = answer.raise_for_status().json()["access_token"]
        return self._tokens[role]

    def logs(self) -> str:
        """Everything that any process has written."""
        return "\n".join(path.read_text() for path in sorted(self.folder.glob("*.log")))


def a_seed(team: str, grace: int, first: int, number: int) -> dict[str, Any]:
    """A seed file's content: so many officers that none is ever busy, nor done for the day."""
    policy = {
        "name": team,
        "min_notice_minutes": 0,
        "buffer_minutes": 0,
        "grace_seconds": grace,
        "daily_limit": 100,
    }
    officers = [
        {"subject": f"officer-{nth}", "display_name": f"PC {team} {nth:03d}", "role": "PC"}
        for nth in range(first, first + number)
    ]
    return {"team": policy, "officers": officers}
