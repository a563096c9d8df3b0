"""Whether this process gets anything done: "connected" is not "progressing".

Invariant: each loop that must turn is watched by name with its own limit; what is paused on purpose
is declared and is not stuck. Read by ``/healthz`` on the event loop and by the watchdog's thread.
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

    def watch(self, name: str, *, limit: float) -> None:
        """Expect ``name`` to move at least every ``limit`` seconds from now on."""
        self._limits[name] = limit
        self._moved[name] = self.clock()

    def moved(self, name: str) -> None:
        """``name`` has done something, or declares that it has nothing to do."""
        if name in self._limits:
            self._moved[name] = self.clock()

    def forget(self, name: str) -> None:
        """Stop expecting anything of ``name``."""
        self._limits.pop(name, None)
        self._moved.pop(name, None)

    def excuse(self) -> None:
        """Count everything as having moved just now: the process itself was paused."""
        at = self.clock()
        for name in list(self._moved):
            self._moved[name] = at

    def stuck(self) -> list[str]:
        """The names that have not moved within their limits."""
        at = self.clock()
        limits = dict(self._limits)
        return sorted(
            name for name, limit in limits.items() if at - self._moved.get(name, at) > limit
        )
