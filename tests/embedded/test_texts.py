"""The try-out's gateway for texts: each lies among the mails, once, and nobody else can put one there."""

from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from starlette.applications import Starlette

from booking.settings import Settings
from embedded.mail import Gateway, create_app
from embedded.mailbox import open_mailbox
from notifications.gateway.texts import TextMessage, Texts
from tests.factories import PLACES

TOKEN = "token-of-the-tests"
NUMBER = "+447700900123"


async def hands_in(
    app: Starlette, message: TextMessage, token: str = TOKEN
) -> tuple[str, str | None]:
    """What notifications makes of the answer."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport) as http:
        texts = Texts(http, "http://127.0.0.1/mail/texts", token)
        outcome = await texts.send(message)
    return outcome.kind, outcome.reason


async def test_a_text_lies_among_the_mails_once(tmp_path: Path) -> None:
    message = TextMessage(
        uuid4(), NUMBER, "Something to see: http://127.0.0.1:8080/booking/manage/x"
    )
    async with open_mailbox(tmp_path) as port:
        app = create_app(tmp_path, Settings(**PLACES), Gateway(port, TOKEN))
        for _ in range(2):
            assert await hands_in(app, message) == ("delivered", None)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://127.0.0.1"
        ) as http:
            listed, shown = (await http.get("/mail")).text, (await http.get("/mail/1")).text
    assert listed.count(f"Text to {NUMBER}") == 1
    assert 'href="http://127.0.0.1:8080/booking/manage/x"' in shown


@pytest.mark.parametrize(
    ("number", "token", "outcome"),
    [
        (NUMBER, "another", ("put-off", "texts-401")),
        ("07700900123", TOKEN, ("refused", "texts-422")),
    ],
)
async def test_what_is_no_text_of_ours_is_refused(
    tmp_path: Path, number: str, token: str, outcome: tuple[str, str]
) -> None:
    async with open_mailbox(tmp_path) as port:
        app = create_app(tmp_path, Settings(**PLACES), Gateway(port, TOKEN))
        assert await hands_in(app, TextMessage(uuid4(), number, "x"), token) == outcome
    assert list(tmp_path.iterdir()) == []
