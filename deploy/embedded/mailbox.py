"""The mailbox: takes every mail over SMTP and keeps it, so that it can be read in the browser.

Invariant: a mail is answered with 250 only once it is on disk, whole; mails keep their number for good.
Three lines are put before each: when it came, from whom and for whom, as the SMTP envelope said.
"""

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from shared.clock import now

KEPT_AT, FROM, FOR = "X-Kept-At", "X-Envelope-From", "X-Envelope-For"
SUFFIX = ".eml"


class Mailbox:
    """What the SMTP server hands mails to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._last = max((int(path.stem) for path in folder.glob(f"*{SUFFIX}")), default=0)

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keep the mail; the answer is SMTP's."""
        del server, session
        self._last += 1
        number = self._last
        content = envelope.content or b""
        head = (
            f"{KEPT_AT}: {now().isoformat()}\r\n"
            f"{FROM}: {envelope.mail_from}\r\n"
            f"{FOR}: {', '.join(envelope.rcpt_tos)}\r\n"
        )
        body = content.encode() if isinstance(content, str) else content
        await asyncio.to_thread(self._keep, number, head.encode() + body)
        return f"250 Kept as {number}"

    def _keep(self, number: int, mail: bytes) -> None:
        draft = self._folder / f".{number:08d}.draft"
        with draft.open("wb") as file:
            file.write(mail)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._folder / f"{number:08d}{SUFFIX}")


@asynccontextmanager
async def open_mailbox(folder: Path) -> AsyncGenerator[int]:
    """Take mails on a free local port, which is yielded, until the block ends."""
    mailbox = Mailbox(folder)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(mailbox, enable_SMTPUTF8=True, hostname="localhost", loop=loop),
        "127.0.0.1",
        0,
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()
