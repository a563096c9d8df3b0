"""Every SQL statement of booking, and the function that runs it.

Invariant: statements are module constants in capitals; times and ids come from the caller.
"""

from booking.store import (
    absences,
    bars,
    colleagues,
    endings,
    erasures,
    feeds,
    groups,
    handovers,
    histories,
    holds,
    matching,
    offers,
    overdue,
    people,
    replans,
    requests,
    returns,
    rosters,
    sealing,
    slots,
    teams,
    walks,
)

__all__ = [
    "absences",
    "bars",
    "colleagues",
    "endings",
    "erasures",
    "feeds",
    "groups",
    "handovers",
    "histories",
    "holds",
    "matching",
    "offers",
    "overdue",
    "people",
    "replans",
    "requests",
    "returns",
    "rosters",
    "sealing",
    "slots",
    "teams",
    "walks",
]
