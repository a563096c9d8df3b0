"""Bands of the London day, over the days on which its clocks change too."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import example, given, strategies as st

from shared.bands import HOURS, Band, band_of, release_time
from shared.clock import LONDON

# Three changes of the clocks: back, forward, back.
CHANGES = (date(2026, 10, 25), date(2027, 3, 28), date(2027, 10, 31))
HOUR, WAIT = timedelta(hours=1), timedelta(hours=4)

dates = st.one_of(
    st.dates(date(2026, 1, 1), date(2028, 12, 31)),
    st.sampled_from(CHANGES).flatmap(
        lambda day: st.dates(day - timedelta(days=1), day + timedelta(days=1))
    ),
)
bands = st.builds(Band, dates, st.sampled_from(HOURS))


@st.composite
def instants(draw: st.DrawFn) -> datetime:
    """An instant, more often than not within two days of a change of the clocks."""
    midnight = datetime.combine(draw(dates), datetime.min.time(), tzinfo=UTC)
    return midnight + draw(st.timedeltas(timedelta(), timedelta(days=1)))


def length(band: Band) -> timedelta:
    """How long a band lasts."""
    return band.ends_at - band.starts_at


@pytest.mark.parametrize(
    ("day", "first", "whole"), [(CHANGES[0], 5, 25), (CHANGES[1], 3, 23), (CHANGES[2], 5, 25)]
)
def test_when_the_clocks_change_one_band_is_an_hour_longer_or_shorter(
    day: date, first: int, whole: int
) -> None:
    lengths = [length(Band(day, hour)) for hour in HOURS]
    assert lengths == [first * HOUR, *[4 * HOUR] * 5]
    assert sum(lengths, timedelta()) == whole * HOUR


@given(bands)
def test_a_band_begins_on_its_wall_clock_hour_and_ends_where_the_next_begins(band: Band) -> None:
    start = band.starts_at.astimezone(LONDON)
    assert (start.date(), start.hour, start.minute) == (band.date, band.hour, 0)
    assert band.ends_at == band.following.starts_at
    assert band < band.following
    assert length(band) in ({4 * HOUR} if band.hour else {3 * HOUR, 4 * HOUR, 5 * HOUR})


@given(instants())
@example(datetime(2026, 10, 25, 0, 30, tzinfo=UTC))
@example(datetime(2026, 10, 25, 1, 30, tzinfo=UTC))
@example(datetime(2027, 3, 28, 1, 0, tzinfo=UTC))
@example(datetime(2027, 10, 31, 0, 59, 59, 999999, tzinfo=UTC))
def test_every_instant_is_in_just_one_band(instant: datetime) -> None:
    band = band_of(instant)
    assert band.starts_at <= instant < band.ends_at
    assert band_of(band.starts_at) == band
    assert band_of(band.ends_at) == band.following


@given(bands, instants())
def test_what_is_told_later_is_told_at_an_edge_and_never_before_the_next_band_is_over(
    planned: Band, at: datetime
) -> None:
    release = release_time(planned, at=at, wait=WAIT)
    assert release == band_of(release).starts_at
    assert release >= planned.following.ends_at
    assert release >= at


@given(bands, instants(), st.timedeltas(timedelta(microseconds=1), 3 * HOUR))
def test_moments_of_one_band_are_told_at_the_same_time(
    planned: Band, at: datetime, later: timedelta
) -> None:
    band = band_of(at)
    moments = (at, band.starts_at + later)
    told = {release_time(planned, at=each, wait=WAIT) for each in moments}
    assert at == band.starts_at or len(told) == 1


@pytest.mark.parametrize(("hours", "bands_waited"), [(0, 0), (0.5, 1), (4, 1), (5, 2), (8, 2)])
def test_a_wait_is_counted_in_whole_bands(hours: float, bands_waited: int) -> None:
    planned = Band(date(2027, 3, 27), 20)
    last = planned
    for _ in range(bands_waited):
        last = last.following
    release = release_time(planned, at=planned.starts_at, wait=timedelta(hours=hours))
    assert release == last.ends_at
