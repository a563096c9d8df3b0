"""When a walk is: two instants in UTC, and the London wall times that people were promised.

Invariant: both are kept, with the version of the time zone rules that tied them together, so that a
change of those rules can be noticed instead of silently moving a promise.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True, slots=True)
class Times:
    """From ``starts_at`` to ``ends_at`` (UTC); ``local_*`` is what London's clocks show then."""

    starts_at: datetime
    ends_at: datetime
    local_date: date
    local_from: time
    local_to: time
    tz_version: str

    @property
    def minutes(self) -> int:
        """How long it lasts."""
        return int((self.ends_at - self.starts_at).total_seconds() // 60)


def promised(starts_at: datetime, minutes: int, tz_version: str) -> Times:
    """The times of a walk that starts at an aware instant and lasts so many minutes."""
    start = starts_at.astimezone(UTC)
    end = start + timedelta(minutes=minutes)
    local_start, local_end = start.astimezone(LONDON), end.astimezone(LONDON)
    return Times(
        starts_at=start,
        ends_at=end,
        local_date=local_start.date(),
        local_from=local_start.time(),
        local_to=local_end.time(),
        tz_version=tz_version,
    )


def is_london_time(instant: datetime) -> bool:
    """Whether the offset that an aware time was given with is London's own at that instant."""
    return instant.utcoffset() == instant.astimezone(LONDON).utcoffset()


def readings(day: date, wall: time) -> tuple[datetime, ...]:
    """The instants (UTC, earlier first) at which London's clocks show a wall time.

    None when the clocks skip it (28 March 2027, 01:30), two when they show it twice (31 October 2027,
    01:30), else one.
    """
    naive = datetime.combine(day, wall)
    found = {naive.replace(tzinfo=LONDON, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return tuple(
        sorted(at for at in found if at.astimezone(LONDON).replace(tzinfo=None, fold=0) == naive)
    )
