"""The outside world of notifications: booking (with an issuer beside it) and a mail server, both real
servers on ports of their own, that can be told to fail.
"""

import asyncio
import json
import threading
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from uuid import UUID

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.factories import START

EMAIL = "amina.planted@example.org"
NAME = "Amina Planted"
TOKEN = "token-for-booking"


def a_contact(**changes: Any) -> dict[str, Any]:
    """What booking says of a confirmed walk on the evening of START, changed."""
    starts_at = START + timedelta(minutes=30)
    return {
        "state": "confirmed",
        "sequence": 1,
        "email": EMAIL,
        "name": NAME,
        "starts_at": starts_at.isoformat(),
        "ends_at": (starts_at + timedelta(minutes=30)).isoformat(),
        "local": {"date": "2027-01-12", "from": "18:30", "to": "19:00"},
        "meeting_point": {"name": "The green gate, Mill Lane", "coordinates": [-0.02, 51.44]},
        "officer": {"display_name": "PC Jo Hart", "force_phone": "101"},
        "next_steps": ["PC Jo Hart meets you at the gate.", "Bring nothing <but yourself>."],
        "manage_url": "http://127.0.0.1:8080/booking/manage/planted-capability?a=1&b=2",
        "calendar_url": "http://127.0.0.1:8080/booking/manage/planted-capability/walk.ics",
        "safe_word": "planted walnut",
    } | changes


class BookingDouble:
    """Booking and the issuer; what is known of walks and wishes, ``status`` is answered instead."""

    def __init__(self) -> None:
        self.url = ""
        self.walks: dict[UUID, Any] = {}
        self.wishes: dict[UUID, Any] = {}
        self.standings: dict[UUID, Any] = {}
        self.status: int | None = None
        self.asked: list[str] = []

    def answer(self, path: str, bearer: str | None) -> tuple[int, Any]:
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            return 200, {"token_endpoint": f"{self.url}/token"}
        if path == "/token":
            return 200, {"access_token": TOKEN, "expires_in": 300}
        if self.status:
            return self.status, {"detail": f"planted words about {EMAIL}"}
        if bearer != f"Bearer {TOKEN}":
            return 401, {}
        _, _, _, noun, key, asked = path.split("/")
        known = {
            ("walks", "contact"): self.walks,
            ("requests", "contact"): self.wishes,
            ("requests", "standing"): self.standings,
        }
        found = known[noun, asked].get(UUID(key))
        return (200, found) if found else (404, {})


@dataclass
class TextGateway:
    """A gateway for texts; ``answers`` are given to the next of them instead of 202."""

    url: str = ""
    taken: list[dict[str, str]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    bearers: list[str] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    answering: threading.Event = field(default_factory=threading.Event)


@contextmanager
def running_text_gateway() -> Generator[TextGateway]:
    """A gateway on a port of its own."""
    gateway = TextGateway()
    gateway.answering.set()

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            gateway.keys.append(self.headers["Idempotency-Key"])
            gateway.bearers.append(self.headers["Authorization"])
            status = gateway.answers.pop(0) if gateway.answers else 202
            if status == 202:
                gateway.taken.append(body)
            gateway.answering.wait(5)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *_: Any) -> None:  # noqa: A002 - the base's name
            pass

    with _serving(Taking) as gateway.url:
        yield gateway
        gateway.answering.set()


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler]) -> Generator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@contextmanager
def running_booking() -> Generator[BookingDouble]:
    """A double on a port of its own."""
    booking = BookingDouble()

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = booking.answer(self.path, self.headers.get("Authorization"))
            said = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, format: str, *_: Any) -> None:  # noqa: A002 - the base's name
            pass

    with _serving(Answering) as booking.url:
        yield booking


@dataclass
class MailServer:
    """A mail server; ``answers`` are given to the next RCPT or DATA commands instead of 250."""

    port: int = 0
    taken: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    answers: dict[str, list[str]] = field(
        default_factory=lambda: {"MAIL": [], "RCPT": [], "DATA": []}
    )
    # While clear, DATA is taken and not answered.
    answering: asyncio.Event = field(default_factory=asyncio.Event)
    silent: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, _: SMTP, __: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self._next("MAIL")

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        answer = self._next("RCPT")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        answer = self._next("DATA")
        if answer.startswith("250"):
            content = cast("bytes", envelope.content)
            self.taken.append(message_from_bytes(content, policy=default))
            self.recipients += envelope.rcpt_tos
        if not self.answering.is_set():
            self.silent.set()
            await self.answering.wait()
        return answer

    def _next(self, command: str) -> str:
        return self.answers[command].pop(0) if self.answers[command] else "250 OK"

    def ids(self) -> list[str]:
        """The Message-IDs of what was taken."""
        return [str(mail["Message-ID"]) for mail in self.taken]


@asynccontextmanager
async def running_mail_server() -> AsyncGenerator[MailServer]:
    """A mail server on a port of its own."""
    mail = MailServer()
    mail.answering.set()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(mail, enable_SMTPUTF8=True, loop=loop), "127.0.0.1", 0
    )
    mail.port = server.sockets[0].getsockname()[1]
    yield mail
    mail.answering.set()
    server.close()
    await server.wait_closed()


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    """A mail's plain text, or its HTML."""
    body = mail.get_body((kind,))
    assert body is not None
    return body.get_content()


def at(instant: str) -> datetime:
    """An instant from its RFC 3339 text."""
    return datetime.fromisoformat(instant)
