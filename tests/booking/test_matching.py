"""Who fits a need, in which order, and why: the pure rules, and the same ones as the database has them."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given, strategies as some

from booking import domain, store
from tests.booking.desk import OTHER_WARD, WARD, Booking, Json
from tests.booking.test_teams import changes
from tests.factories import START

HOUR = timedelta(hours=1)
SEXES = some.sampled_from([None, "female", "male"])
CODES = ("bn", "cy", "en")
SKILLS = ("bsl", "step_free", "youth")


def a_slot(nth: int = 1, ward: str = WARD, *, dark: bool = True, hour: int = 1) -> domain.Slot:
    """A slot of an officer."""
    officer = domain.Officer(UUID(int=nth), nth, UUID(int=9), f"PC Robin {nth}", "101", "PC")
    return domain.Slot(
        id=UUID(int=100 * nth + hour),
        officer=officer,
        ward=domain.Ward(ward, "Mill", "set"),
        near="the old mill",
        meeting_point=domain.MeetingPoint("Mill Lane bus stop", -0.02, 51.44),
        times=domain.promised(START + hour * HOUR, 30, "2026a"),
        after_dark=dark,
    )


TRAITS = some.builds(
    domain.Traits,
    sex=SEXES,
    languages=some.lists(some.sampled_from(CODES), min_size=1, unique=True).map(tuple),
    skills=some.lists(some.sampled_from(SKILLS), unique=True).map(tuple),
)
NEEDS = some.builds(
    domain.Needs,
    officer_sex=SEXES,
    language=some.none() | some.sampled_from(CODES),
    skills=some.lists(some.sampled_from(SKILLS), unique=True).map(tuple),
    wards=some.none() | some.just((WARD,)),
    dark=some.sampled_from([None, True, False]),
)
CANDIDATES = some.lists(
    some.builds(
        domain.Candidate,
        slot=some.builds(
            a_slot,
            nth=some.integers(1, 4),
            ward=some.sampled_from([WARD, OTHER_WARD]),
            dark=some.booleans(),
            hour=some.integers(1, 9),
        ),
        traits=TRAITS,
        load=some.integers(0, 3),
        last=some.none() | some.sampled_from([START, START - HOUR]),
        borrowed=some.booleans(),
    ),
    max_size=8,
    unique_by=lambda each: each.slot.id,
)


@given(candidates=CANDIDATES, needs=NEEDS)
def test_what_is_matched_has_all_that_is_needed_and_nothing_that_fits_is_left_out(
    candidates: list[domain.Candidate], needs: domain.Needs
) -> None:
    matched = [each.candidate for each in domain.match(candidates, needs)]
    for each in matched:
        assert needs.officer_sex in {None, each.traits.sex}
        assert needs.language is None or needs.language in each.traits.languages
        assert set(needs.skills) <= set(each.traits.skills)
        assert needs.wards is None or each.slot.ward.code in needs.wards
        assert needs.dark in {None, each.slot.after_dark}
    for each in candidates:
        assert (each in matched) == (domain.lacking(each, needs) == ())


@given(candidates=CANDIDATES, needs=NEEDS, order=some.randoms())
def test_the_order_does_not_depend_on_the_order_of_asking(
    candidates: list[domain.Candidate], needs: domain.Needs, order: object
) -> None:
    shuffled = list(candidates)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    assert domain.match(candidates, needs) == domain.match(shuffled, needs)


def test_where_all_else_is_the_same_the_pick_is_still_the_same() -> None:
    one, other = (domain.Candidate(a_slot(nth), domain.Traits()) for nth in (1, 2))
    both = [domain.match(order, domain.Needs()) for order in ([one, other], [other, one])]
    assert both[0] == both[1]


@given(candidates=CANDIDATES, needs=NEEDS)
def test_own_wards_come_first_then_whoever_has_walked_least(
    candidates: list[domain.Candidate], needs: domain.Needs
) -> None:
    turns = [
        (each.candidate.borrowed, each.candidate.load) for each in domain.match(candidates, needs)
    ]
    assert turns == sorted(turns)


def test_taking_turns_is_fair_over_time() -> None:
    slots = [domain.Candidate(a_slot(nth), domain.Traits()) for nth in (1, 2, 3)]
    picked: list[int] = []
    for hour in range(30):
        first = domain.match(slots, domain.Needs())[0].candidate
        picked.append(first.slot.officer.number)
        given = replace(first, load=first.load + 1, last=START + hour * HOUR)
        slots = [given if each is first else each for each in slots]
    assert picked == [1, 2, 3] * 10


def test_the_pick_says_why_in_plain_words_and_names_nobody() -> None:
    her = domain.Candidate(a_slot(1), domain.Traits("female", ("en", "cy"), ("bsl",)), load=1)
    other = domain.Candidate(a_slot(2), domain.Traits("female", ("cy",), ("bsl",)), load=4)
    needs = domain.Needs("female", "cy", ("bsl",), (WARD,), dark=True)
    first, second = domain.match([other, her], needs)
    assert first.why == (
        "Walks in Mill.",
        "Is free then, with time before and after.",
        "Is a woman, as asked.",
        "Speaks the language that was asked for.",
        "Brings what was asked for.",
        "It is dark then, as asked.",
        "Has 1 walk in the last four weeks and ahead: the fewest of those who fit.",
    )
    assert second.why[-1] == "Has 4 walks in the last four weeks and ahead: others have had fewer."
    assert "Robin" not in str(first.why + second.why)
    borrowed = domain.match([replace(her, borrowed=True)], domain.Needs())[0]
    assert borrowed.why[0] == "Helps out in Mill from the next team."


@pytest.mark.parametrize(
    ("needs", "lack"),
    [
        (domain.Needs("female"), "sex"),
        (domain.Needs("male"), "sex"),
        (domain.Needs(language="cy"), "language"),
        (domain.Needs(skills=("bsl",)), "skill"),
        (domain.Needs(wards=(OTHER_WARD,)), "ward"),
        (domain.Needs(dark=False), "light"),
    ],
)
def test_what_is_lacking_is_said_and_never_relaxed(needs: domain.Needs, lack: str) -> None:
    candidate = domain.Candidate(a_slot(), domain.Traits())
    assert domain.lacking(candidate, needs) == (lack,)
    assert domain.match([candidate], needs) == []


async def brings(booking: Booking, nth: int, traits: domain.Traits) -> None:
    """Make an officer bring something."""
    async with booking.database.transaction() as connection:
        await connection.execute(
            "update officer set sex = $2, languages = $3, skills = $4 where subject = $1",
            f"officer-{nth}", traits.sex, traits.languages, traits.skills,
        )  # fmt: skip


async def test_the_list_asks_what_the_matching_asks(booking: Booking) -> None:
    made: dict[str, domain.Traits] = {}
    slots = [await booking.slot(officer=nth) for nth in (0, 1)]
    traits = [
        domain.Traits(sex, languages, skills)
        for sex in (None, "female", "male")
        for languages in (("en",), ("en", "cy"))
        for skills in ((), ("bsl",), ("bsl", "step_free"))
    ]
    asked = [
        domain.Needs(sex, language, skills)
        for sex in (None, "female")
        for language in (None, "cy")
        for skills in ((), ("bsl",), ("bsl", "step_free"))
    ]
    for one, two in zip(traits, traits[1:] + traits[:1], strict=True):
        made = dict(zip(slots, (one, two), strict=True))
        await brings(booking, 1, one)
        await brings(booking, 2, two)
        for needs in asked:
            query: Json = {"need": list(needs.skills)}
            query |= {"officer_sex": needs.officer_sex} if needs.officer_sex else {}
            query |= {"language": needs.language} if needs.language else {}
            listed = {slot["id"] for slot in await booking.slots(**query)}
            assert listed == {
                slot for slot, theirs in made.items() if not domain.lacks(theirs, needs)
            }, needs


async def test_a_need_is_met_by_a_slot_that_the_short_list_leaves_out(booking: Booking) -> None:
    for nth in range(5):
        await booking.slot(at=START + (1 + nth) * HOUR)
    hers = await booking.slot(at=START + 5 * HOUR, officer=1)
    await brings(booking, 2, domain.Traits("female"))
    assert hers not in {slot["id"] for slot in await booking.slots()}
    assert [slot["id"] for slot in await booking.slots(officer_sex="female")] == [hers]


@pytest.mark.parametrize(
    "query",
    [{"officer_sex": "male"}, {"language": "Welsh"}, {"need": "B S L"}, {"need": ["a"] * 11}],
)
async def test_a_need_that_is_no_code_is_refused(booking: Booking, query: Json) -> None:
    answer = await booking.http.get("/booking/v1/slots", params=query)
    assert answer.status_code == 422


async def test_candidates_come_with_load_and_ward(booking: Booking) -> None:
    await booking.walk(at=START + 30 * HOUR)
    cancelled = await booking.walk(at=START + 40 * HOUR, officer=1)
    assert (await booking.acts(cancelled, "cancel")).status_code == 200
    place = {"name": "The green", "coordinates": booking.place(OTHER_WARD)}
    for officer in (0, 1):
        await booking.slot(officer=officer, ward=OTHER_WARD, meeting_point=place)
    body = {"own": [WARD], "borrowed": [OTHER_WARD]}
    assert (await changes(booking, "wards", body)).status_code == 200
    async with booking.database.reading() as connection:
        found = await store.matching.candidates(connection, booking.clock())
        assert await store.matching.candidates(connection, booking.clock(), wards=[WARD]) == []
    assert all(each.borrowed for each in found)
    matched = domain.match(found, domain.Needs())
    assert [
        (each.candidate.slot.officer.display_name, each.candidate.load) for each in matched
    ] == [
        ("PC Robin 2", 0),
        ("PC Robin 1", 1),
    ]
    assert matched[1].candidate.last == START + 30 * HOUR
