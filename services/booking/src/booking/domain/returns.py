"""Coming back with a reference and a code, to what one could reach by a link that is lost.

Invariant: a refusal does not tell whether there is such a reference; wrong codes are counted by the reference
that was said, so that six digits cannot be guessed.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from booking.domain.contacts import Limits
from booking.domain.refusals import TooManyWalks

WRONG_CODES_AN_HOUR = 5


@dataclass(frozen=True, slots=True)
class Door:
    """A walk or a wish as its link knows it; ``closes_at`` is None while that is not known."""

    id: UUID
    generation: int
    closes_at: datetime | None
    is_wish: bool

    def is_open(self, at: datetime) -> bool:
        """Whether its link still works."""
        return self.closes_at is None or at <= self.closes_at


# What a code is held against where there is no such reference, so that it takes as long.
NO_DOOR = Door(UUID(int=0), 1, None, is_wish=False)


def as_said(reference: str) -> str:
    """A reference as it was given, however it was typed."""
    letters = [letter for letter in reference.upper() if letter.isascii() and letter.isalnum()]
    return f"{''.join(letters[:4])}-{''.join(letters[4:])}"


def require_few_wrong(limits: Limits, wrong: int) -> None:
    """Raise TooManyWalks when too many wrong codes were said with a reference within the hour."""
    if wrong >= WRONG_CODES_AN_HOUR:
        raise TooManyWalks(limits.phone)
