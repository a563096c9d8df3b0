"""Many who ask the same at the same time, answered by one look.

Invariant: whoever asks is answered by a look that began after she asked: nothing is kept, nothing is stale.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

# Who has just been answered and asks again is there for the next look, and not only for the one after it.
GATHER_SECONDS = 0.002

T = TypeVar("T")


class Together:
    """The looks of one process: for each question at most one under way, and one that waits for its end."""

    def __init__(self) -> None:
        self._looking: dict[Hashable, asyncio.Task[Any]] = {}
        self._waiting: dict[Hashable, asyncio.Task[Any]] = {}

    async def ask(self, question: Hashable, look: Callable[[], Awaitable[T]]) -> T:
        """What the next look at a question finds, or raises; whoever gives up leaves it to the others."""
        waiting = self._waiting.get(question)
        if waiting is None:
            before = self._looking.get(question)
            waiting = asyncio.create_task(self._look(question, before, look))
            self._waiting[question] = waiting
        return await asyncio.shield(waiting)

    async def _look(
        self,
        question: Hashable,
        before: asyncio.Task[Any] | None,
        look: Callable[[], Awaitable[T]],
    ) -> T:
        if before is not None:
            await asyncio.wait([before])
            await asyncio.sleep(GATHER_SECONDS)
        this = self._looking[question] = self._waiting.pop(question)
        try:
            return await look()
        finally:
            if self._looking.get(question) is this:
                del self._looking[question]
