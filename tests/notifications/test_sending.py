"""A mail goes out once: while others are away it waits, and no crash loses or doubles it unseen."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from jinja2 import TemplateNotFound

from notifications.service.messages import LEASE, SENDERS
from shared.postgres import Database
from tests.infra import until
from tests.notifications.desk import Desk, a_desk
from tests.notifications.doubles import (
    EMAIL,
    BookingDouble,
    MailServer,
)

END_WHO_WAITS = """
select count(pg_terminate_backend(pid)) from pg_stat_activity
 where datname = current_database() and wait_event_type = 'Lock'
"""


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
    """Told to stop it would finish what is under way: so whatever sends ends as well, as its process does."""
    sending.cancel()
    for task in asyncio.all_tasks():
        if "sender" in str(task.get_coro()):
            task.cancel()
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
    for _ in range(3):  # a process that stops says so again and again, until its deadline
        sending.cancel()
        await asyncio.wait([sending], timeout=0.01)
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


async def test_a_session_that_ends_while_the_outcome_is_written_sends_nothing_twice(
    desk: Desk,
) -> None:
    desk.mail.answering.clear()
    await desk.confirms()
    sending = asyncio.create_task(desk.sends())
    await asyncio.wait_for(desk.mail.silent.wait(), 5)
    async with desk.database.transaction() as beside:
        await beside.execute("select from message for update")
        desk.mail.answering.set()
        await until(lambda: beside.fetchval(END_WHO_WAITS))
    assert await asyncio.gather(sending, return_exceptions=True) == [None]
    assert await desk.states() == [("delivered", None)]
    assert len(desk.mail.taken) == 1


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
