"""A timer's work runs again and again, whatever becomes of one run."""

from datetime import timedelta

from shared.postgres import Database
from shared.service import Timer
from shared.timers import run_timer
from tests.factories import parts_for
from tests.infra import until
from tests.shared import eventpath as path


async def test_a_timer_that_fails_runs_again(shared_database: Database) -> None:
    mine = parts_for("shared", shared_database)
    runs: list[str] = []

    async def run() -> None:
        runs.append("begun")
        if len(runs) == 1:
            raise ValueError("the first time")

    async with path.running(run_timer(mine, Timer("odd", timedelta(milliseconds=1), run))):
        await until(lambda: len(runs) > 2)
    assert path.sample(mine, "timer_failures_total", timer="odd") == 1
