"""Processes as operations know them: started, killed with -9, started again; each with its log."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.factories import ROOT


class Process:
    """One ``python -m ...`` that can be started again and again; all its lives share a log."""

    def __init__(self, *words: str, log: Path, environment: Mapping[str, str]) -> None:
        self.words = words
        self.log = log
        self._environment = {"PATH": os.environ["PATH"], **environment}
        self._running: subprocess.Popen[bytes] | None = None

    def start(self, *before: str, changes: Mapping[str, str] | None = None) -> None:
        """Start, without waiting for anything; ``before`` are words before its own.

        ``changes`` are to its environment, for this life only.
        """
        with self.log.open("ab") as log:
            self._running = subprocess.Popen(
                [sys.executable, "-m", *before, *self.words],
                cwd=ROOT,
                env={**self._environment, **(changes or {})},
                stdout=log,
                stderr=log,
            )

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
            self._running.kill()
            await asyncio.to_thread(self._running.wait, 10)

    async def ended(self, seconds: float) -> int:
        """Its exit code, once it has ended by itself."""
        assert self._running is not None
        return await asyncio.to_thread(self._running.wait, seconds)

    async def stop(self) -> int:
        """Stop in good order; its exit code."""
        if self._running is None:
            return 0
        self._running.terminate()
        return await asyncio.to_thread(self._running.wait, 30)


async def run(*words: str, environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    """Run one command to its end; what it said and its exit code."""
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", *words],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
