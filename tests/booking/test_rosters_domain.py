"""Shifts and the slots they make: around every change of the clocks, over midnight, side by side."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import example, given, strategies as some

from booking import domain
from tests.booking.desk import POLICY

LONDON = domain.LONDON
DAY = timedelta(days=1)


def changes_until_2035() -> list[date]:
    """Every day from 2026 to 2035 on which London's clocks change."""
    day, found = date(2026, 1, 1), list[date]()
    while day < date(2036, 1, 1):
        noon = [datetime.combine(each, time(12), LONDON).utcoffset() for each in (day - DAY, day)]
        if noon[0] != noon[1]:
            found.append(day)
        day += DAY
    return found


CHANGES = changes_until_2035()
WALLS = some.builds(time, some.integers(0, 23), some.sampled_from([0, 15, 30, 45]))


def a_shift(day: date, begin: time, end: time, **more: object) -> domain.Shift:
    """A shift on a day's weekday, of every week."""
    shift = domain.Shift(
        id=UUID(int=1),
        officer_id=UUID(int=2),
        weekday=day.isoweekday(),
        hours=(begin, end),
        from_date=date(2026, 1, 1),
        until_date=None,
        ward="L05000001",
        near="the old mill",
        meeting_point=domain.MeetingPoint("Mill Lane bus stop", -0.02, 51.44),
    )
    return replace(shift, **more)  # type: ignore[arg-type]


def offered(shift: domain.Shift, day: date, policy: domain.Policy = POLICY) -> domain.Openings:
    """What a shift offers on one day."""
    return domain.openings(shift, policy, (day, day), "2026a")


def walls(found: domain.Openings) -> list[str]:
    """The wall times at which slots begin."""
    return [f"{times.local_from:%H:%M}" for times in found.times]


def test_the_dates_on_which_the_clocks_change_are_the_known_ones() -> None:
    assert {date(2026, 10, 25), date(2027, 3, 28), date(2027, 10, 31)} <= set(CHANGES)
    assert len(CHANGES) == 20


@pytest.mark.parametrize("change", CHANGES)
def test_six_in_the_evening_stays_six_in_the_evening(change: date) -> None:
    for week in range(-2, 3):
        day = change + week * timedelta(days=7)
        [first, *_] = offered(a_shift(day, time(18), time(22)), day).times
        at = first.starts_at.astimezone(LONDON)
        assert (at.date(), at.time()) == (day, time(18))
        assert (first.local_date, first.local_from, first.minutes) == (day, time(18), 30)


@given(change=some.sampled_from(CHANGES), begin=WALLS, end=WALLS, before=some.booleans())
@example(change=date(2027, 3, 28), begin=time(0, 30), end=time(4), before=False)
@example(change=date(2027, 3, 28), begin=time(23), end=time(4), before=True)
@example(change=date(2027, 10, 31), begin=time(0, 30), end=time(4), before=False)
@example(change=date(2026, 10, 25), begin=time(0), end=time(23, 45), before=False)
def test_around_every_change_a_slot_is_where_the_clocks_say(
    change: date,
    begin: time,
    end: time,
    before: bool,  # noqa: FBT001 - drawn by Hypothesis
) -> None:
    day = change - DAY if before else change
    if begin == end:
        return
    shift = a_shift(day, begin, end)
    found = offered(shift, day)
    first, last = datetime.combine(day, begin), datetime.combine(day, end)
    last += DAY if last <= first else timedelta()
    for times in found.times:
        wall = datetime.combine(times.local_date, times.local_from)
        assert first <= wall and (wall - first) % timedelta(minutes=60) == timedelta()
        assert times.starts_at == domain.readings(wall.date(), wall.time())[0]
        assert times.ends_at - times.starts_at == timedelta(minutes=30)
        assert times.ends_at.astimezone(LONDON).replace(tzinfo=None) <= last
    for wall in found.left_out:
        skipped = not domain.readings(wall.date(), wall.time())
        runs_over = change.month == 3 and wall.date() == change and wall.time() < time(1)
        assert skipped or runs_over
    grid = int((last - first - timedelta(minutes=30)) / timedelta(minutes=60)) + 1
    if last - first >= timedelta(minutes=30):
        assert len(found.times) + len(found.left_out) == grid
    starts = [times.starts_at for times in found.times]
    assert starts == sorted(set(starts))


def test_a_time_that_the_clocks_skip_is_left_out_and_said() -> None:
    day = date(2027, 3, 28)
    found = offered(a_shift(day, time(0, 30), time(4)), day)
    assert walls(found) == ["00:30", "02:30", "03:30"]
    assert datetime(2027, 3, 28, 1, 30) in found.left_out  # noqa: DTZ001 - a wall time


def test_of_a_time_that_comes_twice_the_first_is_meant() -> None:
    day = date(2027, 10, 31)
    [times] = offered(a_shift(day, time(1, 30), time(2)), day).times
    assert times.starts_at == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


def test_a_shift_over_midnight_goes_on_on_the_next_day() -> None:
    day = date(2027, 1, 12)
    found = offered(a_shift(day, time(22), time(1)), day)
    assert walls(found) == ["22:00", "23:00", "00:00"]
    assert found.times[-1].local_date == day + DAY
    assert not offered(a_shift(day, time(22), time(1)), day + DAY).times


def test_until_midnight_is_until_the_day_ends() -> None:
    day = date(2027, 1, 12)
    found = offered(a_shift(day, time(22), time()), day)
    assert walls(found) == ["22:00", "23:00"]
    half = offered(a_shift(day, time(22, 30), time()), day)
    assert [times.ends_at for times in half.times][-1] == datetime(2027, 1, 13, 0, 0, tzinfo=UTC)


def test_every_slot_of_a_shift_can_be_had() -> None:
    day = date(2027, 1, 12)
    policy = replace(POLICY, debrief=timedelta(minutes=10), walk_minutes=45)
    found = offered(a_shift(day, time(18), time(23)), day, policy)
    kept = [domain.kept_free(times, policy) for times in found.times]
    assert walls(found) == ["18:00", "19:25", "20:50", "22:15"]
    assert all(end <= begin for (_, end), (begin, _) in pairwise(kept))


def test_a_shift_is_worked_from_its_first_day_to_its_last_and_not_on_days_off() -> None:
    day = date(2027, 1, 12)
    shift = a_shift(day, time(18), time(19), from_date=day, until_date=day + 14 * DAY)
    everything = domain.openings(shift, POLICY, (day - 30 * DAY, day + 30 * DAY), "2026a")
    assert [times.local_date for times in everything.times] == [day, day + 7 * DAY, day + 14 * DAY]
    off = replace(shift, exceptions=((day, None), (day + 7 * DAY, (time(20), time(21)))))
    differing = domain.openings(off, POLICY, (day, day + 30 * DAY), "2026a")
    assert walls(differing) == ["20:00", "18:00"]


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ((0, time(19), time(20)), True),
        ((0, time(20), time(22)), False),
        ((0, time(16), time(18)), False),
        ((1, time(18), time(20)), False),
        ((-1, time(22), time(19)), True),
        ((-1, time(22), time(18)), False),
    ],
)
def test_shifts_overlap_when_they_are_worked_at_the_same_time(
    other: tuple[int, time, time],
    expected: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    for day in (date(2027, 1, 11) + nth * DAY for nth in range(7)):
        one = a_shift(day, time(18), time(20))
        two = a_shift(day + other[0] * DAY, other[1], other[2], id=UUID(int=3))
        assert domain.clashes(one, [two]) == domain.clashes(two, [one]) == expected


def test_shifts_of_different_months_do_not_overlap() -> None:
    day = date(2027, 1, 12)
    one = a_shift(day, time(18), time(20), until_date=date(2027, 1, 31))
    two = a_shift(day, time(18), time(20), id=UUID(int=3), from_date=date(2027, 2, 1))
    assert not domain.clashes(one, [two])
    assert not domain.clashes(two, [one])
    assert domain.clashes(one, [replace(two, from_date=date(2027, 1, 31))])
