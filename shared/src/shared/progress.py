"""Whether this process gets anything done: "connected" is not "progressing".

Invariant: each loop that must turn is watched by name with its own limit, until whoever started it
forgets it: a loop that ended by itself is stuck. What is paused on purpose is declared and is not.
Read by ``/healthz`` on the event loop and by the watchdog's thread.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Progress:
    """When each watched thing last moved, in monotonic seconds."""

    clock: Callable[[], float] = time.monotonic
    _limits: dict[str, float] = field(default_factory=dict)
    _moved: dict[str, float] = field(default_factory=dict)
    _lost: set[str] = field(default_factory=set)

    def watch(self, name: str, *, limit: float) -> None:
        """Expect ``name`` to move at least every ``limit`` seconds from now on."""
        self._limits[name] = limit
        self._moved[name] = self.clock()
        self._lost.discard(name)

    def moved(self, name: str, *, resting: float = 0) -> None:
        """``name`` has done something, or has nothing to do; it may rest so many seconds now."""
        if name in self._limits:
            self._moved[name] = self.clock() + resting

    def lost(self, name: str) -> None:
        """``name`` has ended and will never move again; no matter when it is no longer watched."""
        if name in self._limits:
            self._lost.add(name)

    def forget(self, name: str) -> None:
        """Stop expecting anything of ``name``."""
        self._limits.pop(name, None)
        self._moved.pop(name, None)
        self._lost.discard(name)

    def excuse(self) -> None:
        """Count everything as having moved just now: the process itself was paused."""
        at = self.clock()
        for name, moved in list(self._moved.items()):
            self._moved[name] = max(moved, at)

    def stuck(self) -> list[str]:
        """The names that have not moved within their limits."""
        at = self.clock()
        limits = dict(self._limits)
        late = {name for name, limit in limits.items() if at - self._moved.get(name, at) > limit}
        return sorted(late | set(self._lost))
