"""The rules of booking, without any I/O."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, strategies as st

from booking import domain
from shared.bands import band_of
from shared.errors import Refusal
from tests.booking.walks import (
    HOUR,
    POLICY,
    a_slot,
    a_walk,
    booked,
    end,
    only,
    start,
    telling,
    types,
)
from tests.factories import START

KEY = "dGhpcnR5LXR3by1ieXRlcy1mb3ItdGhlLXRlc3RzISE="
OTHER_KEY = "YW5vdGhlciB0aGlydHktdHdvIGJ5dGVzIG9mIGEga2U="


def test_a_booked_slot_becomes_a_confirmed_walk_with_everything_promised() -> None:
    slot = a_slot()
    walk, facts = booked(slot)
    assert walk.state == "confirmed"
    assert (walk.times, walk.officer, walk.ward) == (slot.times, slot.officer, slot.ward)
    assert walk.start_due_at == slot.times.starts_at + POLICY.grace
    assert walk.end_due_at == slot.times.ends_at + POLICY.grace
    assert types(facts) == ["internal walk.confirmed.v1", "shared walk.confirmed.v1"]


@pytest.mark.parametrize(
    "slot",
    [
        a_slot(state=domain.SlotState.WITHDRAWN),
        a_slot(times=domain.promised(START - HOUR, 30, "x")),
        a_slot(times=domain.promised(START, 30, "x")),
        a_slot(times=domain.promised(START + HOUR - timedelta(seconds=1), 30, "x")),
        a_slot(times=domain.promised(START + timedelta(days=28, seconds=1), 30, "x")),
    ],
)
def test_a_slot_that_cannot_be_had_now_is_taken(slot: domain.Slot) -> None:
    with pytest.raises(domain.SlotTaken):
        booked(slot)


@pytest.mark.parametrize("times", [START + HOUR, START + timedelta(days=28)])
def test_notice_and_horizon_include_their_edges(times: datetime) -> None:
    booked(a_slot(times=domain.promised(times, 30, "x")))


def test_a_walk_is_started_by_somebody_at_some_time() -> None:
    walk = a_walk()
    at = walk.times.starts_at - timedelta(minutes=60)
    after, facts = start(walk, "officer-1", telling(at))
    assert (after.state, after.started) == ("started", domain.Deed(at, "officer-1"))
    assert after.version == walk.version + 1
    assert after.sequence == walk.sequence
    assert types(facts) == ["internal walk.started.v1", "shared walk.started.v1"]


def test_a_walk_is_started_neither_too_early_nor_too_late() -> None:
    walk = a_walk()
    early = walk.times.starts_at - timedelta(minutes=60, seconds=1)
    with pytest.raises(domain.TooEarly):
        start(walk, "officer-1", telling(early))
    start(walk, "officer-1", telling(walk.times.ends_at - timedelta(seconds=1)))
    with pytest.raises(domain.TooLate):
        start(walk, "officer-1", telling(walk.times.ends_at))


@pytest.mark.parametrize("state", ["held", "started", "ended", "cancelled"])
def test_only_a_confirmed_walk_is_started(state: str) -> None:
    with pytest.raises(domain.WrongState):
        start(a_walk(state), "officer-1", telling())


@pytest.mark.parametrize("state", ["held", "confirmed", "ended", "cancelled"])
def test_only_a_started_walk_is_ended(state: str) -> None:
    with pytest.raises(domain.WrongState):
        end(a_walk(state), "officer-1", telling())


@pytest.mark.parametrize("state", ["started", "ended", "cancelled"])
def test_only_a_walk_that_has_not_begun_is_cancelled(state: str) -> None:
    with pytest.raises(domain.WrongState):
        domain.cancel(a_walk(state), "officer-1", "force", telling())


def test_a_cancellation_changes_what_was_promised() -> None:
    walk = a_walk()
    after, facts = domain.cancel(walk, "participant", "participant", telling())
    assert (after.state, after.initiator, after.sequence) == ("cancelled", "participant", 1)
    assert types(facts) == ["internal walk.cancelled.v1", "shared walk.cancelled.v1"]
    fact: Any = facts[0].fact
    assert fact.notice_hours == 2.0


def test_a_participant_cannot_silence_the_alarm_after_her_walk_s_start() -> None:
    walk = a_walk()
    at = telling(walk.times.starts_at)
    with pytest.raises(domain.TooLate):
        domain.cancel(walk, "participant", "participant", at)
    after, facts = domain.cancel(walk, "officer-1", "force", at)
    fact: Any = facts[0].fact
    assert (after.state, fact.notice_hours) == ("cancelled", 0)


def test_her_slot_is_open_again_the_force_s_is_withdrawn() -> None:
    assert domain.slot_after_cancel("participant") == "open"
    assert {domain.slot_after_cancel(each) for each in ("force", "weather", "safety")} == {
        "withdrawn"
    }


def test_a_walk_not_started_by_its_grace_is_overdue_once() -> None:
    walk = a_walk()
    due_at = walk.times.starts_at + POLICY.grace
    assert domain.mark_overdue(walk, due_at - timedelta(seconds=1)) is None
    marked = domain.mark_overdue(walk, due_at)
    assert marked is not None
    after, mark, fact = marked
    assert mark == domain.Overdue(due_at, "start")
    assert types((fact,)) == ["internal walk.overdue.v1"]
    assert domain.mark_overdue(after, due_at + HOUR) is None


def test_starting_late_clears_the_mark_and_a_late_end_sets_it_again() -> None:
    marked = domain.mark_overdue(a_walk(), START + 3 * HOUR)
    assert marked is not None
    walk, _, _ = marked
    started, facts = start(walk, "officer-1", telling(walk.times.starts_at + HOUR / 4))
    assert started.overdue is None
    assert types(facts)[-1] == "internal walk.overdue_cleared.v1"
    again = domain.mark_overdue(started, walk.times.ends_at + POLICY.grace)
    assert again is not None
    assert again[1].missing == "end"
    ended, facts = end(again[0], "officer-1", telling(walk.times.ends_at + HOUR))
    assert ended.overdue is None
    assert types(facts)[-1] == "internal walk.overdue_cleared.v1"


@pytest.mark.parametrize("state", ["held", "ended", "cancelled"])
def test_a_walk_that_nobody_waits_for_is_never_overdue(state: str) -> None:
    assert domain.mark_overdue(a_walk(state), START + timedelta(days=9)) is None


def test_the_shared_tier_has_its_own_key_and_the_planned_band_and_no_overdue() -> None:
    walk, facts = booked()
    shared, internal = only(facts, "shared"), only(facts, "internal")
    band = band_of(walk.times.starts_at)
    assert shared.key == walk.shared_id != walk.id == internal.key
    fact: Any = shared.fact
    assert (fact.local_date, fact.band) == (band.date, band.label)
    assert shared.time == band.starts_at
    marked = domain.mark_overdue(walk, START + 3 * HOUR)
    assert marked is not None
    _, facts = start(marked[0], "x", telling(walk.times.starts_at))
    assert "shared walk.overdue.v1" not in types((marked[2], *facts))
    assert "shared walk.overdue_cleared.v1" not in types((marked[2], *facts))


def test_what_happens_within_the_band_is_told_when_the_next_band_is_over() -> None:
    walk = a_walk()
    _, facts = start(walk, "x", telling(walk.times.starts_at))
    band = band_of(walk.times.starts_at)
    assert only(facts, "shared").publish_after == band.following.ends_at
    assert only(facts, "internal").publish_after == walk.times.starts_at


def test_a_cancellation_before_the_band_is_told_at_once() -> None:
    slot = a_slot(times=domain.promised(START + timedelta(days=1), 30, "x"))
    walk, _ = booked(slot)
    _, facts = domain.cancel(walk, "x", "force", telling(START))
    assert only(facts, "shared").publish_after == START


@given(
    day=st.dates(date(2026, 1, 1), date(2030, 12, 31)),
    wall=st.times().map(lambda t: t.replace(microsecond=0)),
)
def test_a_wall_time_is_read_as_london_s_clocks_show_it(day: date, wall: time) -> None:
    found = domain.readings(day, wall)
    shown = [at.astimezone(domain.LONDON).replace(tzinfo=None, fold=0) for at in found]
    assert shown == [datetime.combine(day, wall)] * len(found)
    assert len(found) in (0, 1, 2)
    if wall.hour >= 2 or day.weekday() != 6:
        assert len(found) == 1


def test_the_hour_that_is_skipped_and_the_hour_that_comes_twice() -> None:
    assert domain.readings(date(2027, 3, 28), time(1, 30)) == ()
    assert domain.readings(date(2027, 10, 31), time(1, 30)) == (
        datetime(2027, 10, 31, 0, 30, tzinfo=UTC),
        datetime(2027, 10, 31, 1, 30, tzinfo=UTC),
    )
    assert domain.readings(date(2027, 7, 1), time(18)) == (datetime(2027, 7, 1, 17, tzinfo=UTC),)


def test_promised_wall_times_stand_on_the_day_the_clocks_change() -> None:
    times = domain.promised(datetime(2027, 10, 31, 0, 30, tzinfo=UTC), 90, "2026a")
    assert (times.local_from, times.local_to) == (time(1, 30, fold=0), time(2, 0))
    assert times.minutes == 90


def test_a_third_open_walk_and_an_eleventh_try_are_refused_alike() -> None:
    limits = domain.Limits(open_walks=2, tries_per_hour=10, phone="101")
    domain.require_within(limits, domain.Tried(1, 9))
    refused: list[Refusal] = []
    for tried in (domain.Tried(2, 2), domain.Tried(0, 10)):
        with pytest.raises(domain.TooManyWalks) as caught:
            domain.require_within(limits, tried)
        refused.append(caught.value)
    assert refused[0].detail == refused[1].detail
    assert refused[0].headers == {"Retry-After": "3600"}


def test_one_person_s_addresses_count_as_one() -> None:
    assert domain.counted_as("Ada+walks@Example.ORG") == domain.counted_as("ada@example.org")
    assert domain.counted_as("ada@example.org") != domain.counted_as("ada@example.com")


def test_a_link_holds_for_its_walk_its_generation_and_any_known_key() -> None:
    old = domain.Links.from_setting(f"a:{KEY}")
    new = domain.Links.from_setting(f"b:{OTHER_KEY}, a:{KEY}")
    walk_id = uuid4()
    claim = domain.read_token(old.token(walk_id, 1))
    assert claim is not None
    assert claim.walk_id == walk_id
    assert new.holds(claim, 1)
    assert not new.holds(claim, 2)
    assert new.ever_held(claim, 2)
    assert new.token(walk_id, 1).startswith("b.")
    later = domain.read_token(new.token(walk_id, 1))
    assert later is not None
    assert not old.holds(later, 1)
    assert not new.holds(domain.Claim("a", uuid4(), claim.mac), 1)


@pytest.mark.parametrize(
    "token",
    ["", ".", "..", "a.b", "a.b.c", "a.!!.x", f"a.{'A' * 22}.é", "a" * 500, "a.AAAA.AAAA", "\x00.x.y"],
)  # fmt: skip
def test_what_is_no_link_is_read_as_none(token: str) -> None:
    assert domain.read_token(token) is None


def test_no_byte_of_a_link_can_be_changed() -> None:
    links = domain.Links.from_setting(f"a:{KEY}")
    token = links.token(UUID(int=5), 1)
    for place, letter in enumerate(token):
        forged = token[:place] + ("B" if letter != "B" else "C") + token[place + 1 :]
        claim = domain.read_token(forged)
        # The last letters of a part hold bits that encode nothing.
        if claim and claim != domain.read_token(token):
            assert not links.holds(claim, 1)


@pytest.mark.parametrize("setting", ["", "a", "a:", "a:c2hvcnQ=", f"a b:{KEY}", f":{KEY}", "a:é"])
def test_link_keys_that_cannot_be_used_are_refused(setting: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        domain.Links.from_setting(setting)


def test_next_steps_name_the_officer_the_place_and_the_number() -> None:
    said = " ".join(domain.next_steps(a_walk()))
    assert all(word in said for word in ("PC Robin", "Mill Lane bus stop", "020 7946 0000", "999"))
    assert "cancelled" in domain.next_steps(a_walk("cancelled"))[0]
