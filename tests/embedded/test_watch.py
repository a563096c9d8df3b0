"""How the parent watches its child: small processes in the child's place."""

import asyncio
import os
import socket
import sys
from collections.abc import Awaitable, Mapping
from pathlib import Path
from typing import Any

import pytest

from embedded import watch
from embedded.refusals import PartFailed
from tests.infra import until

READY = (
    "import json, os; fd = int(os.environ['EMBEDDED_TELLING_FD']); "
    "os.write(fd, json.dumps({'ready': True}).encode() + b'\\n'); "
)
STAY = READY + "import sys; sys.stdin.read()"


class Told(list[Mapping[str, Any]]):
    """What the child said, and what the parent says of it."""

    @property
    def ready(self) -> int:
        return sum("ready" in said for said in self)

    @property
    def ends(self) -> list[str]:
        return [said["ended"] for said in self if "ended" in said]


@pytest.fixture
def told() -> Told:
    return Told()


def a_watch(program: str, told: Told, folder: Path) -> watch.Watch:
    with socket.socket() as listener:
        fd = os.dup(listener.fileno())
    command = (sys.executable, "-c", program)
    return watch.Watch({}, fd, folder / "services.log", told.append, command)


async def code_of(running: Awaitable[int]) -> int:
    """The code with which a watch has ended, within ten seconds."""
    task = asyncio.ensure_future(running)
    done, _ = await asyncio.wait({task}, timeout=10)
    assert done
    return await task


@pytest.fixture(autouse=True)
def no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "FIRST_WAIT", 0.01)


async def test_a_child_that_its_watchdog_ended_is_started_again(told: Told, tmp_path: Path) -> None:
    kept = a_watch(READY + "os._exit(70)", told, tmp_path)
    running = asyncio.create_task(kept.run())
    await until(lambda: told.ready >= 3)
    kept.stop()
    await running
    assert "watchdog" in told.ends[0]


async def test_a_child_that_was_killed_is_started_again(told: Told, tmp_path: Path) -> None:
    kept = a_watch(READY + "os.kill(os.getpid(), 9)", told, tmp_path)
    running = asyncio.create_task(kept.run())
    await until(lambda: told.ready >= 2)
    kept.stop()
    await running
    assert "SIGKILL" in told.ends[0]


async def test_each_start_after_a_crash_waits_longer(told: Told, tmp_path: Path) -> None:
    kept = a_watch(READY + "os._exit(1)", told, tmp_path)
    running = asyncio.create_task(kept.run())
    await until(lambda: len(told.ends) >= 4)
    kept.stop()
    await running
    waits = [said["again_in"] for said in told if "ended" in said]
    assert waits[:4] == [0.01, 0.02, 0.04, 0.08]


async def test_a_child_that_ends_well_is_not_started_again(told: Told, tmp_path: Path) -> None:
    kept = a_watch(READY, told, tmp_path)
    assert await code_of(kept.run()) == 0
    assert told.ready == 1
    assert told.ends == []


async def test_a_child_that_never_comes_up_is_given_up(told: Told, tmp_path: Path) -> None:
    kept = a_watch("import sys; sys.exit('no')", told, tmp_path)
    with pytest.raises(PartFailed, match=r"services\.log"):
        await code_of(kept.run())
    assert len(told.ends) == watch.NEVER_UP - 1


async def test_stopping_ends_the_child_by_sigterm(told: Told, tmp_path: Path) -> None:
    caught = tmp_path / "caught"
    program = (
        "import signal, sys, pathlib; "
        f"signal.signal(15, lambda *_: (pathlib.Path({str(caught)!r}).touch(), sys.exit(0))); "
        + STAY
    )
    kept = a_watch(program, told, tmp_path)
    running = asyncio.create_task(kept.run())
    await until(lambda: told.ready)
    kept.stop()
    assert await code_of(running) == 0
    assert caught.exists()


async def test_a_child_that_ignores_sigterm_is_killed(
    told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "STOP_SECONDS", 0.2)
    kept = a_watch("import signal; signal.signal(15, signal.SIG_IGN); " + STAY, told, tmp_path)
    running = asyncio.create_task(kept.run())
    await until(lambda: told.ready)
    kept.stop()
    assert await code_of(running) == -9
