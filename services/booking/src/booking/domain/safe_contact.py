"""When and how somebody may be reached, so that nobody else learns by it that she walks, or with whom.

Invariant: what she was asked and left out is the safe side: no voicemail, and messages that say nothing.
"""

from dataclasses import dataclass

from booking.domain.rosters import Hours

DAY_MINUTES = 24 * 60
SHORTEST_MINUTES = 60


@dataclass(frozen=True, slots=True)
class SafeContact:
    """What somebody has said of being reached; None in its place: she was not asked.

    ``hours`` are London wall times between which a message may arrive, over midnight where the second is
    the earlier one; None: at any time. ``no_voicemail``: nobody speaks to a machine. ``neutral``: a
    message says that there is something to see, and nothing of what, when, where or with whom.
    """

    hours: Hours | None = None
    no_voicemail: bool = True
    neutral: bool = True


def last(hours: Hours) -> int:
    """How many minutes of a day hours hold; the same time twice holds none."""
    begin, end = (each.hour * 60 + each.minute for each in hours)
    return (end - begin) % DAY_MINUTES
