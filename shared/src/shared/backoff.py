"""Waiting longer after each failure, with jitter, up to a cap.

Invariant: a wait is never shorter than half of its due length, so that a fault is never hammered.
"""

import random


class Backoff:
    """A series of waits in seconds, doubling from ``first`` to ``cap``, each drawn between half and
    whole.
    """

    def __init__(self, first: float, cap: float) -> None:
        self._first, self._cap = first, cap
        self._wait = first

    def next(self) -> float:
        """How long to wait this time."""
        wait, self._wait = self._wait, min(self._wait * 2, self._cap)
        return wait * (0.5 + random.random() / 2)  # noqa: S311 - jitter, not a secret

    def reset(self) -> None:
        """Begin again at the first wait."""
        self._wait = self._first


def backoff_seconds(attempt: int, *, first: float, cap: float) -> float:
    """The wait after the ``attempt``-th failure (1, 2, ...), with the same jitter."""
    return Backoff(min(first * 2 ** min(attempt - 1, 30), cap), cap).next()
