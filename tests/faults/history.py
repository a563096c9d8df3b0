"""What clients asked and what they were told: an append-only file of JSON lines.

Invariant: the intent is in the file before the request goes out and the outcome after it has come
back, each by one ``write`` to the kernel; so whoever kills a client with -9 leaves calls of which
nobody knows how they ended, and never one that nobody knows was made. Any number of processes may
append to one file at once.
"""

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, cast

from shared.clock import new_id, now

Outcome = Literal["ok", "refused", "unknown"]


@dataclass(frozen=True, slots=True)
class Call:
    """One request and its answer; a retry is a call of its own with the same client and key.

    ``ok`` is a 2xx, ``refused`` any other answer that settles the matter, ``unknown`` everything else:
    no answer, a 5xx, or a client that died waiting. ``answered_at`` is None where nobody noted an end.
    """

    client: str
    key: str
    method: str
    path: str
    body: Any
    outcome: Outcome
    status: int | None
    answer: Any
    asked_at: datetime
    answered_at: datetime | None


class History:
    """One file of calls, to be appended to and read back."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._descriptor = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        if (size := os.fstat(self._descriptor).st_size) and os.pread(
            self._descriptor, 1, size - 1
        ) != b"\n":
            self._write(b"\n")  # a line that its writer's death cut short stays alone

    def asked(self, client: str, key: str, method: str, path: str, body: Any = None) -> str:
        """Note that a request is about to go out; the name by which its end is noted."""
        name = new_id().hex
        line = [name, now().isoformat(), client, key, method, path, body]
        self._write(_line(line))
        return name

    def answered(
        self, name: str, outcome: Outcome, status: int | None = None, answer: Any = None
    ) -> None:
        """Note how a request ended."""
        self._write(_line([name, now().isoformat(), outcome, status, answer]))

    def calls(self) -> list[Call]:
        """Every call in the order of asking; one without a noted end is ``unknown``."""
        asked: dict[str, list[Any]] = {}
        ended: dict[str, list[Any]] = {}
        with self.file.open("rb") as lines:
            for line in lines:
                if (found := _read(line)) is not None:
                    (asked if len(found) == _INTENT else ended)[found[0]] = found[1:]
        return [_call(intent, ended.get(name)) for name, intent in asked.items()]

    def close(self) -> None:
        """Append no more; the file can still be read."""
        os.close(self._descriptor)

    def _write(self, line: bytes) -> None:
        written = os.write(self._descriptor, line)
        assert written == len(line), "the disk is full"


_INTENT = 7


def _line(values: list[Any]) -> bytes:
    return json.dumps(values, separators=(",", ":")).encode() + b"\n"


def _read(line: bytes) -> list[Any] | None:
    """A line's values; None of one that was cut short."""
    if not line.endswith(b"\n"):
        return None
    try:
        return cast("list[Any]", json.loads(line))
    except ValueError:
        return None


def _call(intent: list[Any], end: list[Any] | None) -> Call:
    asked_at, client, key, method, path, body = intent
    answered_at, outcome, status, answer = end or (None, "unknown", None, None)
    return Call(
        client=client,
        key=key,
        method=method,
        path=path,
        body=body,
        outcome=outcome,
        status=status,
        answer=answer,
        asked_at=datetime.fromisoformat(asked_at),
        answered_at=datetime.fromisoformat(answered_at) if answered_at else None,
    )
