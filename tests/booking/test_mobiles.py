"""A mobile number in place of a mail address: one number however it is typed, where texts can be sent at all."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from shared.postgres import Database
from tests.booking.desk import WARD, Booking, Json, a_booking, pointers, problem
from tests.booking.test_safe_contact import WISHED, contact_of
from tests.booking.test_wish_contact import told
from tests.booking.visiting import HER, form_for, page, sends
from tests.tokens import TestIssuer

NUMBER = "+447700900123"
HERS = {**HER, "email": "", "mobile": "07700 900123"}


@pytest.fixture
async def texted(booking_database: Database, issuer: TestIssuer) -> AsyncGenerator[Booking]:
    """Booking where texts can be sent; one contact may have a single open walk."""
    settings: Json = {"mobiles": True, "open_walks_per_contact": 1}
    async with a_booking(booking_database, issuer, **settings) as found:
        yield found


async def books(
    booking: Booking, number: Any, /, *, officer: int = 0, slot_id: str = "", **changes: Any
) -> Any:
    """Book a slot, of an officer's unless it is said, by number."""
    slot_id = slot_id or await booking.slot(officer=officer)
    return await booking.books(slot_id, **({"email": None, "mobile": number} | changes))


@pytest.mark.parametrize(
    ("typed", "reached"),
    [
        ("07700 900123", NUMBER),
        ("+44 (0)7700 900-123", NUMBER),
        ("0044 7700 900123", NUMBER),
        ("+353 85 123 4567", "+353851234567"),
    ],
)
async def test_a_number_is_taken_as_it_is_dialled_and_told_in_e_164(
    texted: Booking, typed: str, reached: str
) -> None:
    walk = (await books(texted, typed)).json()
    contact = await contact_of(texted, walk)
    assert (contact["email"], contact["mobile"]) == (None, reached)
    person = await texted.person(walk["id"])
    assert (person.email, person.mobile) == (None, reached)


async def test_however_it_is_typed_it_is_one_contact(texted: Booking) -> None:
    assert (await books(texted, "07700 900123")).status_code == 201
    slot_id = await texted.slot(officer=1)
    again = await books(texted, "+44 7700 900123", slot_id=slot_id)
    assert (again.status_code, problem(again)) == (429, "too-many")
    assert (await books(texted, "07700 900124", slot_id=slot_id)).status_code == 201


async def test_a_bar_holds_for_a_number(texted: Booking) -> None:
    walk = (await books(texted, "07700 900123")).json()
    cancelled = await texted.acts(walk, "cancel", headers=texted.coordinator)
    assert cancelled.status_code == 200, cancelled.text
    body = {"reference": walk["reference"], "reason": "abusive"}
    barred = await texted.http.post("/booking/v1/bars", json=body, headers=texted.coordinator)
    assert barred.status_code == 201, barred.text
    refused = await books(texted, "00447700900123", officer=1)
    assert (refused.status_code, problem(refused)) == (429, "too-many")


@pytest.mark.parametrize(
    "odd",
    [
        *("020 7946 0000", "0770 090 0123 4", "07700 90012", "07700 90012a", "07700 900123 ext 5"),
        *("0900 123 4567", "call me", "999", "+", "", 7700900123),
    ],
)
async def test_what_takes_no_texts_is_refused(texted: Booking, odd: Any) -> None:
    refused = await books(texted, odd)
    assert (refused.status_code, pointers(refused)) == (422, ["#/mobile"])


@pytest.mark.parametrize(
    "changes",
    [{"mobile": None}, {"email": "ada@example.org"}],
)
async def test_there_is_one_way_to_her_and_not_two(texted: Booking, changes: Json) -> None:
    refused = await books(texted, NUMBER, **changes)
    assert (refused.status_code, pointers(refused)) == (422, ["#/email"])


async def test_where_no_texts_can_be_sent_a_number_is_refused_and_not_asked_for(
    booking: Booking,
) -> None:
    refused = await books(booking, NUMBER)
    assert (refused.status_code, pointers(refused)) == (422, ["#/mobile"])
    wish: Json = {"wards": [WARD], "name": "Ada", "adult": True, "mobile": NUMBER}
    hours = [{"days": ["tuesday"], "from": "18:00", "to": "21:00"}]
    asked = await booking.http.post(
        "/booking/v1/requests", json=wish | {"hours": hours}, headers={"Idempotency-Key": "one"}
    )
    assert (asked.status_code, pointers(asked)) == (422, ["#/mobile"])
    assert "mobile number" not in await form_for(booking, await booking.slot(officer=1))


async def test_her_number_is_in_no_row_event_or_log(texted: Booking) -> None:
    walk = (await books(texted, "07700 900123")).json()
    await contact_of(texted, walk)
    kept: list[Any] = [
        await texted.rows(f"select * from {table}")
        for table in ("walk", "participant", "event_log", "outbox", "audit", "idempotency")
    ]
    said = f"{kept} {texted.parts.lines.getvalue()}"
    assert not any(number in said for number in ("7700900123", "7700 900123"))


async def test_the_form_asks_for_the_one_or_the_other(texted: Booking) -> None:
    shown = await form_for(texted, await texted.slot())
    assert "Or a mobile number" in shown
    wrong = await sends(texted, "/booking/book", shown, **{**HERS, "mobile": "020 7946 0000"})
    assert wrong.status_code == 422
    for said in ("Enter a mobile number, like 07700 900123", 'value="020 7946 0000"'):
        assert said in wrong.text
    both = await sends(texted, "/booking/book", shown, **{**HERS, "email": "ada@example.org"})
    assert "Enter an email address or a mobile number, not both" in both.text
    neither = await sends(texted, "/booking/book", shown, **{**HERS, "mobile": ""})
    assert "Enter an email address, like name@example.com" in neither.text
    booked = await sends(texted, "/booking/book", both.text, **HERS)
    assert booked.status_code == 303, booked.text
    [row] = await texted.rows("select id from walk")
    assert (await texted.person(str(row["id"]))).mobile == NUMBER


async def test_a_wish_is_asked_for_by_number_too(texted: Booking) -> None:
    shown = await page(texted, "/booking/wish")
    both = {**HERS, **WISHED, "email": "ada@example.org"}
    wrong = await sends(texted, "/booking/wish", shown, **both)
    assert "Enter an email address or a mobile number, not both" in wrong.text
    made = await sends(texted, "/booking/wish", wrong.text, **HERS, **WISHED)
    assert made.status_code == 303, made.text
    [row] = await texted.rows("select id from request")
    contact = await told(texted, {"id": str(row["id"])}, "contact")
    assert (contact["email"], contact["mobile"]) == (None, NUMBER)
