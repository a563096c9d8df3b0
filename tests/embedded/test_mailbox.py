"""The mailbox: SMTP in, files, pages."""

from collections.abc import AsyncGenerator
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import pytest

from embedded.mail import Letters
from embedded.mail.pages import with_links
from embedded.mailbox import open_mailbox


@pytest.fixture
async def smtp_port(tmp_path: Path) -> AsyncGenerator[int]:
    async with open_mailbox(tmp_path) as port:
        yield port


def a_mail(subject: str, text: str = "hello") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "walks@example.org", "shown@example.org", subject
    mail.set_content(text)
    return mail


async def send(mail: EmailMessage, port: int, *recipients: str) -> None:
    await aiosmtplib.send(mail, hostname="127.0.0.1", port=port, recipients=list(recipients))


async def test_a_mail_is_on_disk_when_it_is_accepted(smtp_port: int, tmp_path: Path) -> None:
    await send(a_mail("Kept", "the words"), smtp_port, "to@example.org")
    assert b"the words" in (tmp_path / "00000001.eml").read_bytes()


async def test_who_it_is_for_is_what_the_envelope_says(smtp_port: int, tmp_path: Path) -> None:
    await send(a_mail("Two"), smtp_port, "one@example.org", "two@example.org")
    letter = Letters(tmp_path).get(1)
    assert letter is not None
    assert letter.recipients == "one@example.org, two@example.org"


async def test_mails_keep_their_numbers_over_a_restart(tmp_path: Path) -> None:
    for subject in ("first", "second"):
        async with open_mailbox(tmp_path) as port:
            await send(a_mail(subject), port, "to@example.org")
    assert [each.subject for each in Letters(tmp_path).newest_first()] == ["second", "first"]


async def test_an_attachment_and_letters_beyond_ascii_are_shown(
    smtp_port: int, tmp_path: Path
) -> None:
    mail = a_mail("Zoë’s walk", "naïve")
    mail.add_attachment("BEGIN:VCALENDAR", subtype="calendar", filename="walk.ics")
    mail.add_attachment(b"\xff\x00", maintype="image", subtype="png", filename="map.png")
    await send(mail, smtp_port, "to@example.org")
    letter = Letters(tmp_path).get(1)
    assert letter is not None
    assert (letter.subject, letter.text.strip()) == ("Zoë’s walk", "naïve")
    assert letter.attachments[0] == ("walk.ics", "BEGIN:VCALENDAR\r\n")
    assert letter.attachments[1] == ("map.png", "(image/png)")


def test_a_mail_that_can_hardly_be_read_is_shown_as_far_as_it_can(tmp_path: Path) -> None:
    (tmp_path / "00000001.eml").write_bytes(
        b"X-Kept-At: 2026-11-23T23:00:00+00:00\r\nX-Envelope-From: a@b\r\nX-Envelope-For: c@d\r\n"
        b"Content-Type: text/plain; charset=klingon\r\n\r\n\xff\xfe"
    )
    letter = Letters(tmp_path).get(1)
    assert letter is not None
    assert letter.subject == "(no subject)"
    assert "cannot be shown" in letter.text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a < b & c", "a &lt; b &amp; c"),
        ("one\ntwo", "one<br>\ntwo"),
        ("see http://x.example/a.", 'href="http://x.example/a">http://x.example/a</a>.'),
        ('http://x.example/"onclick="y', 'href="http://x.example/"'),
        ("javascript:alert(1)", "javascript:alert(1)"),
    ],
)
def test_text_is_escaped_and_addresses_are_links(text: str, shown: str) -> None:
    html = with_links(text)
    assert shown in html
    assert 'onclick="' not in html
