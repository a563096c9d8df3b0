"""The embedded platform as a process of its own, for tests.

Invariant: each in a folder and on a port of its own; whatever a test does to it, nothing of it is left.
"""

import asyncio
import json
import os
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.infra import until

UP_SECONDS = 40.0
QUIET_SECONDS = 40.0
SERVICES = ("booking", "concerns", "notifications", "reporting")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> list[str]:
        """The lines on its error output."""
        return self.err.strip().splitlines()


async def embedded(*words: str, **environment: str) -> Ended:
    """Run ``python -m embedded`` to its end."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "embedded", *words),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **environment},
        start_new_session=True,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return Ended(process.returncode, out.decode(), err.decode())


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@dataclass(slots=True)
class Platform:
    """One installation: its folder and port outlive the process that runs on them."""

    folder: Path
    port: int
    areas: Path | None = None
    said: list[str] = field(default_factory=list[str])
    _tokens: dict[str, str] = field(default_factory=dict[str, str])
    _process: asyncio.subprocess.Process | None = None
    _reading: "list[asyncio.Task[None]]" = field(default_factory=list["asyncio.Task[None]"])

    @property
    def environment(self) -> dict[str, str]:
        wards = {"AREAS": str(self.areas)} if self.areas else {}
        return {"EMBEDDED_DATA": str(self.folder), "PORT": str(self.port)} | wards

    @property
    def client(self) -> httpx.AsyncClient:
        origin = f"http://127.0.0.1:{self.port}"
        return httpx.AsyncClient(base_url=origin, trust_env=False, timeout=UP_SECONDS)

    async def start(self) -> None:
        """Start it and wait until it says that it is up."""
        await self.begin()
        await until(lambda: self.heard("is up") or not self.runs, UP_SECONDS)
        assert self.runs, self.said

    async def begin(self) -> None:
        """Start it."""
        self.said = []
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "embedded"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, **self.environment},
            start_new_session=True,
        )
        self._reading.append(asyncio.create_task(self._read(self._process)))

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            self.said.append(line.decode().rstrip())

    def heard(self, words: str) -> bool:
        """Whether it has said that since it was started."""
        return any(words in line for line in self.said)

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def child(self) -> psutil.Process:
        return psutil.Process(int((self.folder / "child.lock").read_text()))

    @property
    def postgres(self) -> psutil.Process:
        lines = (self.folder / "postgres" / "postmaster.pid").read_text().splitlines()
        return psutil.Process(int(lines[0]))

    async def interrupt(self, wish: signal.Signals = signal.SIGINT) -> int:
        """Ctrl-C, once, or another wish that it should end; the exit code."""
        assert self._process is not None
        self._process.send_signal(wish)
        return await self._ended()

    async def kill(self) -> None:
        """SIGKILL for the parent alone."""
        assert self._process is not None
        self._process.kill()
        await self._ended()

    async def kill_all(self) -> None:
        """SIGKILL for everything that it is made of, as when the machine dies."""
        child, postgres = self.child, self.postgres
        await self.kill()
        for process in (child, postgres):
            with suppress(psutil.NoSuchProcess):  # the child may have seen its parent go
                process.kill()

    async def _ended(self) -> int:
        assert self._process is not None
        code = await asyncio.wait_for(self._process.wait(), UP_SECONDS)
        await asyncio.gather(*self._reading)
        self._reading.clear()
        return code

    async def clear(self) -> None:
        """Leave nothing running, whatever state a test left it in."""
        if self.runs:
            await self.interrupt()
        for pid in (self.folder / "child.lock", self.folder / "postgres" / "postmaster.pid"):
            if pid.exists() and psutil.pid_exists(found := int(pid.read_text().splitlines()[0])):
                process = psutil.Process(found)
                with suppress(psutil.ZombieProcess):  # killed, and nobody has asked after it
                    words = [*process.cmdline(), *process.environ().values()]
                    if str(self.folder) in " ".join(words):
                        process.kill()

    async def token(self, role: str) -> dict[str, str]:
        """Headers of somebody in a role, by the command; a token outlives restarts."""
        if role not in self._tokens:
            ended = await embedded("token", role, **self.environment)
            assert ended.code == 0, ended.err
            self._tokens[role] = ended.out.strip()
        return {"Authorization": f"Bearer {self._tokens[role]}"}

    async def figures(self, measure: str, *, by: str = "ward,light") -> list[dict[str, Any]]:
        """Counts, by ward and light or as asked."""
        headers = await self.token("analyst")
        query = {"measure": measure, "by": by}
        async with self.client as http:
            answer = await http.get("/reporting/v1/figures", params=query, headers=headers)
        assert answer.status_code == 200, answer.text
        return sorted(answer.json()["rows"], key=lambda row: json.dumps(row, sort_keys=True))

    async def mailed(self, number: int) -> None:
        """Wait until so many mails have come."""
        await until(lambda: len(self.mails()) >= number, 20)

    def mails(self) -> list[str]:
        """The envelopes' recipients and the Message-IDs, in the order in which they came."""
        return [
            f"{_header(mail, 'X-Envelope-For')} {_header(mail, 'Message-ID')}"
            for mail in sorted((self.folder / "mail").glob("*.eml"))
        ]

    async def metrics(self, service: str) -> dict[str, float]:
        """What a service's ``/metrics`` says, by name and labels."""
        async with self.client as http:
            text = (await http.get(f"/{service}/metrics")).text
        lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
        return {name: float(value) for name, _, value in lines}

    async def read_again(self, events: int) -> None:
        """Wait until reporting has read so many events since the child started, and nothing is due."""

        async def done() -> bool:
            seen = await self.metrics("reporting")
            read = sum(n for name, n in seen.items() if name.startswith("consumer_events_total"))
            if read < events or seen["consumer_lag_events"]:
                return False
            every = [await self.metrics(service) for service in SERVICES]
            return all(each["outbox_oldest_due_seconds"] == 0 for each in every)

        await until(done, QUIET_SECONDS, every=0.1)


def _header(mail: Path, name: str) -> str:
    lines = mail.read_text().splitlines()
    return next(line.partition(": ")[2] for line in lines if line.startswith(f"{name}: "))
