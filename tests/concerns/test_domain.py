"""What can be captured, and what is told of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from concerns import domain
from concerns.domain import facts
from shared.events.concerns import ConcernCaptured, SharedConcernCaptured

AT = datetime(2027, 1, 12, 18, 20, 33, tzinfo=UTC)
WALK = UUID(int=7)
IDENTITY = domain.Identity(UUID(int=1), UUID(int=2))
STAYS_OPEN = timedelta(days=28)
WARD = domain.WardName("L05000001", "Mere End", "larkmere-2026")
WINDOW = domain.Window(WALK, AT - timedelta(minutes=20), AT + timedelta(minutes=40))


def said(**changes: Any) -> domain.Said:
    usual: dict[str, Any] = {
        "source": "officer",
        "categories": ("badly_lit",),
        "severity": 2,
        "lon": -0.23,
        "lat": 51.42,
        "by": "officer-1",
    }
    return domain.Said(**(usual | changes))


def captured(
    what: domain.Said | None = None,
    *,
    ward: domain.WardName | None = WARD,
    window: domain.Window | None = None,
    at: datetime = AT,
) -> domain.Concern:
    found = domain.Surroundings(ward, "dark")
    return domain.capture(what or said(), found, window, IDENTITY, at=at, stays_open=STAYS_OPEN)


@pytest.mark.parametrize(
    ("codes", "pointer"),
    [
        ((), "#/categories"),
        (("badly_lit", "badly_lit"), "#/categories"),
        (("badly_lit", "haunted"), "#/categories/1"),
    ],
)
def test_categories_are_one_or_more_known_and_none_twice(
    codes: tuple[str, ...], pointer: str
) -> None:
    with pytest.raises(domain.UnfitCategories) as refused:
        domain.check(said(categories=codes), AT)
    assert [fault.pointer for fault in refused.value.faults] == [pointer]


@pytest.mark.parametrize("severity", [0, 4, -1])
def test_severity_is_one_to_three(severity: int) -> None:
    with pytest.raises(domain.UnfitSeverity):
        domain.check(said(severity=severity), AT)


@pytest.mark.parametrize(
    "place", [{"lon": 180.1}, {"lon": -181.0}, {"lat": 90.5}, {"lat": -91.0}, {"lat": float("nan")}]
)
def test_a_place_is_on_earth(place: dict[str, float]) -> None:
    with pytest.raises(domain.UnfitPlace):
        domain.check(said(**place), AT)


def test_swapped_coordinates_are_told_and_not_guessed() -> None:
    found = domain.Surroundings(None, "dark", swapped=True)
    with pytest.raises(domain.PlaceSwapped, match="longitude comes first"):
        domain.capture(said(), found, None, IDENTITY, at=AT, stays_open=STAYS_OPEN)


def test_an_observation_lies_in_the_past_give_or_take_a_clock() -> None:
    domain.check(said(observed_at=AT + timedelta(minutes=4)), AT)
    with pytest.raises(domain.UnfitTime):
        domain.check(said(observed_at=AT + timedelta(minutes=6)), AT)


def test_a_place_outside_every_ward_is_captured() -> None:
    assert captured(ward=None).ward is None


def test_the_light_said_wins_and_both_are_kept() -> None:
    concern = captured(said(light="day"))
    assert (concern.light, concern.said.light, concern.light_computed) == ("day", "day", "dark")
    assert captured().light == "dark"


def test_a_walk_that_nobody_told_of_refuses_nothing() -> None:
    assert captured(said(walk_id=WALK, source="walk")).said.walk_id == WALK


def test_the_window_of_a_cancelled_walk_is_closed() -> None:
    with pytest.raises(domain.WindowClosed):
        captured(window=replace(WINDOW, cancelled_at=AT))


def test_the_window_stays_open_for_its_days_after_the_end() -> None:
    window = replace(WINDOW, ended_at=AT)
    assert captured(window=window, at=AT + STAYS_OPEN)
    with pytest.raises(domain.WindowClosed):
        captured(window=window, at=AT + STAYS_OPEN + timedelta(seconds=1))


def test_a_walk_whose_end_nobody_told_ended_as_planned() -> None:
    assert captured(window=WINDOW, at=WINDOW.ends_at + STAYS_OPEN)
    with pytest.raises(domain.WindowClosed):
        captured(window=WINDOW, at=WINDOW.ends_at + STAYS_OPEN + timedelta(seconds=1))


def test_the_internal_event_tells_the_moment_and_no_point_or_note() -> None:
    ours, _ = facts.captured(
        captured(said(note="she said", walk_id=WALK, source="walk")), wait=timedelta(hours=4)
    )
    assert isinstance(ours.fact, ConcernCaptured)
    assert (ours.key, ours.publish_after) == (IDENTITY.id, AT)
    assert ours.fact.walk_id == WALK
    assert ours.fact.observed_at == AT
    told = ours.fact.model_dump_json()
    assert "she said" not in told
    assert "51.42" not in told
    assert "officer-1" not in told


def test_the_shared_event_has_its_own_key_and_waits_for_the_next_band() -> None:
    _, theirs = facts.captured(captured(), wait=timedelta(hours=4))
    assert isinstance(theirs.fact, SharedConcernCaptured)
    assert theirs.key == IDENTITY.shared_id
    assert theirs.time == datetime(2027, 1, 12, 16, tzinfo=UTC)
    assert theirs.publish_after == datetime(2027, 1, 13, 0, tzinfo=UTC)
    assert theirs.fact.band == "16"


def test_an_old_observation_is_told_in_its_own_band_when_the_present_one_is_over() -> None:
    summer = datetime(2021, 7, 1, 22, 30, tzinfo=UTC)  # half past eleven in London
    concern = captured(said(observed_at=summer))
    ours, theirs = facts.captured(concern, wait=timedelta(hours=4))
    assert isinstance(ours.fact, ConcernCaptured)
    assert isinstance(theirs.fact, SharedConcernCaptured)
    assert str(ours.fact.local_date) == "2021-07-01"
    assert (str(theirs.fact.local_date), theirs.fact.band) == ("2021-07-01", "20")
    assert theirs.publish_after == datetime(2027, 1, 12, 20, tzinfo=UTC)


def test_the_list_of_categories_has_streetsafes_two_kinds_and_no_code_twice() -> None:
    codes = [each.code for each in domain.CATEGORIES]
    assert len(set(codes)) == len(codes)
    assert {each.kind for each in domain.CATEGORIES} == {"environment", "behaviour"}
    assert domain.CATCH_ALL in codes
