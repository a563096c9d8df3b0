"""One thing that the doctor has looked at.

Invariant: in plain words, and what is wrong always comes with what to do.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, what was found, and, where it is wrong, what to do."""

    about: str
    what: str
    todo: str | None = None

    @property
    def well(self) -> bool:
        """Whether it is as it should be."""
        return self.todo is None
