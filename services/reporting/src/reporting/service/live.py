"""The newest figures for as many readers as come, read and encoded once for all of them.

One task a process looks at the one row of ``figure_version``; when it has moved, the figures are read,
encoded, and the same bytes are handed to every stream. There is no queue per stream: a reader that was
busy finds the newest frame when it comes back, so that a slow one costs nothing and holds up nobody.

Invariant: the task runs exactly while somebody listens, and is missed when it does not; after ``end`` no
stream goes on.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

from structlog.typing import FilteringBoundLogger

from shared.errors import Unavailable
from shared.log import describe
from shared.progress import Progress


class TooManyStreams(Unavailable):
    """As many live streams are open here as this process holds: reload the page now and then."""

    slug = "too-many-streams"


@dataclass(frozen=True, slots=True)
class Pace:
    """How often to look for new figures, the longest silence on a stream, the most streams, and for how
    long a look may hang before it is a stall.
    """

    poll_seconds: float
    beat_seconds: float
    streams: int
    stall_seconds: float


@dataclass(frozen=True, slots=True)
class Source:
    """Where frames come from: the figures' version, and the bytes that show figures or their age."""

    version: Callable[[], Awaitable[int]]
    figures: Callable[[int], Awaitable[bytes]]
    beat: Callable[[], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Frame:
    """Bytes for every stream; a higher number is newer."""

    number: int
    content: bytes


LOOP = "live figures"
NOTHING = Frame(0, b"")
STILL_HERE = b": still here\n\n"


class LiveFigures:
    """What the streams of one process share."""

    def __init__(
        self, source: Source, pace: Pace, log: FilteringBoundLogger, progress: Progress
    ) -> None:
        self.source = source
        self._progress = progress
        self._pace = pace
        self._log = log
        self._version: int | None = None
        self._published = 0
        self._published_at = 0.0
        self._figures = NOTHING
        self._beat = NOTHING
        self._task: asyncio.Task[None] | None = None
        self._bells: set[asyncio.Event] = set()
        self.ended = False

    @property
    def streams(self) -> int:
        """How many listen."""
        return len(self._bells)

    @property
    def reading(self) -> bool:
        """Whether the one task is at work."""
        return self._task is not None

    def admit(self) -> None:
        """Refuse a stream that would be one too many, or come while the process stops."""
        if self.ended or self.streams >= self._pace.streams:
            raise TooManyStreams

    @contextmanager
    def joined(self) -> Generator[asyncio.Event]:
        """Be one of the streams for the length of the block: its bell rings at each frame, and at the end."""
        bell = asyncio.Event()
        self._bells.add(bell)
        if self._task is None and not self.ended:
            self._progress.watch(LOOP, limit=self._pace.stall_seconds)
            self._task = asyncio.create_task(self._look_on())
        try:
            yield bell
        finally:
            self._bells.remove(bell)

    def newer_than(self, seen: int) -> Frame | None:
        """The frame that a stream should send next when it has sent those up to ``seen``."""
        if self._figures.number > seen:
            return self._figures
        return self._beat if self._beat.number > seen else None

    def end(self) -> None:
        """Let every stream come to its end, and admit no more."""
        self.ended = True
        self._progress.forget(LOOP)
        if self._task is not None:
            self._task.cancel()
        self._wake()

    async def _look_on(self) -> None:
        try:
            while self.streams:
                self._progress.moved(LOOP)
                await self._look()
                self._progress.moved(LOOP, resting=self._pace.poll_seconds)
                await asyncio.sleep(self._pace.poll_seconds)
            self._progress.forget(LOOP)
        finally:
            self._progress.lost(LOOP)
            # Whoever comes first after a pause gets figures read anew.
            self._task, self._version = None, None
            self._figures = self._beat = NOTHING

    async def _look(self) -> None:
        due = time.monotonic() - self._published_at >= self._pace.beat_seconds
        try:
            version = await self.source.version()
            if version != self._version:
                self._figures = self._number(await self.source.figures(version))
                self._version = version
            elif due:
                self._beat = self._number(await self.source.beat())
        except Exception as error:  # noqa: BLE001 - one look that fails must not end the streams
            self._log.warning("live.unavailable", **describe(error))
            if due:
                self._beat = self._number(STILL_HERE)

    def _number(self, content: bytes) -> Frame:
        """Make a frame newer than all before it, and wake every stream."""
        self._published += 1
        self._published_at = time.monotonic()
        self._wake()
        return Frame(self._published, content)

    def _wake(self) -> None:
        for bell in self._bells:
            bell.set()
