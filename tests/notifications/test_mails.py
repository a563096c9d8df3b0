"""What is mailed of a walk, to whom, and what is withheld because it is no longer true."""

from datetime import timedelta
from email import policy
from uuid import uuid4

import pytest

from tests.factories import START
from tests.notifications.desk import ENDS_AT, STARTS_AT, Desk, heard
from tests.notifications.doubles import (
    EMAIL,
    NAME,
    a_contact,
    text_of,
)


async def test_a_confirmed_walk_is_mailed_with_when_where_who_what_next_and_the_link(
    desk: Desk,
) -> None:
    await desk.confirms()
    await desk.sends()
    assert await desk.states() == [("delivered", None)]
    assert desk.mail.recipients == [EMAIL]
    [mail] = desk.mail.taken
    for body in (text_of(mail), text_of(mail, "html")):
        for said in (
            "Tuesday 12 January, 6:30pm to 7pm",
            "The green gate, Mill Lane",
            "PC Jo Hart meets you at the gate.",
            "/booking/manage/planted-capability?a=1",
            "101",
            NAME,
        ):
            assert said in body
    assert "Bring nothing <but yourself>." in text_of(mail)
    assert "Bring nothing &lt;but yourself&gt;." in text_of(mail, "html")


async def test_the_subject_is_neutral_and_the_message_id_is_that_of_the_row(desk: Desk) -> None:
    await desk.confirms()
    await desk.sends()
    [mail], [row] = desk.mail.taken, await desk.rows("message")
    assert mail["Subject"] == "Your appointment is confirmed"
    assert mail["Message-ID"] == f"<{row['id']}@force.example>"
    assert mail["From"] == "walks@force.example"
    assert mail["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize(
    ("initiator", "said"),
    [
        ("participant", "You cancelled it."),
        ("weather", "We are sorry: we had to cancel it because of the weather."),
        (None, "It has been cancelled."),
        ("something new", "It has been cancelled."),
    ],
)
async def test_a_cancelled_walk_is_mailed_with_why(
    desk: Desk, initiator: str | None, said: str
) -> None:
    walk_id = uuid4()
    desk.booking.walks[walk_id] = a_contact(state="cancelled", sequence=2, initiator=initiator)
    await desk.hears(heard("cancelled", walk_id, sequence=2))
    await desk.sends()
    [mail] = desk.mail.taken
    assert f"will not take place. {said}" in text_of(mail)
    assert f"will not take place. {said}" in text_of(mail, "html")
    assert "Tuesday 12 January, 6:30pm to 7pm" in text_of(mail)


@pytest.mark.parametrize(
    ("kind", "subject", "said"),
    [
        ("rescheduled", "Your appointment has moved", "Your walk has another time."),
        (
            "reassigned",
            "Your appointment: another person will meet you",
            "Your officer has changed",
        ),
    ],
)
async def test_a_changed_walk_is_mailed_with_all_that_is_promised_now(
    desk: Desk, kind: str, subject: str, said: str
) -> None:
    walk_id = await desk.confirms()
    await desk.sends()
    desk.booking.walks[walk_id].update(sequence=2)
    await desk.hears(heard(kind, walk_id, sequence=2))
    await desk.sends()
    mail = desk.mail.taken[-1]
    assert mail["Subject"] == subject
    for promised in (said, "When:", "Where:", "Who:", "What happens next"):
        assert promised in text_of(mail)
    assert "cancelled" not in text_of(mail).lower()


@pytest.mark.parametrize("kind", ["confirmed", "rescheduled", "reassigned"])
async def test_a_promise_says_the_safe_words_and_has_a_file_for_her_calendar(
    desk: Desk, kind: str
) -> None:
    walk_id = uuid4()
    desk.booking.walks[walk_id] = a_contact()
    await desk.hears(heard(kind, walk_id))
    await desk.sends()
    [mail] = desk.mail.taken
    for body in (text_of(mail), text_of(mail, "html")):
        assert "planted walnut" in body
        assert "Your officer knows these words too. Ask for them before you set off." in body
        assert "/booking/manage/planted-capability/walk.ics" in body
    assert "walnut" not in str(mail["Subject"])


async def test_of_a_booking_that_says_neither_the_mail_says_neither(desk: Desk) -> None:
    await desk.confirms(safe_word=None, calendar_url=None)
    await desk.sends()
    [mail] = desk.mail.taken
    for body in (text_of(mail), text_of(mail, "html")):
        assert "afe words" not in body
        assert "calendar" not in body


async def test_a_move_that_has_been_moved_again_is_withheld(desk: Desk) -> None:
    walk_id = await desk.confirms()
    await desk.sends()
    await desk.hears(heard("rescheduled", walk_id, sequence=2, starts_at=START))
    await desk.sends()
    assert ("withheld", "time-changed") in await desk.states()
    assert len(desk.mail.taken) == 1


@pytest.mark.parametrize(
    ("party", "said"),
    [
        ("participant", "We waited for you and did not meet you."),
        ("officer", "We are sorry: our officer did not come to meet you."),
    ],
)
async def test_who_was_missed_is_told_in_neutral_words(desk: Desk, party: str, said: str) -> None:
    walk_id = uuid4()
    desk.booking.walks[walk_id] = a_contact(state="no_show", sequence=1, missing_party=party)
    await desk.hears(heard("missed", walk_id, sequence=2, party=party))
    await desk.sends()
    [mail] = desk.mail.taken
    assert mail["Subject"] == "Your appointment"
    for text in (text_of(mail), text_of(mail, "html")):
        assert said in text
        assert "/booking/" in text
        assert "first in the line" not in text


async def test_whoever_was_let_down_is_offered_the_first_place_in_the_line(desk: Desk) -> None:
    walk_id = uuid4()
    desk.booking.walks[walk_id] = a_contact(
        state="no_show", missing_party="officer", first_until="2027-02-09T18:30:00+00:00"
    )
    await desk.hears(heard("missed", walk_id, sequence=2, party="officer"))
    await desk.sends()
    [mail] = desk.mail.taken
    for body in (text_of(mail), text_of(mail, "html")):
        assert "before Tuesday 9 February, and you come first in the line" in body
        assert "http://127.0.0.1:8080/booking/wish" in body


async def test_an_event_heard_twice_is_mailed_once(desk: Desk) -> None:
    walk_id = await desk.confirms()
    await desk.hears(heard("confirmed", walk_id))
    await desk.sends()
    await desk.hears(heard("confirmed", walk_id))
    await desk.sends()
    assert len(desk.mail.taken) == 1


async def test_several_walks_in_one_batch_get_one_message_each(desk: Desk) -> None:
    events = [heard("confirmed") for _ in range(5)]
    for event in events:
        desk.booking.walks[event.subject] = a_contact()
    async with desk.database.transaction() as connection:
        await desk.work.listens[events[0].topic][events[0].type](connection, events)
    await desk.sends()
    assert len(set(desk.mail.ids())) == 5


async def test_a_confirmation_is_withheld_when_the_walk_was_cancelled_meanwhile(
    desk: Desk,
) -> None:
    walk_id = await desk.confirms()
    desk.booking.walks[walk_id]["state"] = "cancelled"
    await desk.sends()
    assert await desk.states() == [("withheld", "not-confirmed")]
    assert desk.mail.taken == []


async def test_of_a_walk_booked_and_cancelled_before_anything_went_out_only_the_last_is_mailed(
    desk: Desk,
) -> None:
    walk_id = await desk.confirms()
    await desk.hears(heard("cancelled", walk_id, sequence=2))
    desk.booking.walks[walk_id].update(state="cancelled", sequence=2)
    await desk.sends()
    assert sorted(await desk.states(), key=str) == [("delivered", None), ("withheld", "superseded")]
    assert [str(mail["Subject"]) for mail in desk.mail.taken] == ["Your appointment is cancelled"]


async def test_a_confirmation_is_withheld_when_the_time_has_changed(desk: Desk) -> None:
    await desk.confirms(starts_at=(STARTS_AT + timedelta(minutes=5)).isoformat())
    await desk.sends()
    assert await desk.states() == [("withheld", "time-changed")]


async def test_a_confirmation_goes_out_though_the_walk_has_started(desk: Desk) -> None:
    await desk.confirms(state="started", sequence=2)
    desk.clock.at = STARTS_AT + timedelta(minutes=1)
    await desk.sends()
    assert await desk.states() == [("delivered", None)]


async def test_a_confirmation_expires_at_the_walks_end_without_asking_anybody(desk: Desk) -> None:
    await desk.confirms()
    desk.clock.at = ENDS_AT
    await desk.sends()
    assert await desk.states() == [("expired", None)]
    assert desk.booking.asked == []


async def test_a_walk_that_booking_has_erased_is_not_mailed(desk: Desk) -> None:
    await desk.hears(heard("confirmed"))
    await desk.sends()
    assert await desk.states() == [("withheld", "erased")]


@pytest.mark.parametrize(
    "address",
    ["amina@example.org\r\nBcc: all@example.org", "a@example.org, b@example.org", "nobody", ""],
)
async def test_an_address_that_is_not_exactly_one_gets_nothing(desk: Desk, address: str) -> None:
    await desk.confirms(email=address)
    await desk.sends()
    assert await desk.states() == [("failed", "bad-address")]
    assert desk.mail.taken == []


async def test_no_name_or_place_can_write_a_header_or_a_line_of_its_own(desk: Desk) -> None:
    await desk.confirms(
        name="Amina\r\nBcc: all@example.org\r\n\r\nPay here: http://bad.example",
        meeting_point={"name": "The gate\r\nWho:   somebody else", "coordinates": [0, 51]},
        officer={"display_name": "{{ manage_url }}{% for %}", "force_phone": "101"},
    )
    await desk.sends()
    [mail] = desk.mail.taken
    assert mail["Bcc"] is None
    assert desk.mail.recipients == [EMAIL]
    lines = text_of(mail).splitlines()
    assert [line for line in lines if line.startswith(("Bcc", "Pay", "Who:"))] == [
        "Who:   {{ manage_url }}{% for %}"
    ]
    assert "Bcc" not in mail.as_bytes(policy=policy.SMTP).decode().split("\r\n\r\n")[0]


@pytest.mark.parametrize(
    ("address", "reached"),
    [
        ("amína@exämple.org", "amína@exämple.org"),
        ("amina@exämple.org", "amina@xn--exmple-cua.org"),
        ("o'brien+walks@example.org", "o'brien+walks@example.org"),
    ],
)
async def test_an_address_of_any_script_and_shape_is_mailed(
    desk: Desk, address: str, reached: str
) -> None:
    await desk.confirms(email=address)
    await desk.sends()
    assert desk.mail.recipients == [reached]


async def test_nobodys_name_address_or_link_is_in_a_row_or_a_log(desk: Desk) -> None:
    desk.mail.answers["RCPT"] = [f"550 no {EMAIL}"]
    for changes in ({}, {}, {"email": f"{EMAIL}\n"}, {"manage_url": f"planted-capability {NAME}"}):
        await desk.confirms(**changes)
    await desk.sends()
    desk.booking.status = 500
    await desk.confirms()
    await desk.sends()
    kept = repr(await desk.rows("message")) + desk.parts.lines.getvalue()
    for planted in ("planted", "Planted", "example.org", "green gate"):
        assert planted not in kept
    assert "message.tried" in kept
