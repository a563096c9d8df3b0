"""The mails on disk, as the browser shows them.

Invariant: a mail that is kept never changes, so each is read once; one that cannot be parsed is shown as
far as it can be.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser
from pathlib import Path

from embedded.mailbox import FOR, FROM, KEPT_AT, SUFFIX
from shared.clock import LONDON


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail: the envelope's ends, the subject, what it says, and what hangs on it."""

    number: int
    kept_at: datetime
    sender: str
    recipients: str
    subject: str
    message_id: str
    text: str
    attachments: tuple[tuple[str, str], ...]

    @property
    def when(self) -> str:
        """London's date and time, for people."""
        return self.kept_at.astimezone(LONDON).strftime("%-d %B %Y, %H:%M:%S")


class Letters:
    """The folder that the mailbox writes to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[int, Letter] = {}

    def newest_first(self) -> Sequence[Letter]:
        """All mails."""
        numbers = sorted((int(path.stem) for path in self._folder.glob(f"*{SUFFIX}")), reverse=True)
        return [letter for number in numbers if (letter := self.get(number))]

    def get(self, number: int) -> Letter | None:
        """The mail of that number, if there is one."""
        if number not in self._read:
            raw = self.raw(number)
            if raw is None:
                return None
            self._read[number] = _letter(number, raw)
        return self._read[number]

    def raw(self, number: int) -> bytes | None:
        """A mail as it came, three lines of the envelope first."""
        try:
            return (self._folder / f"{number:08d}{SUFFIX}").read_bytes()
        except FileNotFoundError:
            return None


def _letter(number: int, raw: bytes) -> Letter:
    message = BytesParser(policy=policy.default).parsebytes(raw)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("plain", "html"))
    return Letter(
        number=number,
        kept_at=datetime.fromisoformat(str(message[KEPT_AT])),
        sender=str(message[FROM]),
        recipients=str(message[FOR]),
        subject=str(message["Subject"] or "(no subject)"),
        message_id=str(message["Message-ID"] or ""),
        text=_text(body) if body else "",
        attachments=tuple(_attachment(part) for part in message.iter_attachments()),
    )


def _attachment(part: MIMEPart) -> tuple[str, str]:
    return part.get_filename() or part.get_content_type(), _text(part)


def _text(part: MIMEPart) -> str:
    """A part's text; what is no text is told by its type."""
    try:
        content = part.get_content()
    except (KeyError, LookupError, ValueError):
        return f"({part.get_content_type()} that cannot be shown)"
    if isinstance(content, bytes):
        content = (
            content.decode("utf-8", "replace") if part.get_content_maintype() == "text" else ""
        )
    return content if isinstance(content, str) and content else f"({part.get_content_type()})"
