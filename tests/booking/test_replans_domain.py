"""What a plan may never do, whatever walks, officers and free slots there are; and what it says of itself."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import time, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given, strategies as some

from booking import domain
from booking.domain.colleagues import Colleague, Taken, hindrances, on_duty
from booking.domain.plans import CALLED_OFF, Booked, Choice, Step
from booking.domain.replans import again, around, needs_of, plan
from tests.booking.desk import OTHER_WARD, POLICY, WARD
from tests.booking.test_matching import a_slot
from tests.factories import START

HOUR = timedelta(hours=1)
TELLING = domain.Telling(START, HOUR)
ABSENT = 1
CODES = ("en", "cy")


def a_walk(nth: int, *, hour: int = 1, slot: int = 0, ward: str = WARD) -> domain.Walk:
    """A walk of the officer who is away; those with the same ``slot`` share it."""
    place = replace(a_slot(ABSENT, ward, hour=hour), id=UUID(int=slot or 1000 + nth))
    ids = domain.NewWalk(UUID(int=nth), UUID(int=nth), f"W{nth}")
    walk, _ = domain.book(place, POLICY, ids, TELLING)
    return walk


def colleague(nth: int, sex: str | None = None, **more: object) -> Colleague:
    """An officer who is at work all evening."""
    officer = a_slot(nth).officer
    traits = domain.Traits(sex=sex)  # type: ignore[arg-type]
    evening = (START - HOUR, START + 24 * HOUR)
    known = Colleague(officer, traits, POLICY, domain.Wards(), opened=(evening,))
    return replace(known, **more)  # type: ignore[arg-type]


def a_wish(**more: object) -> domain.Request:
    """A wish that a walk came from."""
    always = domain.WishedHours((1, 2, 3, 4, 5, 6, 7), time(0), time(0))
    wish = domain.Request(UUID(int=7), "WISH", (WARD,), "set", (always,), START)
    return replace(wish, **more)  # type: ignore[arg-type]


BOOKED = some.lists(
    some.builds(
        lambda nth, hour, wish: Booked(a_walk(nth, hour=hour, slot=2000 + hour), wish),
        nth=some.integers(1, 60),
        hour=some.integers(1, 5),
        wish=some.none()
        | some.builds(
            a_wish,
            officer_sex=some.sampled_from([None, "female"]),
            language=some.sampled_from([None, "cy"]),
        ),
    ),
    max_size=8,
    unique_by=lambda each: each.walk.id,
)
COLLEAGUES = some.lists(
    some.builds(
        lambda nth, sex, codes, limit, rule, load: colleague(
            nth,
            traits=domain.Traits(sex, codes),
            policy=replace(POLICY, daily_limit=limit, officer_sex=rule),
            load=load,
        ),
        nth=some.integers(2, 6),
        sex=some.sampled_from([None, "female", "male"]),
        codes=some.sampled_from([("en",), CODES]),
        limit=some.integers(1, 3),
        rule=some.sampled_from(["any", "if_asked", "women"]),
        load=some.integers(0, 3),
    ),
    max_size=4,
    unique_by=lambda each: each.officer.id,
)
RULES = some.sampled_from(["any", "if_asked", "women"])
SEXES = some.sampled_from([None, "female", "male"])
FREE = some.lists(
    some.builds(
        lambda nth, hour, sex: domain.Candidate(a_slot(nth, hour=hour), domain.Traits(sex)),
        nth=some.integers(2, 8),
        hour=some.integers(1, 6),
        sex=SEXES,
    ),
    max_size=6,
    unique_by=lambda each: each.slot.id,
)


def absent_officer(rule: str, sex: str | None) -> Colleague:
    """Who is away."""
    return colleague(ABSENT, sex, policy=replace(POLICY, officer_sex=rule))


@given(booked=BOOKED, colleagues=COLLEAGUES, free=FREE, rule=RULES, sex=SEXES, data=some.data())
def test_no_plan_breaks_a_rule_and_its_order_is_its_own(
    booked: list[Booked],
    colleagues: list[Colleague],
    free: list[domain.Candidate],
    rule: str,
    sex: str | None,
    data: some.DataObject,
) -> None:
    absent = absent_officer(rule, sex)
    steps = plan(booked, absent, colleagues, free, lambda _: True, START)
    assert {step.walk.id for step in steps} == {each.walk.id for each in booked}
    by_walk = {each.walk.id: each for each in booked}
    given_to = {step.walk.slot_id: step.officer for step in steps}
    for colleague_of in colleagues:
        mine = {s.walk.slot_id: s.walk for s in steps if s.officer == colleague_of.officer}
        assert len(mine) <= colleague_of.policy.daily_limit
        for walk in mine.values():
            for each in booked:
                if each.walk.slot_id == walk.slot_id:
                    needs = needs_of(each, absent.policy, absent.traits)
                    assert not domain.lacks(colleague_of.traits, needs)
                    assert each.walk.slot_id in given_to, "a group goes as a whole"
            spans = [domain.kept_free(each.times, colleague_of.policy) for each in mine.values()]
            spans.sort()
            assert all(a[1] <= b[0] for a, b in pairwise(spans))
        if colleague_of.policy.officer_sex == "women" and mine:
            assert colleague_of.traits.sex == "female"
    instead = [step.slot.id for step in steps if step.slot]
    assert len(set(instead)) == len(instead)
    for step in steps:
        if step.slot:
            [candidate] = [each for each in free if each.slot.id == step.slot.id]
            hers = again(by_walk[step.walk.id], absent, UUID(int=1), "X", START)
            assert not domain.lacks(candidate.traits, hers.to_be_met)
    shuffled = plan(
        data.draw(some.permutations(booked)),
        absent,
        data.draw(some.permutations(colleagues)),
        data.draw(some.permutations(free)),
        lambda _: True,
        START,
    )
    assert shuffled == steps


def choices(steps: Sequence[Step]) -> list[tuple[Choice, str | None]]:
    """What is chosen, and whom it goes to."""
    return [(step.choice, step.officer and step.officer.display_name) for step in steps]


def test_the_fewest_walks_first_and_what_the_plan_has_given_counts() -> None:
    booked = [Booked(a_walk(nth, hour=hour)) for nth, hour in enumerate((1, 3, 5, 7), start=1)]
    officers = [colleague(2, load=1), colleague(3, load=0)]
    steps = plan(booked, colleague(ABSENT), officers, [], lambda _: True, START)
    assert [name for _, name in choices(steps)] == [f"PC Robin {nth}" for nth in (3, 2, 3, 2)]
    assert "the fewest of those who fit" in steps[0].why[-1]


def test_a_slot_of_somebody_who_has_been_given_a_walk_is_not_offered_instead() -> None:
    absent, other = colleague(ABSENT), colleague(2)
    beside = domain.Candidate(a_slot(2, hour=1), domain.Traits())
    together = [Booked(a_walk(1, slot=9)), Booked(a_walk(2, slot=9), a_wish(language="cy"))]
    later = Booked(a_walk(3, hour=1))
    steps = plan([later, *together], absent, [other], [beside], lambda _: True, START)
    # The group needs somebody who is not there; of the two slots at one hour one goes to the other officer.
    assert {step.choice for step in steps if step.walk.slot_id == UUID(int=9)} <= CALLED_OFF
    assert [step.choice for step in steps if step.walk.id == later.walk.id] == [Choice.WAITLIST]
    assert sum(step.slot is not None for step in steps) == 1


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, set[str]()),
        ({"wards": domain.Wards(own=(OTHER_WARD,))}, {"ward"}),
        ({"wards": domain.Wards(borrowed=(WARD,))}, set[str]()),
        ({"away": ((START, START + 2 * HOUR),)}, {"away"}),
        ({"away": ((START, START + HOUR),)}, set[str]()),
        ({"opened": ()}, {"off_duty"}),
        ({"traits": domain.Traits("male")}, {"sex"}),
        ({"policy": replace(POLICY, officer_sex="women")}, set[str]()),
        ({"policy": replace(POLICY, daily_limit=0)}, {"limit"}),
        (
            {"taken": (Taken(UUID(int=5), (START, START + HOUR), START.date()),)},
            {"busy"},
        ),
        (
            {"taken": (Taken(UUID(int=5), (START, START + 45 * HOUR / 60), START.date()),)},
            set[str](),
        ),
        # She walks along on it already: without her the group would be one short.
        ({"taken": (Taken(UUID(int=1001), (START, START + 2 * HOUR), START.date()),)}, {"busy"}),
    ],
)
def test_what_stands_in_the_way(change: dict[str, object], found: set[str]) -> None:
    slot = replace(a_slot(ABSENT), id=UUID(int=1001))
    one = replace(colleague(2, "female"), **change)  # type: ignore[arg-type]
    assert hindrances(one, slot, [domain.Needs(officer_sex="female")]) == found


@pytest.mark.parametrize(
    ("begin", "end", "wall", "works"),
    [
        ((18, 0), (22, 0), "19:00", True),
        ((19, 0), (19, 30), "19:00", True),
        ((19, 1), (22, 0), "19:00", False),
        ((18, 0), (19, 29), "19:00", False),
        ((18, 0), (2, 0), "23:45", True),
        ((18, 0), (0, 0), "23:45", False),
    ],
)
def test_a_shift_covers_the_whole_of_a_walk(
    begin: tuple[int, int], end: tuple[int, int], wall: str, *, works: bool
) -> None:
    hour, minute = map(int, wall.split(":"))
    at = START.replace(hour=hour, minute=minute)
    hours = (time(*begin), time(*end))
    tuesday = domain.Shift(
        UUID(int=1), UUID(int=2), 2, hours, START.date(), None, WARD, "", a_slot().meeting_point
    )
    officer = colleague(2, opened=(), shifts=(tuesday,))
    assert on_duty(officer, domain.promised(at, 30, "2026a")) is works
    off = replace(tuesday, exceptions=((START.date(), None),))
    assert not on_duty(replace(officer, shifts=(off,)), domain.promised(at, 30, "2026a"))


def test_after_midnight_the_evening_before_s_shift_is_worked() -> None:
    late = (time(18), time(2))
    tuesday = domain.Shift(
        UUID(int=1), UUID(int=2), 2, late, START.date(), None, WARD, "", a_slot().meeting_point
    )
    one = colleague(2, opened=(), shifts=(tuesday,))
    assert on_duty(one, domain.promised(START + 7 * HOUR, 30, "2026a"))
    assert not on_duty(one, domain.promised(START + 8 * HOUR, 30, "2026a"))


@pytest.mark.parametrize(
    ("hours_on", "since", "until"),
    [
        (1, "17:00", "21:30"),
        (4.5, "20:30", "00:00"),
        (5.75, "21:45", "00:00"),
        (7, "00:00", "03:30"),
    ],
)
def test_the_hours_of_a_wish_lie_around_her_walk_and_in_its_day(
    hours_on: float, since: str, until: str
) -> None:
    times = domain.promised(START + hours_on * HOUR, 30, "2026a")
    hours = around(times)
    assert (f"{hours.since:%H:%M}", f"{hours.until:%H:%M}") == (since, until)
    assert hours.days == (times.local_date.isoweekday(),)
