"""When and how a participant may be written to, as she has said to booking.

Invariant: her hours are what London's clocks show; a message that cannot wait for them says nothing.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.events import Fact, walks

LONDON = ZoneInfo("Europe/London")
DAY = timedelta(days=1)
# Told later than so long before it, she may have set off for a walk that there is not.
NOTICE = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class SafeContact:
    """Between which wall times she may be written to (None: at any), and whether messages say nothing.

    Where the second time is the earlier one, her hours go over midnight.
    """

    hours: tuple[time, time] | None = None
    neutral: bool = False


NOT_ASKED = SafeContact()


def opens_at(rules: SafeContact, at: datetime) -> datetime:
    """When she may be written to: ``at`` once within her hours, else when they next begin.

    A beginning that the clocks skip (28 March 2027, 01:30) is within them an hour later, or not that day.
    """
    if rules.hours is None or _within(rules.hours, at):
        return at
    begin, today = rules.hours[0], at.astimezone(LONDON).date()
    begins = [
        datetime.combine(today + days * DAY, begin.replace(fold=fold), LONDON).astimezone(UTC)
        for days in range(3)
        for fold in (0, 1)
    ]
    return min(each for each in begins if each > at and _within(rules.hours, each))


def cannot_wait(needed_by: datetime | None, opens: datetime, *, at: datetime) -> bool:
    """Whether it is too late once her hours open: ``needed_by`` she sets off for a walk that there is not."""
    return needed_by is not None and at < needed_by < opens + NOTICE


def needed_by(fact: Fact) -> datetime | None:
    """The start of a walk that the force has taken from her; None: nothing is lost if she reads it later."""
    match fact:
        case walks.WalkCancelled() if fact.initiator != "participant":
            return fact.starts_at
        case walks.WalkRescheduled() if fact.initiator == "force" and fact.shortened is None:
            return min(fact.old_starts_at, fact.starts_at)
        case _:
            return None


def _within(hours: tuple[time, time], at: datetime) -> bool:
    begin, end = hours
    wall = at.astimezone(LONDON).time()
    return begin <= wall < end if begin < end else wall >= begin or wall < end
