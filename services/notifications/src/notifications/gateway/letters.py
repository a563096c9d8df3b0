"""Mails from templates: plain text and simple HTML, one recipient, a neutral subject.

Invariant: a template may name the placeholders that its purpose allows and no others (checked when
the process starts); HTML is escaped; no value reaches a header but the recipient's address, which
must be exactly one address; the Message-ID comes from the message's id and so never changes; a mail that
says nothing comes from a sender that says nothing.
"""

import re
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from uuid import UUID

from jinja2 import FileSystemLoader, StrictUndefined, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from notifications.domain.words import PLACEHOLDERS, SILENT, Words

FOLDER = Path(__file__).parent.parent / "templates" / "mail"
OTHER_SCRIPTS = re.compile(r"[^\x00-\x7f]")
NEUTRAL_NAME = "Appointments"
LONGEST_ADDRESS = 254  # RFC 5321, 4.5.3.1.3, without the angle brackets


class BadAddress(Exception):
    """What is said to be a mail address is not exactly one."""


class OddTemplate(Exception):
    """A template names a placeholder that its purpose does not allow."""


class Letters:
    """The templates of all messages, and the addresses they are sent from."""

    def __init__(self, sender: str, neutral: str | None = None, folder: Path = FOLDER) -> None:
        """``neutral`` (else ``sender``) sends what says nothing.

        Raises OddTemplate when a template asks for more than it may have.
        """
        self._sender = sender
        self._neutral = Address(NEUTRAL_NAME, addr_spec=neutral or sender)
        self._domain = self._neutral.domain
        self._templates = ImmutableSandboxedEnvironment(
            loader=FileSystemLoader(folder),
            autoescape=lambda name: bool(name) and name.endswith(".html"),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._check(folder)

    def compose(
        self, template: str, words: Words, to: str, message_id: UUID, *, at: datetime
    ) -> EmailMessage:
        """The mail of a message, dated ``at``; raises BadAddress."""
        mail = EmailMessage(policy=SMTP)
        mail["Message-ID"] = f"<{message_id}@{self._domain}>"
        mail["Date"] = format_datetime(at)
        mail["From"] = self._neutral if template == SILENT else self._sender
        mail["To"] = _one_address(to)
        mail["Subject"] = self._render(template, "subject", words).strip()
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers, please
        mail.set_content(self._render(template, "txt", words))
        mail.add_alternative(self._render(template, "html", words), subtype="html")
        return mail

    def _render(self, template: str, form: str, words: Words) -> str:
        return self._templates.get_template(f"{template}.{form}").render(words)

    def _check(self, folder: Path) -> None:
        """Every version of a purpose's templates that the package holds, not today's only."""
        for purpose, allowed in PLACEHOLDERS.items():
            for path in folder.glob(f"{purpose}.v*"):
                parsed = self._templates.parse(path.read_text())
                if odd := meta.find_undeclared_variables(parsed) - allowed:
                    raise OddTemplate(f"{path.name} asks for {', '.join(sorted(odd))}")


def _one_address(text: str) -> Address:
    """The address; its domain in ASCII (RFC 5890) unless the name before it needs UTF-8 anyway."""
    if len(text) > LONGEST_ADDRESS or not text.isprintable():
        raise BadAddress
    try:
        # RFC 6532 allows other scripts where RFC 5322 has letters; the parser knows the latter only.
        Address(addr_spec=OTHER_SCRIPTS.sub("x", text))
        name, _, domain = text.rpartition("@")
        if name.isascii():
            domain = domain.encode("idna").decode()
        return Address(username=name, domain=domain)
    except (MessageError, ValueError, IndexError):
        raise BadAddress from None
