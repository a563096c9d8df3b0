"""The four-hour bands of the London day, the finest time that leaves the four services.

Invariant: a band is a local date and one of 00, 04, 08, 12, 16, 20; its edges are wall-clock times,
so that on the two days a year when the clocks change one band lasts three or five hours.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, get_args

from shared.clock import LONDON

HOURS = (0, 4, 8, 12, 16, 20)
BAND = timedelta(hours=4)  # on all but two nights a year

BandLabel = Literal["00", "04", "08", "12", "16", "20"]
LABELS: Mapping[int, BandLabel] = dict(zip(HOURS, get_args(BandLabel), strict=True))


@dataclass(frozen=True, slots=True, order=True)
class Band:
    """A local date and the hour at which its four-hour band begins."""

    date: date
    hour: int

    @property
    def label(self) -> BandLabel:
        """The hour as events carry it: ``"16"``."""
        return LABELS[self.hour]

    @property
    def starts_at(self) -> datetime:
        """The first instant of the band, in UTC."""
        return datetime.combine(self.date, time(self.hour), tzinfo=LONDON).astimezone(UTC)

    @property
    def ends_at(self) -> datetime:
        """The first instant after the band, in UTC."""
        return self.following.starts_at

    @property
    def following(self) -> "Band":
        """The band after this one."""
        if self.hour == HOURS[-1]:
            return Band(self.date + timedelta(days=1), HOURS[0])
        return Band(self.date, self.hour + 4)


def band_of(instant: datetime) -> Band:
    """The band that holds an aware instant."""
    local = instant.astimezone(LONDON)
    return Band(local.date(), local.hour // 4 * 4)


def release_time(planned: Band, *, at: datetime, wait: timedelta) -> datetime:
    """When a thing that happened at ``at`` may be told to those who know the planned band only.

    That is when the bands after the planned one that ``wait`` covers are over (one band unless set),
    be they three or five hours long; always on the edge of a band, so that the moment of telling
    narrows nothing. A thing that happens later than that is told when the band in which it happened
    is over.
    """
    last = planned
    for _ in range(math.ceil(wait / BAND)):
        last = last.following
    usual = last.ends_at
    return usual if at <= usual else band_of(at).ends_at
