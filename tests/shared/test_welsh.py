"""Dates and times as people say them in Welsh."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.pages import welsh


@pytest.mark.parametrize(
    ("at", "said_as"),
    [
        (datetime(2027, 1, 12, 12, tzinfo=UTC), "Dydd Mawrth 12 Ionawr, canol dydd"),
        (datetime(2027, 1, 12, 0, tzinfo=UTC), "Dydd Mawrth 12 Ionawr, hanner nos"),
        (datetime(2027, 6, 13, 8, 5, tzinfo=UTC), "Dydd Sul 13 Mehefin, 9:05yb"),
        (datetime(2027, 10, 31, 1, 30, tzinfo=UTC), "Dydd Sul 31 Hydref, 1:30yb (GMT)"),
    ],
)
def test_dates_are_as_people_say_them(at: datetime, said_as: str) -> None:
    assert welsh.people_date(at) == said_as


def test_a_walk_over_midnight_names_both_days() -> None:
    late = datetime(2027, 1, 12, 23, 50, tzinfo=UTC)
    over = welsh.time_range(late, late + timedelta(minutes=30))
    assert over == "11:50yh tan 12:20yb Dydd Mercher 13 Ionawr"
