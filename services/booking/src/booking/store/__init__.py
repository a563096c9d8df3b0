"""Every SQL statement of booking, and the function that runs it.

Invariant: statements are module constants in capitals; times and ids come from the caller.
"""

from booking.store import (
    absences,
    bars,
    erasures,
    feeds,
    histories,
    matching,
    offers,
    overdue,
    people,
    requests,
    rosters,
    sealing,
    slots,
    teams,
    walks,
)

__all__ = [
    "absences",
    "bars",
    "erasures",
    "feeds",
    "histories",
    "matching",
    "offers",
    "overdue",
    "people",
    "requests",
    "rosters",
    "sealing",
    "slots",
    "teams",
    "walks",
]
