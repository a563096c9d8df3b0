"""What the child tells its parent: lines of JSON on a pipe.

Invariant: ``step`` with ``seconds`` while it starts, then ``ready`` once; a parent that has gone away
stops nothing.
"""

import json
import os
import time
from contextlib import suppress
from typing import Any


class Told:
    """The child's end of the pipe."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._since = time.monotonic()

    def step(self, what: str) -> None:
        """Say what is done, and how long it took since the last step."""
        at = time.monotonic()
        self.say(step=what, seconds=at - self._since)
        self._since = at

    def say(self, **facts: Any) -> None:
        """Say something."""
        with suppress(OSError):
            os.write(self._fd, json.dumps(facts).encode() + b"\n")
