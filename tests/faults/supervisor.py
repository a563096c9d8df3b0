"""Starts again whatever ended, as systemd or Kubernetes would, and notes how each life ended.

Invariant: it is the only one that starts a process again; what is held down on purpose stays down.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.infra import until
from tests.system.processes import Process

LOOK_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Ending:
    """How a life ended, by the monotonic clock: an exit code, or a signal's number below zero."""

    process: Process
    code: int
    at: float


@dataclass
class Supervisor:
    """Watches processes; ``run`` until cancelled. ``after`` is told of each death before the next life."""

    processes: list[Process]
    after: Callable[[Process], Awaitable[None]]
    endings: list[Ending] = field(default_factory=list[Ending])
    _held: set[int] = field(default_factory=set[int])

    async def run(self) -> None:
        """Look, and start again, for ever."""
        while True:
            for process in self.processes:
                code = process.code
                if id(process) not in self._held and code is not None:
                    self.endings.append(Ending(process, code, time.monotonic()))
                    await self.after(process)
                    process.start()
            await asyncio.sleep(LOOK_SECONDS)

    @asynccontextmanager
    async def down(self, *processes: Process) -> AsyncGenerator[None]:
        """Processes stopped in good order, and held down while the block lasts."""
        await self.hold(*processes)
        try:
            yield
        finally:
            self.release(*processes)

    async def hold(self, *processes: Process) -> None:
        """Stop processes in good order; they stay down until released."""
        self._held |= {id(each) for each in processes}
        await asyncio.gather(*(each.stop() for each in processes))

    def release(self, *processes: Process) -> None:
        """Start what was held down, unless it runs already."""
        for each in processes:
            if not each.alive:
                each.start()
        self._held -= {id(each) for each in processes}

    async def restart(
        self, process: Process, *before: str, changes: dict[str, str] | None = None
    ) -> float:
        """Stop a process in good order and start it with words before its own; seconds to its end."""
        self._held.add(id(process))
        began = time.monotonic()
        await process.stop()
        took = time.monotonic() - began
        process.start(*before, changes=changes)
        self._held.discard(id(process))
        return took

    async def ended(self, process: Process, since: int, seconds: float) -> Ending:
        """The next ending of a process after so many endings had been noted."""

        def found() -> Sequence[Ending]:
            return [each for each in self.endings[since:] if each.process is process]

        return (await until(found, seconds, every=LOOK_SECONDS))[0]
