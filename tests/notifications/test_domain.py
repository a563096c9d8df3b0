"""What notifications decides, without a database, a clock or a network."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from notifications.domain import alerts, messages, words
from notifications.domain.alerts import Acknowledgement, Alert, Ladder, Overdue
from notifications.domain.messages import Message, Outcome, Told, WalkNow, WalkTimes
from shared.events import WardRef
from tests.factories import START
from tests.notifications.doubles import at

ID = UUID("00000000-0000-4000-8000-000000000001")
STARTS_AT = START + timedelta(minutes=30)
ENDS_AT = START + timedelta(minutes=60)
LADDER = Ladder(timedelta(0), timedelta(minutes=5))
ONE = Acknowledgement("duty-1", "Sam Reed", START + timedelta(seconds=90))
TWO = Acknowledgement("duty-2", "Kim Osei", START + timedelta(seconds=95))


def an_alert() -> Alert:
    overdue = Overdue(ID, ID, WardRef(code="L05000001", set="larkmere-2026"), START, "end")
    return alerts.raise_alert(overdue, ID, LADDER, at=START)[0]


def a_message(**changes: Any) -> Message:
    usual = Message(
        id=ID,
        purpose="walk_confirmed",
        template="walk_confirmed.v1",
        walk_id=ID,
        about=WalkTimes(1, STARTS_AT, ENDS_AT),
        state="intended",
        attempts=1,
        created_at=START,
    )
    return replace(usual, **changes)


def a_walk(**changes: Any) -> WalkNow:
    usual = WalkNow(
        state="confirmed",
        sequence=1,
        starts_at=STARTS_AT,
        ends_at=ENDS_AT,
        cancelled_by=None,
        missing_party=None,
        email="amina@example.org",
        name="Amina",
        place="The green gate",
        officer="PC Jo Hart",
        force_phone="101",
        next_steps=("Wait at the gate.",),
        manage_url="http://127.0.0.1:8080/booking/manage/x",
    )
    return replace(usual, **changes)


def test_a_new_alert_stands_on_the_first_rung_and_is_due_to_climb() -> None:
    alert = an_alert()
    assert (alert.rung, alert.state, alert.is_open) == ("supervisor", "raised", True)
    assert alert.climbs_at == START + timedelta(minutes=5)


def test_a_climbed_alert_stands_on_the_last_rung_and_climbs_no_more() -> None:
    climbed, fact = alerts.climb(an_alert(), at=START + timedelta(minutes=5))
    assert (climbed.rung, climbed.state, climbed.climbs_at) == ("control_room", "escalated", None)
    assert (fact.rung, fact.elapsed_seconds) == ("control_room", 300)


def test_an_acknowledged_alert_climbs_no_more_and_its_fact_names_nobody() -> None:
    taken, fact = alerts.acknowledge(an_alert(), ONE)
    assert (taken.state, taken.climbs_at, taken.acknowledged) == ("acknowledged", None, ONE)
    assert fact is not None
    assert fact.elapsed_seconds == 90
    assert "Sam" not in fact.model_dump_json()
    assert "duty-1" not in fact.model_dump_json()


def test_acknowledging_ones_own_alert_again_changes_nothing() -> None:
    taken, _ = alerts.acknowledge(an_alert(), ONE)
    assert alerts.acknowledge(taken, replace(ONE, at=START + timedelta(hours=1))) == (taken, None)


def test_an_alert_that_somebody_has_is_refused_to_another_without_saying_who() -> None:
    taken, _ = alerts.acknowledge(an_alert(), ONE)
    with pytest.raises(alerts.AlreadyAcknowledged) as refused:
        alerts.acknowledge(taken, TWO)
    assert refused.value.status == 409
    assert refused.value.members == {"since": ONE.at.isoformat()}
    assert "Sam" not in refused.value.detail


def test_a_cleared_alert_is_not_open_and_one_acknowledged_before_stays_acknowledged() -> None:
    cleared = replace(an_alert(), cleared_at=START)
    assert (cleared.state, cleared.is_open) == ("cleared", False)
    assert replace(cleared, acknowledged=ONE).state == "acknowledged"


def test_a_confirmation_that_holds_goes_out() -> None:
    assert messages.judge_walk(a_message(), a_walk(), at=START) is messages.GO


@pytest.mark.parametrize("state", ["started", "ended"])
def test_a_walk_under_way_or_soon_over_is_no_reason_to_withhold_its_confirmation(
    state: str,
) -> None:
    walk = a_walk(state=state, sequence=2)
    late = STARTS_AT + timedelta(minutes=29)
    assert messages.judge_walk(a_message(), walk, at=late) is messages.GO


@pytest.mark.parametrize(
    ("walk", "reason"),
    [
        (None, "erased"),
        (a_walk(state="cancelled", sequence=2), "not-confirmed"),
        (a_walk(state="no_show", sequence=2), "not-confirmed"),
        (a_walk(starts_at=STARTS_AT - timedelta(minutes=5)), "time-changed"),
        (a_walk(ends_at=ENDS_AT + timedelta(minutes=5)), "time-changed"),
    ],
)
def test_a_confirmation_whose_facts_no_longer_hold_is_withheld(
    walk: WalkNow | None, reason: str
) -> None:
    verdict = messages.judge_walk(a_message(), walk, at=START)
    assert (verdict.state, verdict.reason) == ("withheld", reason)


def test_a_confirmation_expires_at_its_walks_end_and_not_before() -> None:
    before = ENDS_AT - timedelta(seconds=1)
    assert messages.judge_alone(a_message(), at=before) is messages.GO
    assert messages.judge_alone(a_message(), at=ENDS_AT).state == "expired"
    assert messages.judge_walk(a_message(), a_walk(), at=ENDS_AT).state == "expired"


def test_a_cancellation_is_told_even_after_the_walk_was_to_end_but_not_for_ever() -> None:
    cancellation, walk = a_message(purpose="walk_cancelled"), a_walk(state="cancelled", sequence=2)
    assert messages.judge_walk(cancellation, walk, at=ENDS_AT + timedelta(days=1)) is messages.GO
    assert (
        messages.judge_walk(cancellation, walk, at=ENDS_AT + timedelta(days=3)).state == "expired"
    )


def test_a_cancellation_of_a_walk_that_is_on_again_is_withheld() -> None:
    verdict = messages.judge_walk(a_message(purpose="walk_cancelled"), a_walk(), at=START)
    assert (verdict.state, verdict.reason) == ("withheld", "not-cancelled")


def test_a_message_that_a_later_one_replaces_is_withheld() -> None:
    verdict = messages.judge_walk(a_message(superseded=True), a_walk(), at=START)
    assert (verdict.state, verdict.reason) == ("withheld", "superseded")


def test_a_rung_is_told_only_while_the_alert_is_open() -> None:
    notice = a_message(purpose="alert_waiting", about=Told(ID, "supervisor"))
    assert messages.judge_alert(notice, an_alert(), at=START) is messages.GO
    taken, _ = alerts.acknowledge(an_alert(), ONE)
    for settled in (taken, replace(an_alert(), cleared_at=START), None):
        assert messages.judge_alert(notice, settled, at=START).state == "withheld"
    assert messages.judge_alert(notice, an_alert(), at=START + timedelta(days=3)).state == "expired"


def test_a_refusal_for_good_fails_and_a_fault_is_tried_again_later() -> None:
    refused = messages.settle(a_message(), Outcome("refused", "smtp-550"), at=START, jitter=0.5)
    assert (refused.state, refused.reason, refused.due_at) == ("failed", "smtp-550", None)
    put_off = messages.settle(a_message(), Outcome("put-off", "smtp-451"), at=START, jitter=1)
    assert (put_off.state, put_off.due_at) == ("retrying", START + timedelta(seconds=5))


def test_the_wait_doubles_with_jitter_up_to_a_quarter_of_an_hour() -> None:
    full = [messages.retry_wait(attempts, 1).total_seconds() for attempts in (1, 2, 3, 9, 1000)]
    assert full == [5, 10, 20, 900, 900]
    assert messages.retry_wait(3, 0).total_seconds() == 10


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "said"),
    [
        ("2026-11-26T18:30:00Z", "2026-11-26T19:00:00Z", "Thursday 26 November, 6:30pm to 7pm"),
        ("2026-07-02T11:00:00Z", "2026-07-02T11:45:00Z", "Thursday 2 July, midday to 12:45pm"),
        (
            "2026-11-26T23:30:00Z",
            "2026-11-27T00:00:00Z",
            "Thursday 26 November, 11:30pm to midnight on Friday 27 November",
        ),
        # The clocks go back on 31 October 2027: half past one comes twice.
        (
            "2027-10-31T00:30:00Z",
            "2027-10-31T01:30:00Z",
            "Sunday 31 October, 1:30am (BST) to 1:30am (GMT)",
        ),
        # They go forward on 28 March 2027: an hour later it is half past two.
        ("2027-03-28T00:30:00Z", "2027-03-28T01:30:00Z", "Sunday 28 March, 12:30am to 2:30am"),
    ],
)
def test_times_are_said_as_people_in_london_say_them(
    starts_at: str, ends_at: str, said: str
) -> None:
    assert words.when(at(starts_at), at(ends_at)) == said


def test_what_comes_from_outside_is_one_line_without_controls() -> None:
    assert words.one_line(" The gate\r\nBcc: all@x.org\x00\x1b[31m\u202etxt\u2028 ") == (
        "The gate Bcc: all@x.org[31mtxt"
    )
    assert words.one_line("नि\u200dशा") == "नि\u200dशा"


def test_a_template_gets_the_placeholders_of_its_purpose_and_no_others() -> None:
    for purpose in ("walk_confirmed", "walk_cancelled"):
        assert words.walk_words(purpose, a_walk()).keys() == words.PLACEHOLDERS[purpose]
    told = words.alert_words(an_alert(), "Mill Green", "supervisor", "http://127.0.0.1:8080/x")
    assert told.keys() == words.PLACEHOLDERS["alert_waiting"]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "less than a minute"),
        (60, "1 minute"),
        (3600, "1 hour"),
        (7500, "2 hours 5 minutes"),
        (200_000, "2 days"),
    ],
)
def test_waiting_is_said_in_words(seconds: int, said: str) -> None:
    assert words.since(timedelta(seconds=seconds)) == said


def test_nobodys_name_or_address_shows_in_a_repr() -> None:
    assert "amina" not in repr(a_walk()).lower()
