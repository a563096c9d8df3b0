"""Work that a worker does every so often.

Invariant: a timer's failure is counted, noted where operators look, and waited out, never fatal; what
it must not forget is a row in the database, so that it survives restarts and two workers may run the
same timer.
"""

import asyncio
import contextlib
from typing import Any

from shared.service import Parts, Timer

NOTE_FAILURE = """
insert into timer_failure (timer, cause) values ($1, $2)
on conflict (timer) do update
   set cause = excluded.cause, times = timer_failure.times + 1, last_at = now()
"""
FORGET_FAILURE = "delete from timer_failure where timer = $1"


def loop_name(timer: Timer) -> str:
    """A timer as ``/healthz`` names it."""
    return f"timer {timer.name}"


async def run_timer(parts: Parts[Any], timer: Timer) -> None:
    """Run a timer's work, wait, and again, until cancelled."""
    name, every = loop_name(timer), timer.every.total_seconds()
    failing = True  # perhaps: what the process before us noted stands until a run has succeeded
    while True:
        parts.progress.moved(name)
        try:
            await timer.run()
        except Exception as error:  # noqa: BLE001 - the next run finds the work where it is
            failing = True
            parts.metrics.timer_failures.labels(timer.name).inc()
            parts.log.warning("timer.failed", timer=timer.name, cause=type(error).__name__)
            await _note(parts, NOTE_FAILURE, timer.name, type(error).__name__)
        else:
            failing = failing and not await _note(parts, FORGET_FAILURE, timer.name)
        parts.progress.moved(name, resting=every)
        await asyncio.sleep(every)


async def _note(parts: Parts[Any], statement: str, *arguments: str) -> bool:
    """Whether it could be written down: a database that is away is no reason to stop."""
    with contextlib.suppress(Exception):
        async with parts.database.reading() as connection:
            await connection.execute(statement, *arguments)
            return True
    return False
