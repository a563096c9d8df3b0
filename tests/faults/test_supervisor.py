"""What ends is started again and its end is noted; what is held down stays down until it is let go."""

import asyncio
import signal
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.faults.supervisor import Supervisor
from tests.infra import until
from tests.system.processes import Process

Kept = tuple[Supervisor, Process, list[Process]]


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncGenerator[Kept]:
    """A process under a supervisor, and whose deaths it was told of."""
    process = Process("http.server", "0", log=tmp_path / "log", environment={})
    told: list[Process] = []

    async def after(dead: Process) -> None:
        told.append(dead)

    supervisor = Supervisor([process], after)
    process.start()
    running = asyncio.create_task(supervisor.run())
    yield supervisor, process, told
    running.cancel()
    await process.kill()


async def test_what_was_killed_is_told_of_and_lives_again(kept: Kept) -> None:
    supervisor, process, told = kept
    await process.kill()
    ending = await supervisor.ended(process, 0, 10)
    assert ending.code == -signal.SIGKILL
    await until(lambda: process.alive)
    assert told == [process]


async def test_what_is_held_down_stays_down_and_its_end_is_nobodys_news(kept: Kept) -> None:
    supervisor, process, told = kept
    async with supervisor.down(process):
        await asyncio.sleep(0.5)  # some of the supervisor's rounds
        assert not process.alive
    assert process.alive
    assert (supervisor.endings, told) == ([], [])


async def test_a_pause_is_no_end(kept: Kept) -> None:
    supervisor, process, _ = kept
    process.pause()
    await asyncio.sleep(0.3)
    assert process.alive
    process.go_on()
    assert supervisor.endings == []


async def test_a_restart_is_in_good_order(kept: Kept) -> None:
    supervisor, process, told = kept
    assert await supervisor.restart(process) < 10
    assert process.alive
    assert told == []
