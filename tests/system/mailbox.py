"""A mail server that keeps what it is given: real SMTP, on a port of its own."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from tests.infra import free_port, until

LINK = re.compile(r"https?://[^\s\"<>]+")
PATIENCE = 60

CONFIRMED = "Your appointment is confirmed"
CANCELLED = "Your appointment is cancelled"
ANOTHER_OFFICER = "Your appointment: another person will meet you"
IN_THE_LINE = "Your appointment: you are in the line"
KEPT = "Your appointment: a time is kept for you"
ALERT = "An alert is waiting"


class Mailbox:
    """Everything that was delivered, oldest first."""

    def __init__(self) -> None:
        self.port = free_port()
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, _: Any, __: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's
        """Keep one mail, with its envelope's recipient."""
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        mail["X-Envelope-To"] = ", ".join(envelope.rcpt_tos)
        self.mails.append(mail)
        return "250 kept"

    def to(self, address: str) -> list[EmailMessage]:
        """The mails that were delivered to an address."""
        return [mail for mail in self.mails if address in str(mail["X-Envelope-To"])]

    def subjects(self, address: str) -> list[str]:
        """What the mails to an address are about, in the order in which they came."""
        return [str(mail["Subject"]) for mail in self.to(address)]

    async def said(self, address: str, subject: str, *, number: int = 1) -> str:
        """All that the last of so many mails of a subject to an address says, once they have come."""

        def found() -> list[EmailMessage] | None:
            mails = [mail for mail in self.to(address) if mail["Subject"] == subject]
            return mails if len(mails) >= number else None

        mails = await until(found, PATIENCE)
        assert mails
        assert len(mails) == number
        return words_of(mails[-1])

    @contextmanager
    def open(self) -> "Generator[Mailbox]":
        """Take mail while the block lasts."""
        controller = Controller(self, hostname="127.0.0.1", port=self.port)
        controller.start()
        try:
            yield self
        finally:
            controller.stop()


def text_of(mail: EmailMessage) -> str:
    """The plain text of a mail."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def words_of(mail: EmailMessage) -> str:
    """All that a mail says, in words and in HTML."""
    texts = [part for part in mail.walk() if part.get_content_maintype() == "text"]
    return "\n".join(str(part.get_content()) for part in texts)


def links_of(mail: EmailMessage) -> list[str]:
    """The links of a mail."""
    return LINK.findall(words_of(mail))
