"""When and how she may be reached: asked in both forms, sealed, told to those who reach her and to nobody else."""

from dataclasses import dataclass, replace
from datetime import time
from typing import Any, cast
from uuid import uuid4

import pytest

from booking import domain
from booking.store.sealing import Sealing
from tests.booking.desk import WARD, Booking, Json
from tests.booking.test_sealing import ADA, ONE
from tests.booking.test_wish_contact import told
from tests.booking.visiting import HER, form_for, page, sends, signed_in
from tests.booking.wishes import DAY, accepts, asks, works
from tests.factories import START

NIGHTS: Json = {"from": "21:30", "to": "24:00", "no_voicemail": False, "neutral": False}
AS_TOLD: Json = NIGHTS | {"to": "00:00"}
RULES = domain.SafeContact((time(21, 30), time()), no_voicemail=False, neutral=False)
WISHED = {"wards": WARD, "days": "tuesday", "from": "18:00", "to": "21:00", "light": "any"}
HOURS = {"safe_from": "9:30", "safe_to": "17:00"}
IN_WORDS = "only between 09:30 and 17:00; leave no voicemail; messages say nothing of it"


@dataclass(frozen=True, slots=True)
class Older:
    """A person as she was sealed before anybody asked how to reach her."""

    name: str = ADA.name
    email: str | None = ADA.email
    note: str | None = ADA.note


async def contact_of(booking: Booking, walk: Json) -> Json:
    """What notifications is told of a walk."""
    answer = await booking.http.get(
        f"/booking/v1/walks/{walk['id']}/contact",
        headers=booking.issuer.bearer_service("notifications", audience="booking"),
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_her_rules_are_sealed_with_her_and_an_older_seal_opens_without_any() -> None:
    sealing, ada = Sealing.from_setting(ONE), uuid4()
    for rules in (RULES, domain.SafeContact(), None):
        person = replace(ADA, safe_contact=rules)
        assert sealing.open(ada, sealing.close(ada, person)) == person
    older = cast("domain.Person", Older())
    assert sealing.open(ada, sealing.close(ada, older)) == ADA


async def test_notifications_is_told_her_rules_and_that_she_was_not_asked(booking: Booking) -> None:
    safe = (await booking.books(await booking.slot(), safe_contact=NIGHTS)).json()
    assert (await contact_of(booking, safe))["safe_contact"] == AS_TOLD
    not_asked = await booking.walk(officer=1)
    assert (await contact_of(booking, not_asked))["safe_contact"] is None


async def test_what_she_leaves_out_is_the_safe_side(booking: Booking) -> None:
    walk = (await booking.books(await booking.slot(), safe_contact={})).json()
    person = await booking.person(walk["id"])
    assert person.safe_contact == domain.SafeContact(None, no_voicemail=True, neutral=True)


async def test_a_wish_s_rules_are_told_and_come_along_to_the_walk(booking: Booking) -> None:
    await booking.slot(at=START + DAY)
    wish = await asks(booking, safe_contact=RULES)
    assert (await told(booking, wish, "contact"))["safe_contact"] == AS_TOLD
    await works(booking)
    walk = await accepts(booking, wish)
    assert (await contact_of(booking, walk))["safe_contact"] == AS_TOLD


async def test_her_rules_are_in_no_event_row_log_or_answer_to_staff(booking: Booking) -> None:
    walk = (await booking.books(await booking.slot(), safe_contact=NIGHTS)).json()
    plain = await booking.walk(officer=1)
    assert walk.keys() == plain.keys()
    await contact_of(booking, walk)
    read = await booking.http.get(f"/booking/v1/walks/{walk['id']}", headers=booking.officer)
    kept: list[Any] = [
        await booking.rows(f"select * from {table}")
        for table in ("walk", "participant", "event_log", "outbox", "audit", "idempotency")
    ]
    everything = f"{kept} {read.text} {booking.parts.lines.getvalue()}"
    for said in ("21:30", "voicemail", "safe_contact", "neutral"):
        assert said not in everything


@pytest.mark.parametrize(
    "odd",
    [
        {"from": "09:00"},
        {"to": "17:00"},
        {"from": "09:00", "to": "09:00"},
        {"from": "23:30", "to": "00:29"},
        {"from": "24:00", "to": "06:00"},
        {"neutral": "yes"},
        {"no_voicemail": None},
        {"channel": "pigeon"},
    ],
)
async def test_rules_that_say_nothing_clear_are_refused(booking: Booking, odd: Json) -> None:
    refused = await booking.books(await booking.slot(), safe_contact=odd)
    assert refused.status_code == 422, refused.text
    assert "safe_contact" in refused.text


async def test_hours_of_an_hour_over_midnight_are_taken(booking: Booking) -> None:
    hours = {"from": "23:30", "to": "00:30"}
    walk = await booking.books(await booking.slot(), safe_contact=hours)
    assert walk.status_code == 201, walk.text


async def test_the_form_asks_and_staff_who_see_her_note_see_it(booking: Booking) -> None:
    slot_id = await booking.slot()
    shown = await form_for(booking, slot_id)
    wrong = await sends(booking, "/booking/book", shown, **HER, safe_from="9:30")
    assert wrong.status_code == 422
    assert 'href="#safe_contact"' in wrong.text
    assert 'value="9:30"' in wrong.text
    booked = await sends(booking, "/booking/book", wrong.text, **HER, **HOURS)
    assert booked.status_code == 303, booked.text
    assert IN_WORDS not in await page(booking, booked.headers["location"])
    signed_in(booking, "officer")
    [row] = await booking.rows("select id from walk")
    for path in ("/booking/today", f"/booking/walks/{row['id']}"):
        assert IN_WORDS in await page(booking, path)


async def test_what_she_allows_in_the_form_is_allowed(booking: Booking) -> None:
    shown = await form_for(booking, await booking.slot())
    allowed = {**HER, "voicemail": "yes", "telling": "yes"}
    booked = await sends(booking, "/booking/book", shown, **allowed)
    assert booked.status_code == 303, booked.text
    [row] = await booking.rows("select id from walk")
    person = await booking.person(str(row["id"]))
    assert person.safe_contact == domain.SafeContact(None, no_voicemail=False, neutral=False)
    signed_in(booking, "officer")
    shown = await page(booking, "/booking/today")
    assert "at any time; voicemail may be left; messages may say what it is about" in shown


async def test_of_somebody_who_was_not_asked_staff_are_told_so(booking: Booking) -> None:
    await booking.walk()
    signed_in(booking, "officer")
    assert "Not asked: leave no voicemail" in await page(booking, "/booking/today")


async def test_a_wish_s_form_asks_and_blames_its_own_field(booking: Booking) -> None:
    shown = await page(booking, "/booking/wish")
    wrong = await sends(booking, "/booking/wish", shown, **HER, **WISHED, safe_from="25:00")
    assert wrong.status_code == 422
    assert 'href="#safe_contact"' in wrong.text
    assert 'href="#from"' not in wrong.text
    made = await sends(booking, "/booking/wish", wrong.text, **HER, **WISHED, **HOURS)
    assert made.status_code == 303, made.text
    [row] = await booking.rows("select id from request")
    contact = await told(booking, {"id": str(row["id"])}, "contact")
    assert contact["safe_contact"] == {
        "from": "09:30",
        "to": "17:00",
        "no_voicemail": True,
        "neutral": True,
    }
