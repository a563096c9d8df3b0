"""The child as the parent sees it: started, listened to, started again after a crash, stopped.

Invariant: a child that ended because it was told to is not started again; one that crashed, or whose
watchdog ended it, is, each time after a longer wait, until it has been up for a while.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from embedded.refusals import PartFailed
from embedded.settings import environment_with
from shared.watchdog import EXIT_STUCK

CHILD = (sys.executable, "-m", "embedded.child")
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
SETTLED_SECONDS = 60.0
NEVER_UP = 3
STOP_SECONDS = 15.0
LOG_LIMIT = 20_000_000


@dataclass(slots=True)
class Watch:
    """Keeps one child running; ``tell`` hears what the child says of itself."""

    environment: Mapping[str, str]
    listening_fd: int
    log: Path
    tell: Callable[[Mapping[str, Any]], None]
    command: Sequence[str] = CHILD
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _was_up: bool = False

    async def run(self) -> int:
        """Keep the child running until it ends by itself or ``stop`` is called; its last exit code.

        Raises PartFailed where it crashes again and again without having come up once.
        """
        wait, crashes = FIRST_WAIT, 0
        while True:
            began = time.monotonic()
            code = await self._once()
            if self._stopping.is_set() or code == 0:
                return code
            crashes += 1
            if crashes >= NEVER_UP and not self._was_up:
                raise PartFailed(f"the services do not come up: see the end of {self.log}")
            wait = FIRST_WAIT if time.monotonic() - began > SETTLED_SECONDS else wait
            self.tell({"ended": _reason(code), "again_in": wait})
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._stopping.wait()
                    return code
            wait = min(wait * 2, LONGEST_WAIT)

    def stop(self) -> None:
        """Ask the child to end; ``run`` then returns."""
        self._stopping.set()

    async def _once(self) -> int:
        process, telling = await self._start()
        listening = asyncio.create_task(self._listen(telling))
        ended = asyncio.create_task(process.wait())
        asked = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({ended, asked}, return_when=asyncio.FIRST_COMPLETED)
            if not ended.done():
                await _end(process, ended)
            await listening
            return await ended
        finally:
            asked.cancel()

    async def _start(self) -> tuple[asyncio.subprocess.Process, int]:
        """The child in a session of its own, and our end of the pipe on which it tells.

        Its standard input is a pipe that nothing is written to: it closes when we are gone.
        """
        ours, its = os.pipe()
        environment = {**self.environment, "EMBEDDED_TELLING_FD": str(its)}
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
        try:
            with self.log.open("ab") as log:
                process = await asyncio.create_subprocess_exec(
                    *self.command,
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    pass_fds=(self.listening_fd, its),
                    start_new_session=True,
                    env=environment_with(environment),
                )
        finally:
            os.close(its)
        return process, ours

    async def _listen(self, telling: int) -> None:
        """Pass on what the child tells, a line of JSON each, until it has closed its end."""
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        loop = asyncio.get_running_loop()
        pipe, _ = await loop.connect_read_pipe(lambda: protocol, os.fdopen(telling, "rb"))
        try:
            async for line in reader:
                said = json.loads(line)
                self._was_up = self._was_up or "ready" in said
                self.tell(said)
        finally:
            pipe.close()


async def _end(process: asyncio.subprocess.Process, ended: "asyncio.Task[int]") -> None:
    process.send_signal(signal.SIGTERM)
    await asyncio.wait({ended}, timeout=STOP_SECONDS)
    if not ended.done():
        process.kill()
        await asyncio.wait({ended})


def _reason(code: int) -> str:
    if code == EXIT_STUCK:
        return "their watchdog saw no progress"
    if code < 0:
        return f"they were killed by {signal.Signals(-code).name}"
    return f"they ended with code {code}"
