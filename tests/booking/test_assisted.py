"""Who rings or asks an officer gets her walk by the same forms as online, filled in by staff and marked as such."""

import json
from typing import Any
from uuid import uuid4

import pytest

from shared.events.requests import INTERNAL as REQUESTS
from shared.events.walks import INTERNAL as WALKS
from tests.booking.desk import Booking
from tests.booking.test_wish_pages import asks
from tests.booking.visiting import HER, form_for, page, sends, signed_in


async def marked(booking: Booking, topic: str) -> tuple[Any, list[Any]]:
    """The source that a topic's last event names, and who did what for somebody by the audit."""
    source = json.loads((await booking.events(topic))[-1]["value"])["source"]
    audited = await booking.rows("select actor, action from audit where action like '%for_her'")
    return source, [tuple(row.values()) for row in audited]


@pytest.mark.parametrize("role", ["officer", "coordinator"])
async def test_staff_book_by_the_same_form_and_the_walk_says_so(
    booking: Booking, role: str
) -> None:
    signed_in(booking, role, subject="officer-2")
    slot_id = await booking.slot()
    listed = await page(booking, "/booking/")
    await sends(booking, "/booking/hold", listed, slot_id=slot_id)
    shown = await form_for(booking, slot_id)
    assert "We are keeping this time for you" in shown
    assert "Enter her details, not yours" in shown
    answer = await sends(booking, "/booking/book", shown, slot_id=slot_id, **HER)
    assert answer.status_code == 303, answer.text
    assert "Your walk is confirmed" in await page(booking, answer.headers["location"])
    assert await marked(booking, WALKS) == ("assisted", [("officer-2", "walk.booked_for_her")])
    [walk] = await booking.rows("select id from walk")
    text = await page(booking, f"/booking/walks/{walk['id']}")
    assert "Booked by staff, for somebody who asked them" in text


async def test_staff_ask_by_the_same_form_and_the_wish_says_so(booking: Booking) -> None:
    signed_in(booking, "coordinator", subject="c-1")
    assert "Enter her details, not yours" in await page(booking, "/booking/wish")
    assert (await asks(booking)).status_code == 303
    assert await marked(booking, REQUESTS) == ("assisted", [("c-1", "request.asked_for_her")])


@pytest.mark.parametrize("role", [None, "analyst"])
async def test_who_does_it_herself_is_not_marked(booking: Booking, role: str | None) -> None:
    headers = booking.issuer.bearer(role) if role else {}
    body, key = booking.wish(await booking.slot()), {"Idempotency-Key": str(uuid4())}
    answer = await booking.http.post("/booking/v1/walks", json=body, headers=headers | key)
    assert answer.status_code == 201, answer.text
    assert await marked(booking, WALKS) == ("online", [])


async def test_a_token_of_staff_marks_what_the_api_books(booking: Booking) -> None:
    body, key = booking.wish(await booking.slot()), {"Idempotency-Key": str(uuid4())}
    answer = await booking.http.post("/booking/v1/walks", json=body, headers=booking.officer | key)
    assert answer.status_code == 201, answer.text
    assert await marked(booking, WALKS) == ("assisted", [("officer-1", "walk.booked_for_her")])
