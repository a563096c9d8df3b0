"""The mail server (SMTP, RFC 5321), asked to take one mail at a time.

Invariant: the answer to DATA decides, whatever happens to the connection afterwards; only a refusal
of this mail or its recipient for good (5xx to RCPT or DATA) is final; a refusal of ourselves (login,
sender, greeting) is a fault to be put right, so the mail waits. Codes are told, never the server's
words.
"""

from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPDataError,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientsRefused,
    SMTPResponseException,
)

from notifications.domain.messages import Outcome

FOR_GOOD = range(500, 600)
ANSWER_SECONDS = 20
GOODBYE_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Post:
    """Where mails are handed in. ``starttls`` True refuses a server that cannot encrypt."""

    host: str
    port: int
    starttls: bool
    user: str | None
    password: str | None

    async def send(self, mail: EmailMessage) -> Outcome:
        """Hand in one mail to its one recipient."""
        server = SMTP(
            hostname=self.host,
            port=self.port,
            start_tls=self.starttls,
            username=self.user,
            password=self.password,
            timeout=ANSWER_SECONDS,
        )
        try:
            await server.connect()
            await server.send_message(mail)
        except (SMTPException, OSError) as error:
            return _outcome(error)
        finally:
            with suppress(SMTPException, OSError):
                await server.quit(timeout=GOODBYE_SECONDS)
            server.close()
        return Outcome("delivered")


def _outcome(error: SMTPException | OSError) -> Outcome:
    match error:
        case SMTPRecipientsRefused():
            return _refused(error.recipients[0].code)
        case SMTPDataError():
            return _refused(error.code)
        case SMTPNotSupported():  # an address that the server has no way to write down
            return Outcome("refused", "smtp-unsupported")
        case _:
            return Outcome("put-off", _fault(error))


def _refused(code: int) -> Outcome:
    return Outcome("refused" if code in FOR_GOOD else "put-off", f"smtp-{code}")


def _fault(error: SMTPException | OSError) -> str:
    if isinstance(error, SMTPAuthenticationError):
        return "smtp-login"
    if isinstance(error, SMTPResponseException):
        return f"smtp-{error.code}"
    return "smtp-away" if isinstance(error, SMTPConnectError | OSError) else "smtp-broken"
