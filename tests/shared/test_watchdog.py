"""A process that is stuck says so and ends; one that is waiting on purpose does not."""

import subprocess
import sys
import textwrap
import time

import httpx
import pytest

from shared.postgres import Database
from shared.progress import Progress
from shared.watchdog import EXIT_STUCK
from shared.web import create_health
from tests.factories import parts_for

PRELUDE = """
import asyncio, time, sys
from shared.log import make_logger
from shared.metrics import Metrics
from shared.postgres import Database
from shared.progress import Progress
from shared.watchdog import Watchdog
async def main():
    progress = Progress()
    watchdog = Watchdog(progress, Metrics("test"), make_logger("test", "info"))
    watchdog.start(loop_limit=2)
"""


def _ended_with(body: str, *, limit: int = 2) -> int:
    prelude = PRELUDE.replace("loop_limit=2", f"loop_limit={limit}")
    script = prelude + textwrap.indent(textwrap.dedent(body), "    ") + "\nasyncio.run(main())\n"
    return subprocess.run([sys.executable, "-c", script], timeout=40, check=False).returncode


def test_a_blocked_event_loop_ends_the_process() -> None:
    assert _ended_with("await asyncio.sleep(0.1)\ntime.sleep(12)") == EXIT_STUCK


def test_a_loop_that_no_longer_turns_ends_the_process() -> None:
    assert _ended_with("progress.watch('relay', limit=1)\nawait asyncio.sleep(12)") == EXIT_STUCK


def test_a_log_that_nobody_reads_does_not_save_a_stuck_process() -> None:
    script = f"""{PRELUDE}
    sys.stderr.write("x" * 1_000_000)  # holds the loop: the pipe is full and nobody empties it
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 20
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)
        code = process.returncode
        process.kill()
    assert code == EXIT_STUCK


def test_the_loops_longest_hold_up_is_told_for_a_while() -> None:
    body = """
    await asyncio.sleep(1.5)
    time.sleep(1.5)
    await asyncio.sleep(2.5)  # beats that were not held up
    lag = watchdog._metrics.registry.get_sample_value("loop_lag_seconds")
    watchdog.stop()
    sys.exit(0 if 0.4 < lag < 30 else 1)
    """
    assert _ended_with(body, limit=60) == 0  # a hold-up is told, not punished


def test_what_moves_is_left_alone() -> None:
    body = """
    progress.watch('relay', limit=1)
    for _ in range(30):
        progress.moved('relay')
        await asyncio.sleep(0.1)
    watchdog.stop()
    """
    assert _ended_with(body) == 0


class Hand:
    """A clock whose hand is moved by the test."""

    at = 0.0

    def __call__(self) -> float:
        return self.at


def test_a_pause_of_the_whole_process_is_excused() -> None:
    hand = Hand()
    progress = Progress(clock=hand)
    progress.watch("relay", limit=60)
    hand.at = 61
    assert progress.stuck() == ["relay"]
    progress.excuse()
    assert progress.stuck() == []


def test_who_rests_as_declared_is_not_stuck_and_who_has_ended_is_at_once() -> None:
    hand = Hand()
    progress = Progress(clock=hand)
    progress.watch("timer", limit=60)
    progress.moved("timer", resting=3600)
    hand.at = 3659
    progress.excuse()  # does not cut the rest short
    assert progress.stuck() == []
    hand.at = 3661
    assert progress.stuck() == []
    hand.at = 3659 + 61
    assert progress.stuck() == ["timer"]
    progress.watch("timer", limit=60)
    progress.lost("timer")
    progress.moved("timer")
    assert progress.stuck() == ["timer"]
    progress.forget("timer")
    progress.lost("timer")  # told to stop: nobody misses it
    assert progress.stuck() == []


@pytest.mark.parametrize(("moved", "status"), [(True, 200), (False, 503)])
async def test_healthz_says_what_is_stuck(
    shared_database: Database,
    *,
    moved: bool,
    status: int,
) -> None:
    mine = parts_for("shared", shared_database)
    hand = Hand()
    mine.progress.clock = hand
    mine.progress.watch("partition internal.booking.walks.v1/3", limit=60)
    hand.at = 61
    if moved:
        mine.progress.moved("partition internal.booking.walks.v1/3")
    transport = httpx.ASGITransport(create_health(mine, "booking"))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.get("/healthz")
    assert answer.status_code == status
    assert answer.json()["stuck"] == ([] if moved else ["partition internal.booking.walks.v1/3"])
