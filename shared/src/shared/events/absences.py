"""What booking says about absences: that walks must be looked after, never whose they are or why.

Invariant: no officer's id and no reason; the four services only.
"""

from datetime import datetime

from shared.events.base import Fact

INTERNAL = "internal.booking.absences.v1"


class OfficerAbsenceRecorded(Fact):
    """Somebody will not be there; ``until`` None: nobody knows for how long."""

    topic = INTERNAL
    type = "absence.recorded.v1"

    since: datetime
    until: datetime | None
    affected_walks: int


FACTS: tuple[type[Fact], ...] = (OfficerAbsenceRecorded,)
