"""Two ways to start ``python -m ...``: a fresh interpreter, and a fork of one that holds the imports.

Invariant: either is a process of its own that can be paused, killed with -9 and waited for.
"""

import atexit
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from tests.factories import ROOT


class Started(Protocol):
    """What is known of a process: subprocess's own words for it."""

    pid: int

    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, number: int, /) -> None: ...


# Words for ``python -m``, an environment, and the files for what it says and complains of.
Start = Callable[[Sequence[str], Mapping[str, str], Path, Path], Started]


def fresh(
    words: Sequence[str], environment: Mapping[str, str], output: Path, errors: Path
) -> Started:
    """A process as a supervisor starts it."""
    with output.open("ab") as out, errors.open("ab") as err:
        return subprocess.Popen(
            [sys.executable, "-m", *words], cwd=ROOT, env=environment, stdout=out, stderr=err
        )


def forked(
    words: Sequence[str], environment: Mapping[str, str], output: Path, errors: Path
) -> Started:
    """The same in a tenth of the time: most of a short life is imports."""
    return _forks().start(words, environment, output, errors)


@cache
def _forks() -> "_Forks":
    return _Forks()


class _Forks:
    """The process that forks, and what became of each of its children."""

    def __init__(self) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.system.forks"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._children: dict[int, _Forked] = {}
        self._asking = threading.Lock()
        self._born = threading.Semaphore(0)
        self._last: _Forked | None = None
        threading.Thread(target=self._listen, daemon=True).start()
        atexit.register(self._end)

    def start(
        self, words: Sequence[str], environment: Mapping[str, str], output: Path, errors: Path
    ) -> "_Forked":
        """One more child."""
        asked = {
            "words": list(words),
            "environment": dict(environment),
            "output": str(output),
            "errors": str(errors),
        }
        assert self._server.stdin is not None
        with self._asking:
            self._server.stdin.write(json.dumps(asked).encode() + b"\n")
            self._server.stdin.flush()
            self._born.acquire()
            assert self._last is not None, "who forks has ended"
            return self._last

    def _listen(self) -> None:
        assert self._server.stdout is not None
        for line in self._server.stdout:
            told: dict[str, Any] = json.loads(line)
            if "born" in told:
                self._last = self._children[told["born"]] = _Forked(told["born"])
                self._born.release()
            else:
                self._children.pop(told["ended"]).end(told["code"])
        self._last = None
        self._born.release()

    def _end(self) -> None:
        assert self._server.stdin is not None
        self._server.stdin.close()
        self._server.wait(10)


class _Forked:
    """A child of who forks."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._code: int | None = None
        self._over = threading.Event()

    def end(self, code: int) -> None:
        """It has ended so: with an exit code, or by a signal whose number is below zero."""
        self._code = code
        self._over.set()

    def poll(self) -> int | None:
        """How it ended; None while it runs."""
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        """The same, once it has. Raises TimeoutError."""
        if not self._over.wait(timeout) or self._code is None:
            raise TimeoutError(f"process {self.pid} has not ended after {timeout} s")
        return self._code

    def send_signal(self, number: int, /) -> None:
        """Send it a signal, unless it has ended."""
        if self._code is None:
            os.kill(self.pid, number)
