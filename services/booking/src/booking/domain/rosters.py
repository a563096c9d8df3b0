"""Rosters: shifts that come every week at the same wall times, and the slots that they make.

Invariant: 18:00 is 18:00 on London's clocks whatever they did in the night. A time that the clocks skip is
left out and said; of one that they show twice, the first is meant. A change of a shift withdraws slots,
never a walk.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

from booking.domain.slots import MeetingPoint, Slot
from booking.domain.teams import Policy
from booking.domain.times import LONDON, Times, promised, readings

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
A_MONDAY = datetime(2027, 1, 4)  # noqa: DTZ001 - a week of wall times, whichever it is

Hours = tuple[time, time]


@dataclass(frozen=True, slots=True)
class Shift:
    """A weekday (1 is Monday) on which an officer offers walks, from and to which wall time, and where.

    One that ends at or before its beginning ends on the next day: until 00:00 is until midnight.
    ``exceptions`` has other hours for a day, or None: not that day.
    """

    id: UUID
    officer_id: UUID
    weekday: int
    hours: Hours
    from_date: date
    until_date: date | None
    ward: str
    near: str
    meeting_point: MeetingPoint
    capacity: int = 1
    exceptions: tuple[tuple[date, Hours | None], ...] = field(default=())
    version: int = field(default=1, compare=False)

    def falls_on(self, day: date) -> bool:
        """Whether it is a day of this shift, exceptions aside."""
        return (
            day.isoweekday() == self.weekday
            and self.from_date <= day
            and (self.until_date is None or day <= self.until_date)
        )

    def hours_on(self, day: date) -> Hours | None:
        """The wall times that are worked on a day."""
        return dict(self.exceptions).get(day, self.hours) if self.falls_on(day) else None


@dataclass(frozen=True, slots=True)
class Openings:
    """The times of a shift's slots, and the wall times at which there can be none."""

    times: tuple[Times, ...]
    left_out: tuple[datetime, ...]


def openings(shift: Shift, policy: Policy, days: tuple[date, date], tz_version: str) -> Openings:
    """What a shift offers from a day to another: walks, with the time kept free around each between."""
    found: list[Times] = []
    left_out: list[datetime] = []
    for day in _days(shift, *days):
        if (hours := shift.hours_on(day)) is None:
            continue
        begin, end = spread(day, hours)
        for wall in _starts(begin, end, policy):
            at = readings(wall.date(), wall.time())
            times = promised(at[0], policy.walk_minutes, tz_version) if at else None
            if times is None or times.ends_at.astimezone(LONDON).replace(tzinfo=None) > end:
                left_out.append(wall)
            else:
                found.append(times)
    return Openings(tuple(found), tuple(left_out))


def spread(day: date, hours: Hours) -> tuple[datetime, datetime]:
    """The wall times, with their dates, between which hours of a day lie."""
    begin, end = (datetime.combine(day, wall) for wall in hours)
    return begin, end if begin < end else end + DAY


def overlap(one: Shift, other: Shift) -> bool:
    """Whether two shifts of one officer would ever be worked at the same time, exceptions aside."""
    if one.until_date and one.until_date < other.from_date:
        return False
    if other.until_date and other.until_date < one.from_date:
        return False
    (begin, end), (other_begin, other_end) = _in_week(one), _in_week(other)
    return any(
        begin < other_end + weeks * WEEK and other_begin + weeks * WEEK < end
        for weeks in (-1, 0, 1)
    )


def belongs(slot: Slot, shift: Shift, times: Times) -> bool:
    """Whether a slot is what a shift offers at some times: there, then, and to as many.

    To how many it is offered is a coordinator's to say where she has put further officers on it.
    """
    return (
        (slot.times.starts_at, slot.times.ends_at) == (times.starts_at, times.ends_at)
        and slot.ward.code == shift.ward
        and (slot.near, slot.meeting_point) == (shift.near, shift.meeting_point)
        and (slot.officers > 1 or slot.capacity == shift.capacity)
    )


def clashes(shift: Shift, others: Sequence[Shift]) -> bool:
    """Whether a shift overlaps any other of its officer's."""
    return any(other.id != shift.id and overlap(shift, other) for other in others)


def _days(shift: Shift, first: date, last: date) -> Iterator[date]:
    """The days of a shift's weekday from a day to another, both included."""
    day = first + timedelta(days=(shift.weekday - first.isoweekday()) % 7)
    while day <= last:
        yield day
        day += WEEK


def _starts(begin: datetime, end: datetime, policy: Policy) -> Iterator[datetime]:
    """Every one of them can be had: the next begins when its officer is free again."""
    walk = timedelta(minutes=policy.walk_minutes)
    step = walk + 2 * policy.buffer + policy.debrief
    while begin + walk <= end:
        yield begin
        begin += step


def _in_week(shift: Shift) -> tuple[datetime, datetime]:
    return spread((A_MONDAY + (shift.weekday - 1) * DAY).date(), shift.hours)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What becomes of some officers' shifts when they are to be others."""

    added: tuple[Shift, ...]
    changed: tuple[Shift, ...]
    same: tuple[Shift, ...]
    removed: tuple[Shift, ...]


def compare(before: Sequence[Shift], wanted: Sequence[Shift]) -> Comparison:
    """Tell shifts apart by officer, weekday, beginning and first day; one that stays keeps its days off."""
    known = {_name(shift): shift for shift in before}
    added: list[Shift] = []
    changed: list[Shift] = []
    same: list[Shift] = []
    for shift in wanted:
        old = known.pop(_name(shift), None)
        if old is None:
            added.append(shift)
            continue
        kept = tuple(each for each in old.exceptions if shift.falls_on(each[0]))
        after = replace(shift, id=old.id, exceptions=kept, version=old.version)
        if after == old:
            same.append(old)
        else:
            changed.append(replace(after, version=old.version + 1))
    return Comparison(tuple(added), tuple(changed), tuple(same), tuple(known.values()))


def _name(shift: Shift) -> tuple[UUID, int, time, date]:
    return shift.officer_id, shift.weekday, shift.hours[0], shift.from_date
