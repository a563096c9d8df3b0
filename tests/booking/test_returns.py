"""Coming back with a reference and a code: to her own page, and nobody can guess the way."""

import asyncio
import re
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from booking import domain, service
from booking.domain import returns
from tests.booking.desk import Booking, Json
from tests.booking.test_safe_word import ONE, TWO
from tests.booking.visiting import page, rows, sends
from tests.booking.wishes import DAY, asks, offer_of, works
from tests.factories import START

HOUR = timedelta(hours=1)


async def comes_back(booking: Booking, reference: str, code: str) -> httpx.Response:
    """Somebody fills in the form."""
    shown = await page(booking, "/booking/return")
    return await sends(booking, "/booking/return", shown, reference=reference, code=code)


def wrong_code(answer: Json) -> str:
    """Six digits that are not a walk's or a wish's."""
    return f"{(int(answer['return_code']) + 1) % 10**6:06}"


def says(text: str, code: str) -> bool:
    """Whether a code stands in a text, and not as a part of some id."""
    return bool(re.search(rf"(?<![\da-f]){code}(?![\da-f])", text))


def said(answer: httpx.Response) -> str:
    """A page's text without what is new in every form, and without the reference that was typed."""
    text = re.sub(r'(name="(csrf_token|idempotency_key)" value=)"[^"]*"', r"\1", answer.text)
    return re.sub(r'value="[0-9A-Z-]{9}"', "", text)


def test_a_code_is_six_digits_of_its_own_and_any_key_s_is_good() -> None:
    links = domain.Links.from_setting(ONE)
    both = domain.Links.from_setting(f"{TWO},{ONE}")
    walks = [uuid4() for _ in range(200)]
    codes = [links.return_code(each, 1) for each in walks]
    assert all(re.fullmatch(r"\d{6}", code) for code in codes)
    assert len(set(codes)) > 190
    for walk, code in zip(walks, codes, strict=True):
        assert links.holds_code(walk, 1, code)
        assert both.holds_code(walk, 1, code)
        assert not links.holds_code(walk, 2, code)
        assert not links.holds_code(walk, 1, "")
        assert both.return_code(walk, 1) != code or both.return_code(walk, 2) != code


@pytest.mark.parametrize("typed", ["7K2M-9QXD", "7k2m9qxd", " 7K2M 9QXD", "7K2M–9QXD"])
def test_a_reference_is_read_however_it_is_typed(typed: str) -> None:
    assert returns.as_said(typed) == "7K2M-9QXD"


async def test_the_code_is_told_with_the_booking_and_to_who_writes_to_her(
    booking: Booking,
) -> None:
    walk = await booking.walk()
    contact = await booking.http.get(
        f"/booking/v1/walks/{walk['id']}/contact",
        headers=booking.issuer.bearer_service("notifications", audience="booking"),
    )
    assert contact.json()["return_code"] == walk["return_code"]
    assert walk["return_code"] in await page(booking, f"{walk['manage_url']}?booked=1")
    staff = await booking.http.get(f"/booking/v1/walks/{walk['id']}", headers=booking.coordinator)
    told = b" ".join(bytes(row["value"]) for row in await booking.rows("select * from event_log"))
    for text in (staff.text, booking.parts.lines.getvalue(), told.decode()):
        assert not says(text, walk["return_code"])


async def test_reference_and_code_lead_to_her_walk(booking: Booking) -> None:
    walk = await booking.walk()
    code = walk["return_code"]
    for reference, typed in (
        (walk["reference"], code),
        (walk["reference"].lower().replace("-", " "), f" {code[:3]} {code[3:]} "),
    ):
        answer = await comes_back(booking, reference, typed)
        assert answer.status_code == 303, answer.text
        assert answer.headers["location"] == walk["manage_url"].removeprefix(
            "http://127.0.0.1:8080"
        )
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
    assert walk["reference"] in await page(booking, answer.headers["location"])


async def test_reference_and_code_lead_to_her_wish(booking: Booking) -> None:
    wish = await asks(booking)
    answer = await comes_back(booking, wish["reference"], wish["return_code"])
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == wish["manage_url"].removeprefix("http://127.0.0.1:8080")
    assert wish["return_code"] in await page(booking, answer.headers["location"])


async def test_the_answer_does_not_tell_whether_there_is_such_a_reference(
    booking: Booking,
) -> None:
    walk = await booking.walk()
    known = await comes_back(booking, walk["reference"], wrong_code(walk))
    unknown = await comes_back(booking, "ZZZZ-ZZZZ", wrong_code(walk))
    assert (known.status_code, unknown.status_code) == (422, 422)
    assert "do not belong together" in known.text
    assert said(known) == said(unknown)
    assert not says(known.text, wrong_code(walk))
    assert len(await booking.rows("select distinct contact_hmac from refused_try")) == 2


async def test_after_five_wrong_codes_not_even_the_right_one_is_heard_for_an_hour(
    booking: Booking,
) -> None:
    walk, other = await booking.walk(), await booking.walk(officer=1)
    for reference in (walk["reference"], "ZZZZ-ZZZZ"):
        for _ in range(5):
            assert (await comes_back(booking, reference, wrong_code(walk))).status_code == 422
    right = await comes_back(booking, walk["reference"], walk["return_code"])
    unknown = await comes_back(booking, "ZZZZ-ZZZZ", walk["return_code"])
    assert (right.status_code, unknown.status_code) == (429, 429)
    assert "call us on 101" in right.text
    assert said(right) == said(unknown)
    elsewhere = await comes_back(booking, other["reference"], other["return_code"])
    assert elsewhere.status_code == 303
    booking.clock.advance(HOUR)
    again = await comes_back(booking, walk["reference"], walk["return_code"])
    assert again.status_code == 303


async def test_wrong_codes_that_come_at_once_are_counted_one_by_one(booking: Booking) -> None:
    walk = await booking.walk()
    found = await asyncio.gather(
        *(service.way_back(booking.desk, walk["reference"], wrong_code(walk)) for _ in range(12)),
        return_exceptions=True,
    )
    assert sum(isinstance(each, domain.WrongCode) for each in found) == 5
    assert sum(isinstance(each, domain.TooManyWalks) for each in found) == 7


async def test_a_process_hears_so_many_codes_a_minute(booking: Booking) -> None:
    walk = await booking.walk()
    for _ in range(60):
        booking.desk.returns.take(booking.clock.at)
    refused = await comes_back(booking, walk["reference"], walk["return_code"])
    assert refused.status_code == 429
    booking.clock.advance(timedelta(minutes=1))
    again = await comes_back(booking, walk["reference"], walk["return_code"])
    assert again.status_code == 303


async def test_revoking_the_link_makes_another_code(booking: Booking) -> None:
    walk = await booking.walk()
    await service.revoke_link(booking.desk, walk["reference"])
    old = await comes_back(booking, walk["reference"], walk["return_code"])
    assert old.status_code == 422
    new = booking.desk.links.return_code(UUID(walk["id"]), 2)
    assert (await comes_back(booking, walk["reference"], new)).status_code == 303


async def test_a_code_is_good_for_as_long_as_the_link(booking: Booking) -> None:
    walk = await booking.walk(at=START + HOUR)
    booking.clock.at = START + HOUR + timedelta(minutes=30) + domain.KEPT_AFTER_END
    last = await comes_back(booking, walk["reference"], walk["return_code"])
    assert last.status_code == 303
    booking.clock.advance(timedelta(seconds=1))
    late = await comes_back(booking, walk["reference"], walk["return_code"])
    assert late.status_code == 422


async def test_a_place_that_is_only_held_is_no_way_in(booking: Booking) -> None:
    await booking.slot(at=START + DAY)
    wish = await asks(booking)
    await works(booking)
    walk_id = (await offer_of(booking, wish)).walk_id
    [row] = await booking.rows("select reference from walk where id = $1", walk_id)
    code = booking.desk.links.return_code(walk_id, 1)
    assert (await comes_back(booking, row["reference"], code)).status_code == 422


async def test_a_form_that_is_not_filled_in_says_so_and_is_no_try(booking: Booking) -> None:
    for reference, code, words in (
        ("", "123456", "Enter your reference"),
        ("7K2M-9QXD", " ", "Enter the six digits"),
        ("7K2M-9QXD", "1" * 31, "Enter the six digits"),
    ):
        answer = await comes_back(booking, reference, code)
        assert answer.status_code == 422
        assert words in answer.text
    assert await booking.rows("select from refused_try") == []


async def test_looking_at_the_form_changes_nothing(booking: Booking) -> None:
    await booking.walk()
    before = await rows(booking)
    for method in ("GET", "HEAD", "GET"):
        assert (await booking.http.request(method, "/booking/return")).status_code == 200
    assert 'href="/booking/return"' in await page(booking, "/booking/")
    assert await rows(booking) == before
