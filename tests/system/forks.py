"""``python -m tests.system.forks``: starts processes by forking itself, who has imported the services already.

Most of a short life is imports: a start takes a tenth of the time. Asked by JSON lines on stdin, it says on
stdout who was born and, later, who ended and how.

Invariant: what it forks has its own words, environment and log, and nothing of ours has run in it before
but imports; a fault that must be there before these is for a fresh interpreter.
"""

import json
import os
import runpy
import selectors
import signal
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

MODULES = (
    "booking.app",
    "concerns.app",
    "notifications.app",
    "reporting.app",
    "embedded.issuer",
    "shared.run",
)


class Born(Exception):
    """This is the child; these are its words."""

    def __init__(self, words: list[str]) -> None:
        self.words = words


def serve(say: int) -> None:
    """Fork what is asked for until stdin is closed. Raises Born in each child."""
    ended, bell = os.pipe()
    os.set_blocking(ended, False)
    os.set_blocking(bell, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(bell)
    with selectors.DefaultSelector() as waiting:
        waiting.register(sys.stdin, selectors.EVENT_READ)
        waiting.register(ended, selectors.EVENT_READ)
        while True:
            for key, _ in waiting.select():
                if key.fileobj is not sys.stdin:
                    os.read(ended, 4096)
                elif not (line := sys.stdin.buffer.raw.readline()):  # type: ignore[attr-defined]
                    return
                else:
                    _tell(say, born=_fork(json.loads(line), say, ended, bell))
            while gone := _reaped():
                _tell(say, ended=gone[0], code=os.waitstatus_to_exitcode(gone[1]))


def _fork(asked: Mapping[str, Any], *ours: int) -> int:
    child = os.fork()
    if child:
        return child
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number in ours:
        os.close(number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, file in (1, asked["output"]), (2, asked["errors"]):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    os.environ.clear()
    os.environ.update(asked["environment"])
    raise Born(asked["words"])


def _reaped() -> tuple[int, int] | None:
    try:
        child, status = os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return None
    return (child, status) if child else None


def _tell(say: int, **what: int) -> None:
    os.write(say, json.dumps(what).encode() + b"\n")


if __name__ == "__main__":
    speaking = os.dup(1)
    os.dup2(2, 1)  # whatever an import prints is no answer
    for module in MODULES:
        import_module(module)
    try:
        serve(speaking)
    except Born as born:
        sys.argv = [born.words[0], *born.words[1:]]
        runpy.run_module(born.words[0], run_name="__main__", alter_sys=True)
