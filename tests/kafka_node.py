"""One Apache Kafka of a test's own, out of Maven's jars: it can be stopped, killed and wiped.

Invariant: CI does not go without; elsewhere the tests that need one are skipped.
"""

import asyncio
import base64
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NoReturn

import pytest
from aiokafka.errors import KafkaError

from shared.kafka import open_admin
from tests import keyring
from tests.infra import free_port, in_ci, until
from tests.kafka_topics import DEPLOY, ROOT, apply_topics
from tests.keyring import BROKER, OPERATOR, Keyring

# `make kafkas` runs the event path's tests on the other Kafkas that are promised.
SHIPPED = "4.3.1"
VERSION = os.environ.get("KAFKA_VERSION", SHIPPED)
SECURED = os.environ.get("KAFKA_SECURED") == "1"
NODES = int(os.environ.get("KAFKA_NODES", "1"))
JARS = ROOT / ".tools" / ("kafka" if VERSION == SHIPPED else f"kafka-{VERSION}")
JAVA = ["java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", f"{JARS}/*"]


def jars_can_run() -> bool:
    """Whether Java 17 or later and Maven are here, and Kafka's jars fetched (once a checkout)."""
    if shutil.which("java") is None or shutil.which("mvn") is None:
        return False
    version = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False)
    major = version.stderr.partition('"')[2].partition(".")[0].partition('"')[0]
    if not major.isdigit() or int(major) < 17:
        return False
    return (
        subprocess.run(
            ["make", "-s", "-C", str(ROOT), f".tools/{JARS.name}/fetched"], check=False
        ).returncode
        == 0
    )


def go_without_a_node() -> NoReturn:
    """Skip a test that stops or wipes a Kafka of its own; CI does not go without."""
    if in_ci():
        pytest.exit("CI=true and no Kafka to stop and wipe: needs Java 17 and Maven", 3)
    pytest.skip("needs a Kafka of its own: Java 17 and Maven")


def require_jars() -> None:
    """Skip the test where no Kafka of its own can be run."""
    if not jars_can_run():
        go_without_a_node()


def new_identity() -> str:
    """A cluster's identity: 16 bytes, as Kafka spells them."""
    # Never with a dash first, which would be an option.
    return base64.urlsafe_b64encode(b"W" + os.urandom(15)).decode().rstrip("=")


class KafkaNode:
    """One Apache Kafka node, broker and controller, in a folder of its own.

    ``settings`` replace those of deploy's server.properties; they are read at each wipe, so that what
    needs the ports of several nodes may be set once all are made.
    """

    def __init__(
        self,
        folder: Path,
        settings: Mapping[str, str] | None = None,
        keys: Keyring | None = None,
    ) -> None:
        self.folder, self._keys = folder, keys
        self.port, self.controller_port = free_port(), free_port()
        self.settings = dict(settings or {})
        self._config, self._log = folder / "server.properties", folder / "kafka.log"
        self._process: subprocess.Popen[bytes] | None = None
        if keys:
            keys.know(self.bootstrap)

    @classmethod
    @asynccontextmanager
    async def running(
        cls, settings: Mapping[str, str] | None = None, *, secured: bool = SECURED
    ) -> AsyncGenerator["KafkaNode"]:
        """A started node with our topics; skips the test where none can be run."""
        require_jars()
        folder = Path(tempfile.mkdtemp(prefix="walkandtalk-kafka-"))
        node = cls(folder, settings, Keyring(folder / "secrets") if secured else None)
        try:
            await node.wipe()
            await node.start()
            await apply_topics(node.bootstrap)
            yield node
        finally:
            await node.kill()
            shutil.rmtree(folder, ignore_errors=True)

    @property
    def bootstrap(self) -> str:
        """The node's address, the same for its whole life."""
        return f"127.0.0.1:{self.port}"

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self._process is not None and self._process.poll() is None

    async def wipe(self, identity: str | None = None, *more: str) -> None:
        """Throw all data away: the next start is an empty cluster with an id of its own, or the one given.

        ``more`` are words for Kafka's storage tool, as ``--add-scram``.
        """
        await self.kill()
        shutil.rmtree(self.folder / "data", ignore_errors=True)
        self._config.write_text(self._properties())
        words = ["format", "-t", identity or new_identity(), *self._first_users(), *more, "-c"]
        formatting = self._java("kafka.tools.StorageTool", *words)
        if await asyncio.to_thread(formatting.wait, 60) != 0:
            pytest.fail(self._log.read_text()[-2000:])

    async def start(self) -> None:
        """Start, and return when it answers a client."""
        self.launch()
        await until(self._answers, 120, every=0.1)  # under load, several JVMs on two cores

    def launch(self) -> None:
        """Start, without waiting for anything: one of several answers only when most of them are up."""
        self._process = self._java("kafka.Kafka")

    async def stop(self) -> None:
        """Stop in good order; its data stays."""
        await self._end(subprocess.Popen.terminate)

    async def kill(self) -> None:
        """Kill -9; its data stays."""
        await self._end(subprocess.Popen.kill)

    async def _end(self, how: Callable[["subprocess.Popen[bytes]"], None]) -> None:
        if self._process is not None:
            how(self._process)
            await asyncio.to_thread(self._process.wait, 40)
            self._process = None

    async def _answers(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            pytest.fail(f"Kafka ended by itself: {self._log.read_text()[-2000:]}")
        try:
            async with open_admin(keyring.as_operator(self.bootstrap)) as admin:
                return bool((await admin.describe_cluster())["brokers"])
        except (KafkaError, OSError, ValueError):  # half-started, it may name no controller yet
            return False

    def _java(self, *words: str) -> "subprocess.Popen[bytes]":
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [*JAVA, *words, str(self._config)], stdout=log, stderr=log, env=self._environment()
            )

    def _environment(self) -> dict[str, str]:
        if self._keys is None:
            return dict(os.environ)
        mine = {"SECRETS": str(self._keys.folder), "BROKER_PASSWORD": self._keys.password(BROKER)}
        return os.environ | mine

    def _first_users(self) -> list[str]:
        """Those whom a secured cluster must know before it can be told of others."""
        if self._keys is None:
            return []
        known = [
            f"[name={name},password={self._keys.password(name)}]" for name in (BROKER, OPERATOR)
        ]
        return [word for each in known for word in ("--add-scram", f"SCRAM-SHA-512={each}")]

    def _properties(self) -> str:
        """Deploy's own files, with this node's ports and folder; of a setting given twice the last one counts."""
        text = (DEPLOY / "server.properties").read_text()
        if self._keys:
            text += (DEPLOY / "secured.properties").read_text()
        text = text.replace(":9092", f":{self.port}").replace(":9093", f":{self.controller_port}")
        text = text.replace(".data/kafka", str(self.folder / "data"))
        return text + "".join(f"\n{name}={value}" for name, value in self.settings.items())
