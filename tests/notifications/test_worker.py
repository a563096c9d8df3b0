"""Events and timers, with a real mail server and booking over real HTTP."""

import asyncio
import json
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from email import policy
from typing import Any
from uuid import uuid4

import pytest
from jinja2 import TemplateNotFound

from notifications.service.messages import LEASE, SENDERS
from shared.postgres import Database
from tests.factories import START
from tests.infra import until
from tests.notifications.desk import ENDS_AT, STARTS_AT, WARD, Desk, a_desk, events_of, heard
from tests.notifications.doubles import (
    EMAIL,
    NAME,
    BookingDouble,
    MailServer,
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


@pytest.mark.parametrize("kind", ["missed", "rescheduled", "aborted"])
async def test_an_alert_whose_walk_has_been_accounted_for_is_cleared(desk: Desk, kind: str) -> None:
    walk_id = uuid4()
    await desk.hears(heard("overdue", walk_id))
    later = heard(kind, walk_id, sequence=2)
    await desk.hears(replace(later, time=ENDS_AT))
    [row] = await desk.rows("alert")
    assert row["cleared_at"] is not None


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


@pytest.mark.parametrize("status", [401, 403, 500, 503])
async def test_while_booking_cannot_say_the_message_waits(desk: Desk, status: int) -> None:
    await desk.confirms()
    desk.booking.status = status
    await desk.sends()
    assert await desk.states() == [("retrying", "booking-silent")]
    desk.booking.status = None
    await desk.sends()
    assert desk.mail.taken == []  # not before its time
    desk.passes(5)
    await desk.sends()
    assert await desk.states() == [("delivered", None)]


@pytest.mark.parametrize(
    "odd",
    [{"starts_at": "2027-01-12T18:30:00"}, {"email": None}, {"manage_url": "javascript:x"}],
)
async def test_an_answer_of_booking_that_cannot_be_used_is_asked_for_again(
    desk: Desk, odd: dict[str, Any]
) -> None:
    await desk.confirms(**odd)
    await desk.sends()
    assert await desk.states() == [("retrying", "booking-silent")]


async def test_while_booking_is_down_the_message_waits(
    notifications_database: Database, booking: BookingDouble, mail: MailServer
) -> None:
    away = {"booking_url": "http://127.0.0.1:1"}
    async with a_desk(notifications_database, booking, mail, **away) as desk:
        await desk.confirms()
        await desk.sends()
        assert await desk.states() == [("retrying", "booking-silent")]


async def test_while_the_mail_server_is_down_the_message_waits(
    notifications_database: Database, booking: BookingDouble, mail: MailServer
) -> None:
    async with a_desk(notifications_database, booking, mail, smtp_port=1) as desk:
        await desk.confirms()
        await desk.sends()
        assert await desk.states() == [("retrying", "smtp-away")]
    async with a_desk(notifications_database, booking, mail) as desk:
        desk.passes(5)
        await desk.sends()
        assert await desk.states() == [("delivered", None)]


async def test_a_server_that_cannot_encrypt_gets_no_mail_when_encryption_is_asked_for(
    notifications_database: Database, booking: BookingDouble, mail: MailServer
) -> None:
    async with a_desk(notifications_database, booking, mail, smtp_starttls=True) as desk:
        await desk.confirms()
        await desk.sends()
        assert mail.taken == []
        assert [state for state, _ in await desk.states()] == ["retrying"]


@pytest.mark.parametrize("command", ["RCPT", "DATA"])
async def test_a_refusal_for_good_fails_and_is_not_tried_again(desk: Desk, command: str) -> None:
    desk.mail.answers[command] = [f"550 no such person as {EMAIL}"]
    await desk.confirms()
    await desk.sends()
    assert await desk.states() == [("failed", "smtp-550")]
    desk.passes(24 * 3600)
    await desk.sends()
    assert desk.mail.taken == []


@pytest.mark.parametrize("command", ["RCPT", "DATA"])
async def test_a_refusal_for_now_is_tried_again_with_a_growing_wait(
    desk: Desk, command: str
) -> None:
    desk.mail.answers[command] = ["451 later", "452 later"]
    await desk.confirms()
    await desk.sends()
    first = (await desk.rows("message"))[0]["due_at"] - desk.clock()
    desk.passes(5)
    await desk.sends()
    second = (await desk.rows("message"))[0]["due_at"] - desk.clock()
    assert timedelta(seconds=2.5) <= first <= timedelta(seconds=5) <= second
    desk.passes(10)
    await desk.sends()
    assert await desk.states() == [("delivered", None)]
    assert len(desk.mail.taken) == 1


async def test_a_refusal_of_ourselves_loses_no_mail(desk: Desk) -> None:
    desk.mail.answers["MAIL"] = ["550 sender not allowed"]
    await desk.confirms()
    await desk.sends()
    assert await desk.states() == [("retrying", "smtp-550")]


async def test_the_intent_is_committed_before_the_mail_goes_out(desk: Desk) -> None:
    desk.mail.answering.clear()
    await desk.confirms()
    sending = asyncio.create_task(desk.sends())
    await asyncio.wait_for(desk.mail.silent.wait(), 5)
    assert await desk.states() == [("sending", None)]
    desk.mail.answering.set()
    await sending
    assert await desk.states() == [("delivered", None)]


async def dies(sending: asyncio.Task[None]) -> None:
    """Once is "stop", and waits for what is under way; twice is the end."""
    for _ in range(2):
        sending.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await sending


async def test_a_worker_told_to_stop_finishes_the_mail_it_is_at_and_begins_no_other(
    desk: Desk,
) -> None:
    desk.mail.answering.clear()
    for _ in range(SENDERS + 1):
        await desk.confirms()
    sending = asyncio.create_task(desk.sends())
    await until(lambda: len(desk.mail.taken) == SENDERS)
    sending.cancel()
    await asyncio.sleep(0)
    desk.mail.answering.set()
    with pytest.raises(asyncio.CancelledError):
        await sending
    states = [state for state, _ in await desk.states()]
    assert sorted(states) == ["delivered"] * SENDERS + ["intended"]


async def test_a_crash_between_intent_and_outcome_sends_again_with_the_same_message_id(
    desk: Desk,
) -> None:
    desk.mail.answering.clear()
    await desk.confirms()
    sending = asyncio.create_task(desk.sends())
    await asyncio.wait_for(desk.mail.silent.wait(), 5)
    await dies(sending)  # between DATA and its answer
    desk.mail.answering.set()
    await desk.sends()
    assert await desk.states() == [("sending", None)]  # somebody may still be at it
    desk.clock.advance(LEASE)
    await desk.sends()
    assert await desk.states() == [("delivered", None)]
    first, second = desk.mail.ids()
    assert first == second


async def test_a_mail_found_in_sending_is_withheld_when_its_walk_was_cancelled_since(
    desk: Desk,
) -> None:
    desk.mail.answering.clear()
    walk_id = await desk.confirms()
    sending = asyncio.create_task(desk.sends())
    await asyncio.wait_for(desk.mail.silent.wait(), 5)
    await dies(sending)
    desk.mail.answering.set()
    desk.booking.walks[walk_id]["state"] = "cancelled"
    desk.clock.advance(LEASE)
    await desk.sends()
    assert await desk.states() == [("withheld", "not-confirmed")]


async def test_two_workers_at_once_send_each_message_once(
    notifications_database: Database, booking: BookingDouble, mail: MailServer
) -> None:
    async with (
        a_desk(notifications_database, booking, mail) as one,
        a_desk(notifications_database, booking, mail) as two,
    ):
        for _ in range(12):
            await one.confirms()
        await asyncio.gather(one.sends(), two.sends())
        assert await one.states() == [("delivered", None)] * 12
    assert len(set(mail.ids())) == len(mail.ids()) == 12


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


async def test_an_overdue_walk_raises_one_alert_and_tells_the_supervisor(desk: Desk) -> None:
    await desk.hears(heard("overdue"))
    await desk.sends()
    [alert] = await desk.rows("alert")
    assert (alert["rung"], alert["missing"], alert["due_at"]) == ("supervisor", "end", ENDS_AT)
    assert desk.mail.recipients == ["supervisor@force.example"]
    [mail] = desk.mail.taken
    assert mail["Subject"] == "An alert is waiting"
    assert "not ended by Tuesday 12 January at 7pm" in text_of(mail)
    assert "/notifications/alerts" in text_of(mail)


async def test_an_alert_that_nobody_acknowledges_climbs_once_and_tells_the_control_room(
    desk: Desk,
) -> None:
    await desk.hears(heard("overdue"))
    desk.passes(299)
    await desk.climbs()
    assert await desk.said() == [("alert.raised.v1", 1)]
    desk.passes(1)
    await desk.climbs()
    await desk.climbs()
    await desk.sends()
    assert await desk.said() == [("alert.raised.v1", 1), ("alert.escalated.v1", 2)]
    assert sorted(desk.mail.recipients) == [
        "control-room@force.example",
        "supervisor@force.example",
    ]


async def test_two_climbers_at_once_climb_every_alert_once(
    notifications_database: Database, booking: BookingDouble, mail: MailServer
) -> None:
    async with (
        a_desk(notifications_database, booking, mail) as one,
        a_desk(notifications_database, booking, mail) as two,
    ):
        await one.hears(*(heard("overdue") for _ in range(20)))
        one.passes(300)
        two.passes(300)
        await asyncio.gather(*(desk.climbs() for desk in (one, two, one, two)))
        said = [kind for kind, _ in await one.said()]
        assert said.count("alert.escalated.v1") == 20
        assert [row["rung"] for row in await one.rows("alert")] == ["control_room"] * 20


async def test_a_worker_started_later_climbs_what_waited(
    notifications_database: Database, booking: BookingDouble, mail: MailServer
) -> None:
    async with a_desk(notifications_database, booking, mail) as desk:
        await desk.hears(heard("overdue"))
    async with a_desk(notifications_database, booking, mail) as desk:
        desk.passes(3600)
        await desk.climbs()
        assert [kind for kind, _ in await desk.said()] == ["alert.raised.v1", "alert.escalated.v1"]


@pytest.mark.parametrize("kind", ["cleared", "ended", "cancelled"])
async def test_an_alert_whose_walk_is_settled_after_all_climbs_no_more_and_is_kept(
    desk: Desk, kind: str
) -> None:
    walk_id = uuid4()
    await desk.hears(heard("overdue", walk_id, sequence=3), heard(kind, walk_id, sequence=4))
    desk.passes(3600)
    await desk.climbs()
    await desk.sends()
    [alert] = await desk.rows("alert")
    assert alert["cleared_at"] is not None
    assert alert["rung"] == "supervisor"
    assert "supervisor@force.example" not in desk.mail.recipients


async def test_a_start_clears_the_alert_that_it_was_missing_and_no_other(desk: Desk) -> None:
    walk_id = uuid4()
    await desk.hears(
        heard("overdue", walk_id, sequence=2, missing="start", due_at=STARTS_AT),
        heard("overdue", walk_id, sequence=3, missing="end", due_at=ENDS_AT),
        heard("started", walk_id, sequence=4),
    )
    cleared = {row["missing"]: row["cleared_at"] for row in await desk.rows("alert")}
    assert cleared == {"start": STARTS_AT, "end": None}


async def test_clearing_one_deadline_leaves_the_walks_other_alert_open(desk: Desk) -> None:
    walk_id = uuid4()
    await desk.hears(
        heard("overdue", walk_id, sequence=2, missing="start", due_at=STARTS_AT),
        heard("overdue", walk_id, sequence=3, missing="end", due_at=ENDS_AT),
        heard("cleared", walk_id, sequence=4, due_at=STARTS_AT, at=STARTS_AT),
    )
    cleared = {row["missing"]: row["cleared_at"] for row in await desk.rows("alert")}
    assert cleared == {"start": STARTS_AT, "end": None}


async def test_the_supervisor_can_be_given_time_before_being_told(
    notifications_database: Database, booking: BookingDouble, mail: MailServer
) -> None:
    async with a_desk(notifications_database, booking, mail, ladder_supervisor_seconds=60) as desk:
        await desk.hears(heard("overdue"))
        await desk.sends()
        assert mail.taken == []
        desk.passes(60)
        await desk.sends()
        assert mail.recipients == ["supervisor@force.example"]


async def test_one_message_that_cannot_be_written_does_not_hold_up_the_others(
    desk: Desk,
) -> None:
    odd = await desk.confirms()
    async with desk.database.transaction() as connection:
        await connection.execute(
            "update message set template = 'walk_confirmed.v0' where walk_id = $1", odd
        )
    await desk.confirms()
    with suppress(TemplateNotFound):
        await desk.sends()
    assert sorted(await desk.states(), key=str) == [("delivered", None), ("retrying", "unforeseen")]


async def test_the_events_of_an_alert_say_its_walk_and_ward_and_nothing_more(desk: Desk) -> None:
    event = heard("overdue")
    await desk.hears(event)
    [row] = await events_of(desk.database)
    [alert] = await desk.rows("alert")
    assert row["topic"] == "internal.notifications.alerts.v1"
    assert row["key"] == str(alert["id"])
    assert row["headers"]["causationid"] == str(event.id)
    assert json.loads(row["value"]) == {
        "code": "walk_overdue",
        "walk_id": str(event.subject),
        "ward": {"code": WARD.code, "set": WARD.set},
        "rung": "supervisor",
        "due_at": ENDS_AT.isoformat().replace("+00:00", "Z"),
    }
