"""Processes as operations know them: started, killed with -9, started again; each with its log."""

import asyncio
import os
import signal
import tempfile
from collections.abc import Mapping
from pathlib import Path
from subprocess import CompletedProcess

from tests.system.starting import Start, Started, forked

COMMAND_SECONDS = 120


class Process:
    """One ``python -m ...`` that can be started again and again; all its lives share a log."""

    def __init__(
        self, *words: str, log: Path, environment: Mapping[str, str], start_by: Start = forked
    ) -> None:
        self.words = words
        self.log = log
        self._environment = {"PATH": os.environ["PATH"], **environment}
        self._start_by = start_by
        self._running: Started | None = None

    def start(self, *before: str, changes: Mapping[str, str] | None = None) -> None:
        """Start, without waiting for anything; ``before`` are words before its own.

        ``changes`` are to its environment, for this life only.
        """
        environment = {**self._environment, **(changes or {})}
        self._running = self._start_by([*before, *self.words], environment, self.log, self.log)

    @property
    def alive(self) -> bool:
        """Whether it runs, paused or not."""
        return self._running is not None and self._running.poll() is None

    @property
    def code(self) -> int | None:
        """How its last life ended: an exit code, or the number of a signal below zero; None while it runs."""
        return self._running.poll() if self._running is not None else None

    def pause(self) -> None:
        """SIGSTOP: it neither runs nor ends, and its connections stay open."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """SIGCONT: it knows nothing of the time between."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._running is not None
        self._running.send_signal(number)

    async def kill(self) -> None:
        """Kill -9."""
        if self._running is not None:
            self._running.send_signal(signal.SIGKILL)
            await self.ended(10)

    async def ended(self, seconds: float) -> int:
        """Its exit code, once it has ended by itself."""
        assert self._running is not None
        return await asyncio.to_thread(self._running.wait, seconds)

    async def stop(self) -> int:
        """Stop in good order; its exit code."""
        if self._running is None:
            return 0
        self._running.send_signal(signal.SIGTERM)
        return await self.ended(30)


async def run(*words: str, environment: Mapping[str, str]) -> "CompletedProcess[str]":
    """Run one command to its end; what it said and its exit code."""
    with tempfile.TemporaryDirectory(prefix="walkandtalk-command-") as folder:
        output, errors = Path(folder) / "output", Path(folder) / "errors"
        command = forked(words, {"PATH": os.environ["PATH"], **environment}, output, errors)
        try:
            code = await asyncio.to_thread(command.wait, COMMAND_SECONDS)
        finally:
            command.send_signal(signal.SIGKILL)
        return CompletedProcess(words, code, output.read_text(), errors.read_text())
