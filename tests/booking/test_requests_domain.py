"""The rules of wishes and offers: the line, what fits, what she may answer."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, strategies as st

from booking import domain
from booking.domain import offers, requests
from shared.events import requests as events
from tests.factories import START

HOUR = timedelta(hours=1)
EVENINGS = domain.WishedHours((2, 3), time(18), time(21))
WARD = "L05000001"


def a_request(**changes: Any) -> domain.Request:
    usual = domain.Request(
        id=uuid4(),
        reference="0000-0000",
        wards=(WARD,),
        ward_set="larkmere-2026",
        hours=(EVENINGS,),
        asked_at=START,
    )
    return replace(usual, **changes)


def a_candidate(
    at: datetime = START + 24 * HOUR, *, officer: UUID | None = None, **changes: Any
) -> domain.Candidate:
    times = domain.promised(at, 30, "2026a")
    slot = domain.Slot(
        id=uuid4(),
        officer=domain.Officer(officer or uuid4(), 1, uuid4(), "PC Robin 1", "101", "PC"),
        ward=domain.Ward(WARD, "Mill", "larkmere-2026"),
        near="the old mill",
        meeting_point=domain.MeetingPoint("Mill Lane bus stop", 0.0, 51.0),
        times=times,
        after_dark=True,
    )
    return replace(domain.Candidate(slot, domain.Traits("male")), **changes)


def an_offer(request: domain.Request, candidate: domain.Candidate, **changes: Any) -> domain.Offer:
    usual = domain.Offer(
        id=uuid4(),
        request_id=request.id,
        number=1,
        slot_id=candidate.slot.id,
        walk_id=uuid4(),
        officer_id=candidate.slot.officer.id,
        why=(),
        borrowed=False,
        made_by="booking",
        made_at=START,
        expires_at=START + HOUR,
    )
    return replace(usual, **changes)


def facts_of(facts: domain.Facts) -> list[Any]:
    told: list[Any] = [each.fact for each in facts]
    assert all(fact.topic == events.INTERNAL for fact in told)
    return told


@pytest.mark.parametrize(
    ("starts", "minutes", "fits"),
    [
        ("2027-01-12T18:00:00+00:00", 30, True),
        ("2027-01-12T17:59:00+00:00", 30, False),
        ("2027-01-12T20:30:00+00:00", 30, True),
        ("2027-01-12T20:31:00+00:00", 30, False),
        ("2027-01-14T18:00:00+00:00", 30, False),  # a Thursday
        ("2027-06-15T17:00:00+00:00", 30, True),  # six on the wall
        ("2027-06-15T20:00:00+00:00", 30, False),  # nine on the wall
    ],
)
def test_hours_are_wall_times_and_hold_all_of_a_walk(
    starts: str, minutes: int, *, fits: bool
) -> None:
    times = domain.promised(datetime.fromisoformat(starts), minutes, "2026a")
    assert a_request().suits(times) is fits


def test_hours_until_midnight_hold_a_walk_that_ends_then_and_none_beyond() -> None:
    late = domain.WishedHours((2,), time(22), time(0))
    for minute, fits in ((30, True), (31, False)):
        starts = datetime.fromisoformat(f"2027-01-12T23:{minute}:00+00:00")
        assert late.hold(domain.promised(starts, 30, "2026a")) is fits


@given(st.times(), st.times())
def test_the_bands_told_cover_the_hours_and_no_more(since: time, until: time) -> None:
    hours = domain.WishedHours((1,), since, until)
    first, last = hours.minutes
    if last <= first:
        return
    touched = {f"{minute // 240 * 4:02}" for minute in range(first, last)}
    assert set(requests.bands_of([hours])) == touched


def test_a_wish_is_told_by_bands_and_without_who_or_when() -> None:
    [fact] = facts_of(requests.ask(a_request(officer_sex="female", light="dark")))
    assert fact == events.WalkRequested(
        wards=[events.WardRef(code=WARD, set="larkmere-2026")],
        mode="preference",
        bands=["16", "20"],
        light="dark",
        has_needs=True,
        source="online",
        attention_at=a_request().asked_at + timedelta(days=3),
    )


@pytest.mark.parametrize(("ahead", "said"), [(0, "none"), (1, "few"), (4, "few"), (5, "many")])
def test_the_line_is_told_in_words_not_numbers(ahead: int, said: str) -> None:
    after, facts = requests.waitlist(a_request(), "no_slot", ahead, START)
    assert (after.state, after.reason) == ("waitlisted", "no_slot")
    assert facts_of(facts)[0].ahead == said


@pytest.mark.parametrize(
    ("wish", "traits", "reason"),
    [
        ({"officer_sex": "female"}, [domain.Traits("male")], "no_woman"),
        ({"officer_sex": "female"}, [domain.Traits(None)], "no_woman"),
        (
            {"officer_sex": "female", "language": "cy"},
            [domain.Traits("male", ("cy",)), domain.Traits("female", ("en",))],
            "no_woman",
        ),
        ({"language": "cy"}, [domain.Traits("female")], "needs"),
        ({"needs": ("wheelchair",)}, [domain.Traits("female")], "needs"),
        ({}, [], "no_slot"),
    ],
)
def test_why_nobody_is_offered(wish: Any, traits: list[domain.Traits], reason: str) -> None:
    there = [a_candidate(traits=each) for each in traits]
    request = a_request(**wish)
    assert offers.choose(request, there, [], START) is None
    assert requests.why_none(request, there, None) == reason


@pytest.mark.parametrize("elsewhere", [{"wards": ("L05000002",)}, {"light": "day"}, {"hours": ()}])
def test_a_slot_elsewhere_or_in_another_light_is_none(elsewhere: Any) -> None:
    request, there = a_request(**elsewhere), [a_candidate()]
    assert offers.choose(request, there, [], START) is None
    assert requests.why_none(request, there, None) == "no_slot"


def test_a_declined_officer_is_not_offered_again_at_any_time() -> None:
    first = a_candidate()
    later = a_candidate(START + 25 * HOUR, officer=first.slot.officer.id)
    request = a_request()
    declined = an_offer(request, first, state=domain.OfferState.DECLINED, answered_at=START)
    assert offers.choose(request, [first, later], [declined], START) is None
    assert requests.why_none(request, [later], offers.before([declined])) == "declined"
    with pytest.raises(domain.DoesNotFit):
        offers.require_fits(request, later, [declined], START)


def test_after_an_expiry_the_next_officer_comes_first_and_the_same_slot_not_again() -> None:
    first = a_candidate()
    again = a_candidate(START + 25 * HOUR, officer=first.slot.officer.id)
    # By load alone it would be her again.
    other = a_candidate(load=9)
    request = a_request()
    expired = an_offer(request, first, state=domain.OfferState.EXPIRED, answered_at=START)
    chosen = offers.choose(request, [first, again, other], [expired], START)
    assert chosen is not None
    assert chosen.candidate == other
    chosen = offers.choose(request, [first, again], [expired], START)
    assert chosen is not None
    assert chosen.candidate == again


def test_an_offer_ends_before_its_slot_could_no_longer_be_booked() -> None:
    far = a_candidate(START + 48 * HOUR)
    assert offers.until(far, START) == START + offers.ANSWER_WITHIN
    near = a_candidate(START + 3 * HOUR, notice=HOUR)
    assert offers.until(near, START) == START + 2 * HOUR
    too_near = a_candidate(START + HOUR, notice=HOUR - timedelta(minutes=29))
    assert offers.choose(a_request(), [too_near], [], START) is None
    with pytest.raises(domain.TooLate):
        offers.require_fits(a_request(), too_near, [], START)


@pytest.mark.parametrize("lack", [{"officer_sex": "female"}, {"language": "cy"}, {"needs": ("x",)}])
def test_not_even_a_coordinator_offers_somebody_who_does_not_fit(lack: Any) -> None:
    with pytest.raises(domain.DoesNotFit):
        offers.require_fits(a_request(**lack), a_candidate(), [], START)


def test_an_offer_is_answered_once_and_in_time() -> None:
    request = a_request()
    offer = an_offer(request, a_candidate())
    request, [told] = offers.make(request, offer)
    assert told.fact == events.OfferMade(
        wards=[events.WardRef(code=WARD, set="larkmere-2026")],
        offer_no=1,
        expires_at=offer.expires_at,
        borrowed=False,
    )
    with pytest.raises(domain.OfferOver):
        offers.accept(request, offer, offer.expires_at)
    with pytest.raises(domain.RequestOver):
        offers.make(request, offer)  # one at a time
    waits, declined, _ = offers.decline(request, offer, 0, START)
    with pytest.raises(domain.OfferOver):
        offers.accept(waits, declined, START)
    after, accepted = offers.accept(request, offer, offer.expires_at - timedelta(seconds=1))
    assert (after.state, accepted.state) == ("confirmed", "accepted")
    for again in (
        lambda: offers.accept(after, accepted, START),
        lambda: offers.decline(after, accepted, 0, START),
        lambda: offers.expire(after, accepted, 0, START),
        lambda: requests.withdraw(after, "participant", START),
        lambda: offers.make(after, offer),
    ):
        with pytest.raises(domain.RequestOver):
            again()


@pytest.mark.parametrize("come_to", ["decline", "expire"])
def test_what_came_to_nothing_costs_no_place(come_to: str) -> None:
    request = a_request(priority=True)
    offer = an_offer(request, a_candidate())
    offered, _ = offers.make(request, offer)
    after, ended, facts = getattr(offers, come_to)(offered, offer, 2, START + HOUR)
    assert (after.asked_at, after.priority, after.state) == (START, True, "waitlisted")
    assert ended.state == {"decline": "declined", "expire": "expired"}[come_to]
    kinds = [type(fact) for fact in facts_of(facts)]
    assert kinds[-1] is events.RequestWaitlisted
    assert (events.OfferExpired in kinds) is (come_to == "expire")
    with pytest.raises(domain.OfferOver):
        offers.accept(after, ended, START)


def test_a_wish_that_waits_for_days_is_pointed_out() -> None:
    request = a_request()
    assert not request.waits_too_long(START + requests.ALERT_AFTER - timedelta(seconds=1))
    assert request.waits_too_long(START + requests.ALERT_AFTER)
    over, _ = requests.withdraw(request, "participant", START)
    assert not over.waits_too_long(START + requests.ALERT_AFTER)
