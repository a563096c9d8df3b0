"""What is mailed of a wish: each thing once, only while it is true, and never more than there is to say."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.factories import START
from tests.notifications.desk import Desk
from tests.notifications.doubles import EMAIL, NAME, text_of
from tests.notifications.wishes import (
    ANSWER_BY,
    ATTENTION_AT,
    DAY,
    WISH_URL,
    a_standing,
    a_wish,
    an_offer,
    asks,
    heard_of,
)

COORDINATORS = "coordinators@force.example"


async def is_offered(desk: Desk, request_id: UUID, *, sequence: int = 2, **changes: Any) -> None:
    """The wish has an offer; booking says so, changed."""
    desk.booking.wishes[request_id] = an_offer(**changes)
    await desk.hears(heard_of("offered", request_id, sequence=sequence))


def subjects(desk: Desk) -> list[str]:
    """What was sent, in order."""
    return [str(mail["Subject"]) for mail in desk.mail.taken]


async def test_an_offer_is_mailed_with_its_end_when_where_who_and_her_link(desk: Desk) -> None:
    await is_offered(desk, uuid4())
    await desk.sends()
    [mail] = desk.mail.taken
    assert desk.mail.recipients == [EMAIL]
    assert mail["Subject"] == "Your appointment: a time is kept for you"
    for body in (text_of(mail), text_of(mail, "html")):
        for said in (
            "Wednesday 13 January, 6am",
            "Thursday 14 January, 6pm to 6:30pm",
            "Mere End, near the old mill",
            "PC Jo Hart",
            WISH_URL,
            "101",
            NAME,
        ):
            assert said in body
    assert "until Wednesday 13 January, 6am" in text_of(mail)


@pytest.mark.parametrize(
    "now",
    [
        a_wish(),
        a_wish(state="withdrawn"),
        an_offer(number=2),
        an_offer(expires_at=START.isoformat()),
    ],
)
async def test_an_offer_that_is_over_by_then_is_withheld(desk: Desk, now: dict[str, Any]) -> None:
    request_id = uuid4()
    await is_offered(desk, request_id)
    desk.booking.wishes[request_id] = now
    await desk.sends()
    assert await desk.states() == [("withheld", "offer-over")]
    assert desk.mail.taken == []


async def test_an_offer_whose_time_is_over_expires_without_asking_anybody(desk: Desk) -> None:
    await is_offered(desk, uuid4())
    desk.clock.at = ANSWER_BY
    await desk.sends()
    assert await desk.states() == [("expired", None)]
    assert desk.booking.asked == []


async def test_every_offer_is_mailed_and_each_once(desk: Desk) -> None:
    request_id = uuid4()
    for sequence, number in ((2, 1), (5, 2), (8, 3)):
        desk.booking.wishes[request_id] = an_offer(number=number)
        event = heard_of("offered", request_id, sequence=sequence, offer_no=number)
        await desk.hears(event, event)
        await desk.sends()
    assert subjects(desk) == ["Your appointment: a time is kept for you"] * 3


async def test_a_wish_of_which_nothing_came_at_once_is_confirmed_with_its_link(desk: Desk) -> None:
    await asks(desk)
    await desk.sends()
    assert desk.mail.taken == []  # what the first look brings says it all
    desk.passes(20)
    await desk.sends()
    [mail] = desk.mail.taken
    assert mail["Subject"] == "Your appointment: we have your request"
    for body in (text_of(mail), text_of(mail, "html")):
        assert "We have your wish for a walk." in body
        assert "What happens next" in body
        assert WISH_URL in body


async def test_of_a_wish_met_at_once_only_the_offer_is_mailed(desk: Desk) -> None:
    request_id = await asks(desk)
    await is_offered(desk, request_id)
    await desk.sends()
    desk.passes(60)
    await desk.sends()
    assert subjects(desk) == ["Your appointment: a time is kept for you"]


async def test_that_nobody_is_to_be_had_is_told_once_and_instead_of_the_first_mail(
    desk: Desk,
) -> None:
    request_id = await asks(desk)
    await desk.hears(heard_of("waitlisted", request_id, sequence=2))
    await desk.sends()
    desk.passes(60)
    await desk.hears(heard_of("waitlisted", request_id, sequence=3, reason="needs"))
    await desk.sends()
    assert subjects(desk) == ["Your appointment: you are in the line"]
    assert "We keep looking." in text_of(desk.mail.taken[0])


async def test_that_she_keeps_her_place_is_told_once_and_not_at_each_turn(desk: Desk) -> None:
    request_id = await asks(desk)
    for turn, kind in enumerate(("expired", "declined", "expired")):
        await is_offered(desk, request_id, sequence=2 + 2 * turn)
        await desk.sends()
        desk.booking.wishes[request_id] = a_wish()
        await desk.hears(heard_of(kind, request_id, sequence=3 + 2 * turn))
        await desk.sends()
    assert subjects(desk).count("Your appointment: you keep your place") == 1
    assert subjects(desk).count("Your appointment: a time is kept for you") == 3


async def test_what_was_withheld_the_first_time_is_told_the_next(desk: Desk) -> None:
    request_id = await asks(desk)
    await desk.hears(heard_of("expired", request_id, sequence=3))
    await is_offered(desk, request_id, sequence=4)
    await desk.sends()
    desk.booking.wishes[request_id] = a_wish()
    again = heard_of("expired", request_id, sequence=6)
    await desk.hears(heard_of("expired", request_id, sequence=3), again, again)
    await desk.sends()
    assert subjects(desk) == [
        "Your appointment: a time is kept for you",
        "Your appointment: you keep your place",
    ]
    purposes = [row["purpose"] for row in await desk.rows("message")]
    assert purposes.count("place_kept") == 2


async def test_that_she_waits_is_withheld_once_she_has_an_offer(desk: Desk) -> None:
    request_id = uuid4()
    desk.booking.wishes[request_id] = an_offer()
    await desk.hears(heard_of("expired", request_id, sequence=3))
    await desk.sends()
    assert await desk.states() == [("withheld", "not-waiting")]


async def test_that_she_comes_first_is_said_to_whom_we_let_down(desk: Desk) -> None:
    request_id = await asks(desk)
    desk.booking.wishes[request_id] = a_wish(priority=True)
    await desk.hears(heard_of("waitlisted", request_id, sequence=2))
    await desk.sends()
    [mail] = desk.mail.taken
    for body in (text_of(mail), text_of(mail, "html")):
        assert "You come first in the line." in body


@pytest.mark.parametrize(
    ("kind", "state", "said"),
    [
        ("closed", "closed", "We are sorry: nobody could be found"),
        ("withdrawn", "withdrawn", "You no longer wait for a walk."),
    ],
)
async def test_the_end_of_a_wish_is_mailed_with_why(
    desk: Desk, kind: str, state: str, said: str
) -> None:
    request_id = await asks(desk)
    desk.booking.wishes[request_id] = a_wish(state=state)
    await desk.hears(heard_of(kind, request_id, sequence=2))
    await desk.sends()
    [mail] = desk.mail.taken
    for body in (text_of(mail), text_of(mail, "html")):
        assert said in body
        assert "http://127.0.0.1:8080/booking/" in body
        assert WISH_URL not in body


async def test_once_she_has_a_walk_nothing_more_is_said_of_the_wish(desk: Desk) -> None:
    request_id = await asks(desk)
    await is_offered(desk, request_id)
    del desk.booking.wishes[request_id]
    desk.booking.standings[request_id] = a_standing(state="confirmed")
    desk.clock.at = ATTENTION_AT
    await desk.sends()
    assert desk.mail.taken == []


async def test_what_is_told_late_of_a_wish_expires(desk: Desk) -> None:
    await asks(desk)
    desk.clock.at = START + 3 * DAY
    desk.booking.standings.clear()
    await desk.sends()
    assert sorted(await desk.states()) == [("expired", None), ("withheld", "over")]


async def test_coordinators_are_told_once_of_a_wish_that_has_waited_three_days(
    desk: Desk,
) -> None:
    request_id = await asks(desk)
    await desk.hears(heard_of("requested", request_id))
    # Whatever she is told meanwhile takes nothing from it.
    await desk.hears(heard_of("waitlisted", request_id, sequence=2))
    desk.clock.at = ATTENTION_AT - timedelta(seconds=1)
    await desk.sends()
    assert COORDINATORS not in desk.mail.recipients
    desk.clock.at = ATTENTION_AT
    desk.booking.asked.clear()
    await desk.sends()
    await desk.sends()
    assert desk.mail.recipients.count(COORDINATORS) == 1
    mail = desk.mail.taken[-1]
    for body in (text_of(mail), text_of(mail, "html")):
        assert "Tuesday 12 January at 6pm" in body
        assert "Mere End" in body
        assert "http://127.0.0.1:8080/booking/requests" in body
        for planted in (NAME, EMAIL, "planted"):
            assert planted not in body
    assert f"/booking/v1/requests/{request_id}/standing" in desk.booking.asked


@pytest.mark.parametrize("state", ["confirmed", "withdrawn", "closed"])
async def test_coordinators_are_not_told_of_a_wish_that_is_over(desk: Desk, state: str) -> None:
    request_id = await asks(desk)
    desk.booking.standings[request_id] = a_standing(state=state)
    desk.clock.at = ATTENTION_AT
    await desk.sends()
    assert desk.mail.taken == []
    assert ("withheld", "over") in await desk.states()


async def test_a_wish_of_before_says_nothing_of_when_it_waits_too_long(desk: Desk) -> None:
    await desk.hears(heard_of("requested", attention_at=None))
    assert [row["purpose"] for row in await desk.rows("message")] == ["wish_asked"]


async def test_nobodys_name_address_or_link_of_a_wish_is_in_a_row_or_a_log(desk: Desk) -> None:
    await is_offered(desk, uuid4())
    await is_offered(desk, uuid4(), expires_at="never")
    await desk.sends()
    kept = repr(await desk.rows("message")) + desk.parts.lines.getvalue()
    for planted in ("planted", "Planted", "example.org", "old mill"):
        assert planted not in kept
    assert "message.tried" in kept
