"""Dates and times as people in London say them."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.pages.words import people_date, people_day, people_time, time_range


def at(year: int, month: int, day: int, hour: int, minute: int) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("instant", "said"),
    [
        (at(2026, 11, 26, 18, 30), "Thursday 26 November, 6:30pm"),
        (at(2026, 11, 26, 21, 0), "Thursday 26 November, 9pm"),
        (at(2026, 11, 26, 12, 0), "Thursday 26 November, midday"),
        (at(2026, 11, 26, 0, 0), "Thursday 26 November, midnight"),
        (at(2026, 11, 26, 0, 5), "Thursday 26 November, 12:05am"),
        (at(2026, 7, 1, 17, 30), "Wednesday 1 July, 6:30pm"),
        (at(2026, 7, 1, 23, 30), "Thursday 2 July, 12:30am"),
        (at(2027, 10, 31, 0, 30), "Sunday 31 October, 1:30am (BST)"),
        (at(2027, 10, 31, 1, 30), "Sunday 31 October, 1:30am (GMT)"),
        (at(2027, 10, 31, 2, 30), "Sunday 31 October, 2:30am"),
        (at(2027, 3, 28, 0, 59), "Sunday 28 March, 12:59am"),
        (at(2027, 3, 28, 1, 0), "Sunday 28 March, 2am"),
    ],
)
def test_a_time_is_said_as_people_in_london_say_it(instant: datetime, said: str) -> None:
    assert people_date(instant) == said
    assert f"{people_day(instant)}, {people_time(instant)}" == said


def test_a_range_names_the_day_only_when_it_must() -> None:
    evening = at(2026, 11, 26, 18, 30)
    assert time_range(evening, evening + timedelta(hours=1)) == "6:30pm to 7:30pm"
    late = at(2026, 11, 26, 23, 30)
    assert time_range(late, late + timedelta(hours=1)) == "11:30pm to 12:30am on Friday 27 November"
