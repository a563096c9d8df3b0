"""Work that a worker does every so often.

Invariant: a timer's failure is counted and waited out, never fatal; what it must not forget is a
row in the database, so that it survives restarts and two workers may run the same timer.
"""

import asyncio
from typing import Any

from shared.service import Parts, Timer


async def run_timer(parts: Parts[Any], timer: Timer) -> None:
    """Run a timer's work, wait, and again, until cancelled."""
    name = f"timer {timer.name}"
    parts.progress.watch(name, limit=timer.every.total_seconds() + 3 * parts.settings.stall_seconds)
    try:
        while True:
            try:
                await timer.run()
            except Exception as error:  # noqa: BLE001 - the next run finds the work where it is
                parts.metrics.timer_failures.labels(timer.name).inc()
                parts.log.warning("timer.failed", timer=timer.name, cause=type(error).__name__)
            parts.progress.moved(name)
            await asyncio.sleep(timer.every.total_seconds())
    finally:
        parts.progress.forget(name)
