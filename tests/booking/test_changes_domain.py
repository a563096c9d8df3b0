"""The rules of what may still change of a walk: no fixtures, every refusal."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal
from uuid import uuid4

import pytest

from booking import domain
from booking.domain import Walk
from tests.booking.walks import HOUR, POLICY, a_slot, a_walk, only, start, telling, types
from tests.factories import START

MINUTE = timedelta(minutes=1)


def later_slot(hours: float = 26) -> domain.Slot:
    """Another slot, on the evening after."""
    return a_slot(times=domain.promised(START + hours * HOUR, 30, "2026a"))


def another_officer(walk: Walk) -> domain.Officer:
    """A colleague of the walk's officer."""
    return replace(walk.officer, id=uuid4(), number=8, display_name="PC Wren")


def test_a_moved_walk_has_the_plan_of_its_new_slot_and_both_tiers_know_the_old_one() -> None:
    walk, slot = a_walk(), later_slot()
    after, facts = domain.move(walk, slot, POLICY, "participant", telling())
    assert (after.slot_id, after.times, after.state) == (slot.id, slot.times, "confirmed")
    assert after.start_due_at == slot.times.starts_at + POLICY.grace
    assert (after.sequence, after.reference, after.id) == (1, walk.reference, walk.id)
    told: Any = only(facts, "internal").fact
    assert (told.old_starts_at, told.starts_at) == (walk.times.starts_at, slot.times.starts_at)
    shared: Any = only(facts, "shared").fact
    assert (shared.old_local_date, shared.local_date) == (
        walk.times.local_date,
        slot.times.local_date,
    )
    assert types(facts) == ["internal walk.rescheduled.v1", "shared walk.rescheduled.v1"]


def test_a_move_after_the_old_band_has_begun_is_told_when_it_tells_no_minute() -> None:
    walk = a_walk()
    at = telling(walk.times.starts_at + MINUTE)
    _, facts = domain.move(walk, later_slot(), POLICY, "force", at)
    assert only(facts, "shared").publish_after > later_slot().times.starts_at


@pytest.mark.parametrize("state", ["held", "started", "ended", "cancelled"])
def test_only_a_confirmed_walk_moves(state: str) -> None:
    with pytest.raises(domain.WrongState):
        domain.move(a_walk(state), later_slot(), POLICY, "force", telling())


def test_a_walk_does_not_move_to_where_it_is_nor_to_what_cannot_be_had() -> None:
    walk = a_walk()
    with pytest.raises(domain.WrongState):
        domain.move(walk, replace(a_slot(), id=walk.slot_id), POLICY, "force", telling())
    with pytest.raises(domain.SlotTaken):
        domain.move(walk, later_slot(-1), POLICY, "force", telling())


def test_she_moves_her_walk_until_its_start_the_force_after_too() -> None:
    walk = a_walk()
    at = telling(walk.times.starts_at)
    with pytest.raises(domain.TooLate):
        domain.move(walk, later_slot(), POLICY, "participant", at)
    domain.move(walk, later_slot(), POLICY, "force", at)


def test_moving_an_overdue_walk_clears_its_mark() -> None:
    walk = a_walk()
    marked = domain.mark_overdue(walk, walk.start_due_at)
    assert marked is not None
    after, facts = domain.move(marked[0], later_slot(), POLICY, "force", telling(walk.start_due_at))
    assert after.overdue is None
    assert types(facts)[0] == "internal walk.overdue_cleared.v1"  # the old plan, said last


def test_her_cancellation_can_be_undone_for_ten_minutes() -> None:
    walk, slot = a_walk(), a_slot()
    cancelled, _ = domain.cancel(walk, "participant", "participant", telling())
    edge = telling(START + domain.UNDO_WITHIN)
    after, facts = domain.undo_cancel(cancelled, slot, POLICY, edge)
    assert (after.state, after.cancelled, after.initiator) == ("confirmed", None, None)
    assert after.sequence == 2
    assert types(facts) == ["internal walk.confirmed.v1", "shared walk.confirmed.v1"]
    with pytest.raises(domain.TooLate):
        domain.undo_cancel(cancelled, slot, POLICY, telling(edge.at + timedelta(seconds=1)))
    with pytest.raises(domain.SlotTaken):
        gone = replace(slot, state=domain.SlotState.WITHDRAWN)
        domain.undo_cancel(cancelled, gone, POLICY, edge)


def test_what_the_force_cancelled_nobody_undoes() -> None:
    with pytest.raises(domain.WrongState):
        domain.undo_cancel(a_walk("cancelled"), a_slot(), POLICY, telling())
    with pytest.raises(domain.WrongState):
        domain.undo_cancel(a_walk(), a_slot(), POLICY, telling())


def test_another_officer_is_told_as_that_and_to_the_four_services_only() -> None:
    walk = a_walk()
    officer = another_officer(walk)
    after, facts = domain.reassign(walk, officer, "unavailable", telling())
    assert (after.officer, after.state, after.sequence) == (officer, "confirmed", 1)
    assert types(facts) == ["internal walk.reassigned.v1"]
    with pytest.raises(domain.WrongState):
        domain.reassign(walk, walk.officer, "unavailable", telling())
    with pytest.raises(domain.WrongState):
        domain.reassign(a_walk("started"), officer, "unavailable", telling())


def test_an_overdue_walk_that_gets_another_officer_is_still_overdue() -> None:
    walk = a_walk()
    marked = domain.mark_overdue(walk, walk.start_due_at)
    assert marked is not None
    at = telling(walk.start_due_at)
    after, facts = domain.reassign(marked[0], another_officer(walk), "unavailable", at)
    assert after.overdue == marked[1]
    assert len(facts) == 1


def test_a_started_walk_may_be_broken_off_for_a_reason() -> None:
    started = a_walk("started")
    at = telling(started.times.starts_at + 5 * MINUTE)
    deed = domain.tap("officer-1", None, at.at)
    after, facts = domain.abort(started, deed, "incident", at)
    assert (after.state, after.abort_reason, after.ended) == ("aborted", "incident", deed)
    assert types(facts) == ["internal walk.aborted.v1", "shared walk.aborted.v1"]
    with pytest.raises(domain.WrongState):
        domain.abort(a_walk(), deed, "incident", at)


@pytest.mark.parametrize("party", ["participant", "officer"])
def test_who_did_not_come_can_be_said_once_the_time_has_come(
    party: Literal["participant", "officer"],
) -> None:
    walk = a_walk()
    with pytest.raises(domain.TooEarly):
        domain.miss(walk, "officer-1", party, telling(walk.times.starts_at - MINUTE))
    after, facts = domain.miss(walk, "officer-1", party, telling(walk.times.starts_at))
    assert (after.state, after.missing_party) == ("no_show", party)
    told: Any = only(facts, "shared").fact
    assert told.party == party
    with pytest.raises(domain.WrongState):
        domain.miss(a_walk("started"), "officer-1", party, telling(walk.times.ends_at))


def test_a_walk_is_debriefed_once_it_is_over() -> None:
    ended = a_walk("ended")
    after, facts = domain.debrief(replace(ended, concern_count=2), "officer-1", telling())
    told: Any = facts[0].fact
    assert (after.state, told.concern_count) == ("debriefed", 2)
    for state in ("confirmed", "started", "cancelled"):
        with pytest.raises(domain.WrongState):
            domain.debrief(a_walk(state), "officer-1", telling())


def test_a_tap_tells_its_own_time_and_is_late_after_a_minute() -> None:
    assert domain.tap("x", None, START) == domain.Deed(START, "x")
    assert domain.tap("x", START - MINUTE, START) == domain.Deed(START - MINUTE, "x")
    assert domain.tap("x", START - 2 * MINUTE, START).late
    assert domain.tap("x", START + HOUR, START) == domain.Deed(START, "x")


def test_a_late_tap_is_judged_by_when_it_was_made() -> None:
    walk = a_walk()
    heard_at = walk.times.ends_at + HOUR
    deed = domain.tap("officer-1", walk.times.starts_at, heard_at)
    after, facts = domain.start(walk, deed, telling(heard_at))
    told: Any = only(facts, "internal").fact
    assert (told.at, after.started) == (walk.times.starts_at, deed)
    with pytest.raises(domain.TooLate):
        start(walk, "officer-1", telling(heard_at))


def test_an_end_is_never_before_its_start() -> None:
    started = a_walk("started")
    assert started.started is not None
    early = domain.tap("officer-1", started.started.at - HOUR, started.times.ends_at)
    after, _ = domain.end(started, early, telling(started.times.ends_at))
    assert after.ended is not None
    assert after.ended.at == started.started.at
