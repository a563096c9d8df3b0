"""Who has been erased at their own wish: a list beside the database, so that a restore cannot undo it.

One participant's id a line; an id says nothing once its row is gone.
Invariant: an id is on disk before its row is deleted; a line torn by a crash is no id, and stands alone.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

ID_LENGTH = 36


@dataclass(frozen=True, slots=True)
class ErasureList:
    """The file; it must not lie where the database's backups would take it along."""

    file: Path

    def add(self, ids: Sequence[UUID]) -> None:
        """Write ids down, and return when they are on disk; raises OSError."""
        lines = "".join(f"\n{each}\n" for each in ids)
        with self.file.open("a", encoding="ascii") as file:
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())

    def read(self) -> list[UUID]:
        """Everybody on it; nobody while there is no file."""
        if not self.file.exists():
            return []
        words = self.file.read_text("ascii").split()
        return [UUID(word) for word in words if len(word) == ID_LENGTH]
