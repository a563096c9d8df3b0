"""Who has given a mobile number is sent texts: by one gateway over HTTP, under the rules that mails have."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from notifications.gateway.texts import TextMessage, Texts
from shared.postgres import Database
from tests.infra import until
from tests.notifications.desk import Desk, a_desk
from tests.notifications.doubles import (
    BookingDouble,
    MailServer,
    TextGateway,
    running_text_gateway,
)
from tests.notifications.test_safe_contact import MORNINGS, NINE, tomorrow
from tests.notifications.wishes import a_wish, heard_of

NUMBER = "+447700900123"
BY_TEXT: dict[str, Any] = {"email": None, "mobile": NUMBER}
LINK = "http://127.0.0.1:8080/booking/manage/planted-capability?a=1&b=2"


@pytest.fixture
def gateway() -> Generator[TextGateway]:
    """A gateway for texts."""
    with running_text_gateway() as found:
        yield found


@pytest.fixture
async def texting(
    notifications_database: Database, booking: BookingDouble, mail: MailServer, gateway: TextGateway
) -> AsyncGenerator[Desk]:
    """A worker that has a gateway for texts."""
    settings = {"texts_url": f"{gateway.url}/texts", "texts_token": "token-for-texts"}
    async with a_desk(notifications_database, booking, mail, **settings) as desk:
        yield desk


async def test_she_is_sent_a_text_that_says_nothing_but_where_to_look(
    texting: Desk, gateway: TextGateway
) -> None:
    await texting.confirms(**BY_TEXT)
    await texting.sends()
    assert await texting.states() == [("delivered", None)]
    [row] = await texting.rows("message")
    said = f"Something to see about your appointment: {LINK} Nobody reads replies."
    assert gateway.taken == [{"id": str(row["id"]), "to": NUMBER, "text": said}]
    assert gateway.keys == [str(row["id"])]
    assert gateway.bearers == ["Bearer token-for-texts"]
    assert texting.mail.taken == []


async def test_of_a_wish_as_well(texting: Desk, gateway: TextGateway) -> None:
    request_id = uuid4()
    texting.booking.wishes[request_id] = a_wish(**BY_TEXT)
    await texting.hears(heard_of("waitlisted", request_id))
    await texting.sends()
    assert [each["to"] for each in gateway.taken] == [NUMBER]


async def test_a_text_waits_for_her_hours_as_a_mail_does(
    texting: Desk, gateway: TextGateway
) -> None:
    await tomorrow(texting, "confirmed", safe_contact=MORNINGS, **BY_TEXT)
    await texting.sends()
    assert await texting.states() == [("intended", "her-hours")]
    texting.clock.at = NINE
    await texting.sends()
    assert len(gateway.taken) == 1


@pytest.mark.parametrize("status", [400, 410, 422])
async def test_a_refusal_for_good_fails_and_is_not_tried_again(
    texting: Desk, gateway: TextGateway, status: int
) -> None:
    gateway.answers = [status]
    await texting.confirms(**BY_TEXT)
    await texting.sends()
    assert await texting.states() == [("failed", f"texts-{status}")]
    texting.passes(24 * 3600)
    await texting.sends()
    assert gateway.taken == []


@pytest.mark.parametrize("status", [302, 401, 402, 403, 404, 408, 409, 429, 500, 503])
async def test_a_fault_of_ours_or_of_the_hour_is_tried_again_under_the_same_key(
    texting: Desk, gateway: TextGateway, status: int
) -> None:
    gateway.answers = [status]
    await texting.confirms(**BY_TEXT)
    await texting.sends()
    assert await texting.states() == [("retrying", f"texts-{status}")]
    texting.passes(5)
    await texting.sends()
    assert await texting.states() == [("delivered", None)]
    assert len(set(gateway.keys)) == 1


@pytest.mark.parametrize(
    ("url", "reason"), [(None, "texts-unset"), ("http://127.0.0.1:1", "texts-away")]
)
async def test_without_a_gateway_the_text_waits(
    notifications_database: Database,
    booking: BookingDouble,
    mail: MailServer,
    url: str | None,
    reason: str,
) -> None:
    async with a_desk(notifications_database, booking, mail, texts_url=url) as desk:
        await desk.confirms(**BY_TEXT)
        await desk.sends()
        assert await desk.states() == [("retrying", reason)]


async def test_the_intent_is_committed_before_the_text_goes_out(
    texting: Desk, gateway: TextGateway
) -> None:
    gateway.answering.clear()
    await texting.confirms(**BY_TEXT)
    sending = asyncio.create_task(texting.sends())
    await until(lambda: gateway.taken or None)
    assert await texting.states() == [("sending", None)]
    gateway.answering.set()
    await sending
    assert await texting.states() == [("delivered", None)]


@pytest.mark.parametrize(
    "odd", [{"mobile": "07700900123"}, {"email": "a@example.org"}, {"mobile": None}]
)
async def test_an_answer_without_exactly_one_way_to_her_is_asked_for_again(
    texting: Desk, gateway: TextGateway, odd: dict[str, Any]
) -> None:
    await texting.confirms(**(BY_TEXT | odd))
    await texting.sends()
    assert await texting.states() == [("retrying", "booking-silent")]
    assert gateway.taken == []


async def test_her_number_is_in_no_row_log_or_repr(texting: Desk, gateway: TextGateway) -> None:
    gateway.answers = [422, 500]
    for _ in range(3):
        await texting.confirms(**BY_TEXT)
    await texting.sends()
    kept = repr(await texting.rows("message")) + texting.parts.lines.getvalue()
    assert "message.tried" in kept
    async with httpx.AsyncClient() as http:
        seen = repr((TextMessage(UUID(int=1), NUMBER, LINK), Texts(http, gateway.url, "token-x")))
    for planted in ("7700900123", "planted", "token-for-texts", "token-x"):
        assert planted not in kept + seen
