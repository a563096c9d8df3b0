import re
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from reporting import domain
from reporting.domain import Fact, NotAsked, Row, ask, in_order
from shared.events import Received, WardRef
from tests.reporting.events import (
    AT,
    DAY,
    WALKS,
    WARD,
    a_concern,
    a_started_walk,
    a_walk_event,
    alert_events,
    an_absence,
    received,
    request_events,
)

AN_ID_OR_INSTANT = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?|\d\dT?:?\d\d:\d\d", re.IGNORECASE)


def test_every_walk_event_becomes_one_fact_of_its_kind():
    kinds = {kind: domain.facts_of_walk(a_walk_event(kind)) for kind in WALKS}
    assert all(len(facts) == 1 for facts in kinds.values())
    assert {kind: facts[0].kind for kind, facts in kinds.items()} == {kind: kind for kind in kinds}
    assert kinds["started"][0] == Fact(
        "walks", "started", DAY, "L05000001", "larkmere-2026", "dark"
    )


def test_a_cancelled_walk_keeps_who_cancelled_and_an_overdue_one_what_was_missing():
    (cancelled,) = domain.facts_of_walk(a_walk_event("cancelled"))
    (overdue,) = domain.facts_of_walk(a_walk_event("overdue"))
    (missed,) = domain.facts_of_walk(a_walk_event("no_show"))
    (aborted,) = domain.facts_of_walk(a_walk_event("aborted"))
    assert (cancelled.detail, overdue.detail) == ("weather", "end")
    assert (missed.detail, aborted.detail) == ("officer", "incident")


def test_a_request_belongs_to_a_ward_only_where_it_names_just_one():
    other = WardRef(code="L05000002", set="larkmere-2026")
    one = [domain.facts_of_request(event)[0] for event in request_events()]
    two = [domain.facts_of_request(event)[0] for event in request_events(WARD, other)]
    assert [fact.kind for fact in one] == [
        "requested",
        "waitlisted",
        "withdrawn",
        "offer_made",
        "offer_expired",
    ]
    assert {fact.ward_code for fact in one} == {"L05000001"}
    assert {fact.ward_code for fact in two} == {None}
    assert [fact.detail for fact in one] == [None, "no_slot", "participant", None, None]


def test_an_absence_is_a_fact_without_ward_or_reason():
    (fact,) = domain.facts_of_absence(an_absence())
    assert fact == Fact("absences", "recorded", DAY)


def test_an_absence_that_is_prolonged_is_still_one():
    (fact,) = domain.facts_of_absence(replace(an_absence(), sequence=2))
    assert fact == Fact("absences", "prolonged", DAY)


def test_a_concern_is_one_fact_and_one_mention_for_each_category():
    facts = domain.facts_of_concern(a_concern(categories=["badly_lit", "litter"]))
    assert [(fact.measure, fact.category) for fact in facts] == [
        ("concerns", None),
        ("mentions", "badly_lit"),
        ("mentions", "litter"),
    ]
    assert {fact.severity for fact in facts} == {2}


def test_a_category_named_twice_by_one_concern_is_mentioned_once():
    facts = domain.facts_of_concern(a_concern(categories=["litter", "litter"]))
    assert [fact.category for fact in facts] == [None, "litter"]


def test_a_concern_outside_every_ward_has_no_ward():
    facts = domain.facts_of_concern(a_concern(ward=None))
    assert {(fact.ward_code, fact.ward_set) for fact in facts} == {(None, None)}


def test_an_alert_counts_on_the_london_date_on_which_it_was_said():
    # Half past eleven in the evening of UTC is the next day in London's summer.
    late = datetime(2027, 6, 30, 23, 30, tzinfo=UTC)
    for event in alert_events(at=late):
        (fact,) = domain.facts_of_alert(event)
        assert fact.day == date(2027, 7, 1)


def test_an_alert_keeps_its_rung_and_how_long_it_took():
    facts = [domain.facts_of_alert(event)[0] for event in alert_events()]
    assert [(fact.kind, fact.detail, fact.elapsed_seconds) for fact in facts] == [
        ("raised", "supervisor", None),
        ("escalated", "supervisor", 300),
        ("acknowledged", "supervisor", 420),
    ]


def test_no_fact_holds_an_id_or_an_instant():
    facts = [
        *domain.facts_of_walk(a_started_walk()),
        *domain.facts_of_concern(a_concern()),
        *(fact for event in alert_events() for fact in domain.facts_of_alert(event)),
    ]
    for fact in facts:
        values = [getattr(fact, name) for name in fact.__slots__]
        assert all(isinstance(value, str | int | date | None) for value in values)
        assert not any(isinstance(value, datetime) for value in values)
        assert not any(AN_ID_OR_INSTANT.search(str(value)) for value in values)


def test_a_question_keeps_the_order_it_was_asked_in():
    assert ask("walks", "light,ward").by == ("light", "ward")
    assert ask("walks").by == ()


@pytest.mark.parametrize(
    "by", ["street", "ward,street", "ward,,day", ",", "ward ", "Ward", "WARD,day"]
)
def test_an_unknown_dimension_is_refused_without_being_repeated(by: str):
    with pytest.raises(NotAsked) as refused:
        ask("walks", by)
    assert "street" not in str(refused.value) + str(refused.value.faults)


def test_a_repeated_dimension_is_refused():
    with pytest.raises(NotAsked, match="each at most once"):
        ask("concerns", "ward,day,ward")


def test_a_period_that_ends_before_it_begins_is_refused():
    with pytest.raises(domain.DatesReversed):
        ask("walks", since=date(2027, 2, 1), until=date(2027, 1, 31))
    assert ask("walks", since=DAY, until=DAY).until == DAY


def test_concerns_by_category_count_mentions_and_everything_else_itself():
    assert ask("concerns", "ward,category").counts == "mentions"
    assert ask("concerns", "ward").counts == "concerns"
    assert ask("walks", "category").counts == "walks"
    assert (ask("walks").kind, ask("concerns").kind) == ("started", "captured")


def test_rows_come_in_the_order_asked_and_what_has_no_value_last():
    outside = Row(1, light="dark")
    first = Row(1, "L1", "a", light="dark")
    second = Row(1, "L2", "a", light="day")
    other_set = Row(1, "L1", "b", light="day")
    rows = [outside, other_set, second, first]
    assert in_order(rows, ("ward", "light")) == [first, second, other_set, outside]
    assert in_order(rows, ("light", "ward")) == [first, outside, second, other_set]


def test_rows_by_day_and_category_are_sorted_by_them():
    rows = [Row(1, day=date(2027, 1, d), category=c) for d, c in [(2, "a"), (1, "b"), (1, "a")]]
    assert in_order(rows, ("day", "category")) == [rows[2], rows[1], rows[0]]
    assert in_order(rows, ("category", "day")) == [rows[2], rows[0], rows[1]]


def test_an_event_of_another_kind_is_not_a_walk():
    event: Received = received(a_concern().fact, uuid4(), at=AT)
    with pytest.raises(AssertionError):
        domain.facts_of_walk(event)
