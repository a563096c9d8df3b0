"""Around every change of London's clocks until 2035: walks keep their wall times, rules count real time.

Shifts alone, without a database, are in ``test_rosters_domain``.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, strategies as some

from booking import domain, service
from shared.idempotency import once
from tests.booking.desk import POLICY, Booking, problem
from tests.booking.rostering import added
from tests.booking.test_changes import moves
from tests.booking.test_rosters_domain import CHANGES
from tests.booking.test_service import token_of
from tests.booking.walks import a_slot, telling

LONDON = ZoneInfo("Europe/London")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SECOND = timedelta(seconds=1)
NO_KEY = once("test", None, b"")
NEAR = some.integers(-26 * 60, 26 * 60).map(lambda minutes: timedelta(minutes=minutes))
BY_HAND = (date(2026, 10, 25), date(2027, 3, 28), date(2027, 10, 31))


def change_of(day: date) -> datetime:
    """The instant at which the clocks change, in spring and in autumn."""
    return datetime.combine(day, time(1), UTC)


@given(day=some.sampled_from(CHANGES), off=NEAR, minutes=some.integers(15, 240))
@example(day=BY_HAND[0], off=-30 * MINUTE, minutes=60)
@example(day=BY_HAND[1], off=-30 * MINUTE, minutes=60)
@example(day=BY_HAND[2], off=30 * MINUTE, minutes=15)
def test_wall_times_are_what_the_clocks_show_and_a_walk_is_as_long_as_it_is(
    day: date, off: timedelta, minutes: int
) -> None:
    at = change_of(day) + off
    times = domain.promised(at, minutes, "2026a")
    assert at.astimezone(LONDON).date() == times.local_date
    assert at.astimezone(LONDON).time() == times.local_from
    assert (at + minutes * MINUTE).astimezone(LONDON).time() == times.local_to
    assert times.minutes == minutes
    assert at in domain.readings(times.local_date, times.local_from)


@given(day=some.sampled_from(CHANGES), off=NEAR, span=some.integers(0, 28 * 24))
@example(day=BY_HAND[0], off=-12 * HOUR, span=24)
@example(day=BY_HAND[1], off=-12 * HOUR, span=24)
@example(day=BY_HAND[2], off=-12 * HOUR, span=24)
def test_notice_and_horizon_are_so_many_hours_whatever_the_clocks_do(
    day: date, off: timedelta, span: int
) -> None:
    at = change_of(day) + off
    starts_at = at + max(span, 1) * HOUR
    slot = a_slot(times=domain.promised(starts_at, 30, "2026a"))
    exact = starts_at - at
    for policy in (replace(POLICY, min_notice=exact), replace(POLICY, horizon=exact)):
        domain.require_bookable(slot, policy, at=at)
    too_soon = replace(POLICY, min_notice=exact + SECOND)
    too_far = replace(POLICY, horizon=exact - SECOND)
    for policy in (too_soon, too_far):
        with pytest.raises(domain.SlotTaken):
            domain.require_bookable(slot, policy, at=at)


@given(day=some.sampled_from(CHANGES), off=NEAR)
@example(day=BY_HAND[0], off=30 * MINUTE)
@example(day=BY_HAND[1], off=30 * MINUTE)
@example(day=BY_HAND[2], off=30 * MINUTE)
def test_starting_undoing_and_grace_count_real_minutes(day: date, off: timedelta) -> None:
    starts_at = change_of(day) + off
    slot = a_slot(times=domain.promised(starts_at, 45, "2026a"))
    first = starts_at - 3 * HOUR
    walk, _ = domain.book(
        slot, POLICY, domain.NewWalk(slot.id, slot.id, "AAAA-BBBB"), telling(first)
    )
    assert walk.start_due_at - starts_at == POLICY.grace
    assert walk.end_due_at - starts_at == 45 * MINUTE + POLICY.grace
    begin, end = domain.kept_free(walk.times, POLICY)
    assert end - begin == 45 * MINUTE + 2 * POLICY.buffer
    deed = domain.Deed(starts_at - HOUR, "officer-1")
    domain.start(walk, deed, telling(deed.at))
    with pytest.raises(domain.TooEarly):
        domain.start(walk, replace(deed, at=deed.at - SECOND), telling(deed.at))
    early = starts_at - 15 * MINUTE
    gone, _ = domain.cancel(walk, "participant", "participant", telling(early))
    domain.undo_cancel(gone, slot, POLICY, telling(early + 10 * MINUTE))
    with pytest.raises(domain.TooLate):
        domain.undo_cancel(gone, slot, POLICY, telling(early + 10 * MINUTE + SECOND))
    assert domain.mark_overdue(walk, starts_at + 15 * MINUTE - SECOND) is None
    assert domain.mark_overdue(walk, starts_at + 15 * MINUTE) is not None


async def wrong(booking: Booking) -> list[dict[str, Any]]:
    """Rows whose wall times are not what London's clocks show, by PostgreSQL's own rules."""
    wall = "{} at time zone 'Europe/London'"
    told = (
        f"local_date <> ({wall.format('starts_at')})::date"
        f" or local_from <> ({wall.format('starts_at')})::time"
        f" or local_to <> ({wall.format('ends_at')})::time"
    )
    return [
        row
        for table in ("slot", "walk")
        for row in await booking.rows(f"select id, starts_at from {table} where {told}")
    ]


async def test_walks_over_every_change_are_kept_as_promised(booking: Booking) -> None:
    for day in CHANGES:
        at = change_of(day) - 30 * MINUTE
        booking.clock.at = at - 2 * DAY
        walk = await booking.walk(at=at - DAY, minutes=60)
        over = await booking.slot(at=at, minutes=60)
        answer = await moves(booking, walk, over)
        assert answer.status_code == 200, answer.text
        said = answer.json()["local"]
        # An hour that ends in a wall clock's two hours, or in none at all.
        assert (said["from"], said["to"]) in (("00:30", "02:30"), ("01:30", "01:30"))
        too_near = await booking.opens(at=at + 89 * MINUTE)
        assert problem(too_near) == "officer-busy"
        await booking.slot(at=at + 90 * MINUTE)
        booking.clock.at = at + 16 * MINUTE
        assert await service.mark_next_overdue(booking.desk)
        assert (await booking.acts(walk, "start")).status_code == 200
        booking.clock.at = at + 74 * MINUTE
        assert not await service.mark_next_overdue(booking.desk)
        booking.clock.at = at + 75 * MINUTE
        assert await service.mark_next_overdue(booking.desk)
        assert (await booking.acts(walk, "end")).status_code == 200
    lengths = await booking.rows("select distinct ends_at - starts_at as length from walk")
    assert [row["length"] for row in lengths] == [HOUR]
    assert await wrong(booking) == []


async def test_she_undoes_within_ten_minutes_over_a_change(booking: Booking) -> None:
    for day in BY_HAND:
        booking.clock.at = change_of(day) - 5 * MINUTE
        walk = await booking.walk(at=change_of(day) + 2 * HOUR)
        await service.cancel_by_link(booking.desk, token_of(walk), NO_KEY)
        booking.clock.advance(10 * MINUTE)
        await service.undo_cancel_by_link(booking.desk, token_of(walk), NO_KEY)
        await service.cancel_by_link(booking.desk, token_of(walk), NO_KEY)
        booking.clock.advance(10 * MINUTE + SECOND)
        with pytest.raises(domain.TooLate):
            await service.undo_cancel_by_link(booking.desk, token_of(walk), NO_KEY)


async def test_shifts_keep_their_wall_times_in_every_week_around_a_change(
    booking: Booking,
) -> None:
    booking.clock.at = change_of(CHANGES[0]) - 16 * DAY
    hours = {"from": "18:00", "to": "20:00", "from_date": CHANGES[0].replace(day=1).isoformat()}
    await added(booking, weekday="sunday", **hours)
    for day in CHANGES:
        booking.clock.at = change_of(day) - 15 * DAY
        while await service.open_next_shift(booking.desk):
            pass
        found = await booking.rows(
            "select starts_at, local_date, local_from, minutes from (select *,"
            " extract(epoch from ends_at - starts_at) / 60 as minutes from slot) as slot"
            " where local_date between $1 and $2 order by starts_at",
            day - 7 * DAY,
            day + 7 * DAY,
        )
        assert {row["local_from"] for row in found} == {time(18), time(19)}
        assert {row["minutes"] for row in found} == {30}
        assert len({row["local_date"] for row in found}) == 3
        assert len({row["starts_at"].time() for row in found}) == 3  # 17, 18 and 19 in UTC
    assert await wrong(booking) == []
