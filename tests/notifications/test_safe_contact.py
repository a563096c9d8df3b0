"""She is written to within her hours and as she has said; only what she must know before she sets off does not wait."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, strategies as st

from notifications.domain.safe_contact import LONDON, NOTICE, SafeContact, cannot_wait, opens_at
from shared.postgres import Database
from tests.factories import START
from tests.notifications.desk import ENDS_AT, STARTS_AT, Desk, a_desk, heard
from tests.notifications.doubles import EMAIL, BookingDouble, MailServer, a_contact, at, text_of
from tests.notifications.wishes import a_wish, an_offer, heard_of

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NOON = SafeContact((time(12), time(13)))
# On the evening of START (18:00) these are over; they begin again at nine.
MORNINGS = {"from": "09:00", "to": "17:00", "no_voicemail": True, "neutral": False}
NINE = at("2027-01-13T09:00:00+00:00")
ANY_TIME = {"from": None, "to": None, "no_voicemail": True, "neutral": True}
TOMORROW = {
    "starts_at": (STARTS_AT + DAY).isoformat(),
    "ends_at": (ENDS_AT + DAY).isoformat(),
}


async def tomorrow(
    desk: Desk, kind: str, told: dict[str, Any] | None = None, **changes: Any
) -> UUID:
    """Something befalls a walk of tomorrow evening, as ``told``; booking says so too, with changes."""
    walk_id = uuid4()
    desk.booking.walks[walk_id] = a_contact(**(TOMORROW | changes))
    times: dict[str, Any] = {"starts_at": STARTS_AT + DAY, "ends_at": ENDS_AT + DAY}
    await desk.hears(heard(kind, walk_id, **(times | (told or {}))))
    return walk_id


@pytest.mark.parametrize(
    ("hours", "moment", "opens"),
    [
        ((time(9), time(17)), "2027-01-12T09:00:00+00:00", "2027-01-12T09:00:00+00:00"),
        ((time(9), time(17)), "2027-01-12T16:59:59+00:00", "2027-01-12T16:59:59+00:00"),
        ((time(9), time(17)), "2027-01-12T17:00:00+00:00", "2027-01-13T09:00:00+00:00"),
        ((time(9), time(17)), "2027-01-12T08:59:59+00:00", "2027-01-12T09:00:00+00:00"),
        ((time(21, 30), time(6)), "2027-01-12T02:00:00+00:00", "2027-01-12T02:00:00+00:00"),
        ((time(21, 30), time(6)), "2027-01-12T06:00:00+00:00", "2027-01-12T21:30:00+00:00"),
        ((time(18), time(0)), "2027-01-12T23:59:59+00:00", "2027-01-12T23:59:59+00:00"),
        ((time(18), time(0)), "2027-01-13T00:00:00+00:00", "2027-01-13T18:00:00+00:00"),
        # Nine on the wall, on either side of both changes of the clocks.
        ((time(9), time(17)), "2027-03-27T20:00:00+00:00", "2027-03-28T08:00:00+00:00"),
        ((time(9), time(17)), "2027-10-30T20:00:00+01:00", "2027-10-31T09:00:00+00:00"),
        # That the clocks skip, and that they show twice.
        ((time(1), time(2)), "2027-03-27T20:00:00+00:00", "2027-03-29T00:00:00+00:00"),
        ((time(1, 30), time(9)), "2027-03-28T00:59:00+00:00", "2027-03-28T01:30:00+00:00"),
        ((time(1, 30), time(3)), "2027-10-31T01:10:00+00:00", "2027-10-31T01:30:00+00:00"),
    ],
)
def test_her_hours_are_what_london_s_clocks_show(
    hours: tuple[time, time], moment: str, opens: str
) -> None:
    assert opens_at(SafeContact(hours), at(moment)) == at(opens)


@given(
    begin=st.times(),
    minutes=st.integers(60, 1439),
    moment=st.datetimes(datetime(2026, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_when_they_open_it_is_within_them_and_nothing_waits_longer_than_two_days(
    begin: time, minutes: int, moment: datetime
) -> None:
    end = (datetime.combine(START.date(), begin) + timedelta(minutes=minutes)).time()
    rules = SafeContact((begin, end))
    opens = opens_at(rules, moment)
    assert moment <= opens <= moment + 2 * DAY
    assert opens_at(rules, opens) == opens
    if opens > moment:
        wall = opens.astimezone(LONDON).time()
        assert begin <= wall or wall < end


def test_who_has_set_no_hours_is_written_to_at_any() -> None:
    assert opens_at(SafeContact(), START) == START


def test_what_she_would_hear_two_hours_before_waits_and_a_minute_later_does_not() -> None:
    opens = opens_at(NOON, START)
    assert not cannot_wait(opens + NOTICE, opens, at=START)
    assert cannot_wait(opens + NOTICE - timedelta(minutes=1), opens, at=START)
    assert not cannot_wait(START, opens, at=START)
    assert not cannot_wait(None, opens, at=START)


async def test_outside_her_hours_a_mail_waits_until_they_begin(desk: Desk) -> None:
    await tomorrow(desk, "confirmed", safe_contact=MORNINGS)
    await desk.sends()
    assert await desk.states() == [("intended", "her-hours")]
    assert [row["due_at"] for row in await desk.rows("message")] == [NINE]
    desk.clock.at = NINE - timedelta(seconds=1)
    await desk.sends()
    assert desk.mail.taken == []
    desk.clock.at = NINE
    await desk.sends()
    assert await desk.states() == [("delivered", None)]
    [mail] = desk.mail.taken
    assert "The green gate, Mill Lane" in text_of(mail)


async def test_what_waits_is_not_lost_when_the_worker_is_started_again(
    notifications_database: Database, booking: BookingDouble, mail: MailServer
) -> None:
    async with a_desk(notifications_database, booking, mail) as desk:
        await tomorrow(desk, "confirmed", safe_contact=MORNINGS)
        await desk.sends()
    async with a_desk(notifications_database, booking, mail) as desk:
        desk.clock.at = NINE
        await desk.sends()
        assert await desk.states() == [("delivered", None)]
    assert mail.recipients == [EMAIL]


async def test_a_mail_whose_retry_falls_outside_her_hours_waits_and_keeps_its_id(
    desk: Desk,
) -> None:
    desk.clock.at = START - HOUR - timedelta(seconds=1)
    desk.mail.answers["DATA"] = ["451 later"]
    await tomorrow(desk, "confirmed", safe_contact=MORNINGS)
    await desk.sends()
    desk.clock.at = START - HOUR + timedelta(seconds=9)
    await desk.sends()
    assert await desk.states() == [("retrying", "her-hours")]
    desk.clock.at = NINE
    await desk.sends()
    [row] = await desk.rows("message")
    assert desk.mail.ids() == [f"<{row['id']}@force.example>"]


async def test_what_is_not_true_any_more_when_they_begin_is_withheld(desk: Desk) -> None:
    walk_id = await tomorrow(desk, "confirmed", safe_contact=MORNINGS)
    await desk.sends()
    desk.booking.walks[walk_id]["state"] = "cancelled"
    desk.clock.at = NINE
    await desk.sends()
    assert await desk.states() == [("withheld", "not-confirmed")]


async def test_a_promise_whose_walk_is_over_when_they_begin_expires(desk: Desk) -> None:
    await desk.confirms(safe_contact=MORNINGS)
    await desk.sends()
    assert await desk.states() == [("intended", "her-hours")]
    desk.clock.at = NINE
    await desk.sends()
    assert await desk.states() == [("expired", None)]
    assert desk.mail.taken == []


async def test_an_offer_waits_too(desk: Desk) -> None:
    request_id = uuid4()
    desk.booking.wishes[request_id] = an_offer() | {"safe_contact": MORNINGS}
    await desk.hears(heard_of("offered", request_id))
    await desk.sends()
    assert await desk.states() == [("intended", "her-hours")]


@pytest.mark.parametrize("initiator", ["force", "weather", "safety"])
async def test_that_the_force_calls_tonight_s_walk_off_does_not_wait_and_says_nothing(
    desk: Desk, initiator: str
) -> None:
    walk_id = uuid4()
    contact = a_contact(state="cancelled", initiator=initiator, safe_contact=MORNINGS)
    desk.booking.walks[walk_id] = contact
    await desk.hears(heard("cancelled", walk_id, initiator=initiator))
    await desk.sends()
    assert await desk.states() == [("delivered", None)]
    says_nothing(desk)


async def test_that_she_called_it_off_herself_waits(desk: Desk) -> None:
    walk_id = uuid4()
    contact = a_contact(state="cancelled", initiator="participant", safe_contact=MORNINGS)
    desk.booking.walks[walk_id] = contact
    await desk.hears(heard("cancelled", walk_id, initiator="participant"))
    await desk.sends()
    assert await desk.states() == [("intended", "her-hours")]


async def test_that_tomorrow_s_walk_is_called_off_waits_for_the_morning(desk: Desk) -> None:
    by = {"initiator": "force"}
    await tomorrow(desk, "cancelled", by, state="cancelled", safe_contact=MORNINGS, **by)
    await desk.sends()
    assert await desk.states() == [("intended", "her-hours")]


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"initiator": "force"}, "delivered"),
        ({"initiator": "participant"}, "intended"),
        ({"initiator": "force", "shortened": "weather"}, "intended"),
        ({"initiator": "force", "old_starts_at": STARTS_AT + 2 * DAY}, "intended"),
    ],
)
async def test_a_move_by_the_force_does_not_wait_when_she_would_come_at_the_old_time(
    desk: Desk, changes: dict[str, Any], state: str
) -> None:
    walk_id = uuid4()
    times: dict[str, Any] = {"starts_at": STARTS_AT + DAY, "ends_at": ENDS_AT + DAY}
    desk.booking.walks[walk_id] = a_contact(safe_contact=MORNINGS, **TOMORROW)
    old: dict[str, Any] = {"old_starts_at": STARTS_AT, "old_ends_at": ENDS_AT}
    await desk.hears(heard("rescheduled", walk_id, **(times | old | changes)))
    await desk.sends()
    assert [told for told, _ in await desk.states()] == [state]


async def test_whoever_asks_for_it_gets_mails_that_say_nothing(
    notifications_database: Database, booking: BookingDouble, mail: MailServer
) -> None:
    neutral = {"smtp_neutral_from": "post@appointments.example"}
    async with a_desk(notifications_database, booking, mail, **neutral) as desk:
        await desk.confirms(safe_contact=ANY_TIME)
        await desk.sends()
        says_nothing(desk, "post@appointments.example")
        [taken], [row] = desk.mail.taken, await desk.rows("message")
        assert taken["Message-ID"] == f"<{row['id']}@appointments.example>"
        assert "/booking/manage/planted-capability?a=1&b=2" in text_of(taken)
        assert "/booking/manage/planted-capability?a=1&amp;b=2" in text_of(taken, "html")


async def test_of_a_wish_as_well(desk: Desk) -> None:
    request_id = uuid4()
    desk.booking.wishes[request_id] = a_wish(safe_contact=ANY_TIME)
    await desk.hears(heard_of("waitlisted", request_id))
    await desk.sends()
    says_nothing(desk)


async def test_whoever_was_not_asked_is_told_all_at_once(desk: Desk) -> None:
    await desk.confirms(safe_contact=None)
    await desk.sends()
    [mail] = desk.mail.taken
    assert "The green gate, Mill Lane" in text_of(mail)


async def test_rules_that_cannot_be_read_are_asked_for_again(desk: Desk) -> None:
    await desk.confirms(safe_contact={"from": "nine", "to": "17:00", "neutral": True})
    await desk.sends()
    assert await desk.states() == [("retrying", "booking-silent")]
    assert desk.mail.taken == []


def says_nothing(desk: Desk, sender: str = "walks@force.example") -> None:
    """The one mail's sender, subject and text say nothing of what, when, where or with whom."""
    [mail] = desk.mail.taken
    assert mail["From"] == f"Appointments <{sender}>"
    assert mail["Subject"] == "Your appointment"
    for body in (text_of(mail), text_of(mail, "html")):
        assert "There is something to see about your appointment" in body
        for word in ("walk", "police", "officer", "Hart", "gate", "6:30", "January", "Amina"):
            assert word not in body
