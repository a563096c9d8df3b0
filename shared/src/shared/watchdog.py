"""A thread that ends the process when its event loop or its work has stopped, so that it is started
anew.

Invariant: it depends on nothing that may itself be stuck, the log included; it ends by ``os._exit`` with
EXIT_STUCK, which supervisors take as "start me again". A pause of the whole process (SIGSTOP, a suspended
laptop) is not held against it: the database's fences deal with zombies.
"""

import asyncio
import os
import threading
import time
from collections import deque

from structlog.typing import FilteringBoundLogger

from shared.metrics import Metrics
from shared.progress import Progress

EXIT_STUCK = 70
TICK_SECONDS = 1
TELL_SECONDS = 2
# How many beats "lately" is: longer than Prometheus waits between two looks.
BEATS_KEPT = 60


class Watchdog:
    """Watches one event loop and one Progress; ``start`` it on that loop."""

    def __init__(self, progress: Progress, metrics: Metrics, log: FilteringBoundLogger) -> None:
        self._progress = progress
        self._metrics = metrics
        self._log = log
        self._stopped = threading.Event()
        self._lags: deque[float] = deque(maxlen=BEATS_KEPT)

    def start(self, *, loop_limit: float) -> None:
        """Begin to watch; the loop must answer within ``loop_limit`` seconds."""
        self._progress.watch("event loop", limit=loop_limit)
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._watch, args=(loop,), name="watchdog", daemon=True).start()

    def stop(self) -> None:
        """Watch no more."""
        self._stopped.set()

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        ticked = time.monotonic()
        while not self._stopped.wait(TICK_SECONDS):
            at = time.monotonic()
            if at - ticked > 5 * TICK_SECONDS:  # the whole process was paused
                self._progress.excuse()
            ticked = at
            if loop.is_closed():
                return
            loop.call_soon_threadsafe(self._beat, at)
            stuck = self._progress.stuck()
            if stuck:
                self._end(stuck)

    def _end(self, stuck: list[str]) -> None:
        """Say what is stuck, but do not wait for a log that may itself be what is."""
        telling = threading.Thread(
            target=self._log.critical,
            args=("watchdog.stuck",),
            kwargs={"stuck": stuck},
            daemon=True,
        )
        telling.start()
        telling.join(TELL_SECONDS)
        os._exit(EXIT_STUCK)

    def _beat(self, asked_at: float) -> None:
        self._progress.moved("event loop")
        self._lags.append(time.monotonic() - asked_at)
        self._metrics.loop_lag_seconds.set(max(self._lags))
