"""The gateway for texts of the try-out: takes each over HTTP, and it lies among the mails.

Invariant: a text is answered with 202 only once the mailbox has kept it; one that comes twice is kept once.
"""

import secrets
from email.message import EmailMessage
from typing import Annotated

import aiosmtplib
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

SENDER = "texts@walkandtalk.example"
LONGEST = 10_000


class _Text(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    to: Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{6,14}$")]
    text: Annotated[str, StringConstraints(max_length=LONGEST)]


class Gateway:
    """Takes texts from whoever has the token, and hands them to the mailbox at a local port."""

    def __init__(self, smtp_port: int, token: str) -> None:
        self._smtp_port = smtp_port
        self._token = token
        self._kept: set[str] = set()

    async def take(self, request: Request) -> Response:
        """``POST {"id", "to", "text"}``."""
        said = request.headers.get("authorization", "")
        if not secrets.compare_digest(said.encode(), f"Bearer {self._token}".encode()):
            raise HTTPException(401)
        try:
            text = _Text.model_validate_json(await request.body())
        except ValidationError:
            raise HTTPException(422) from None
        if text.id not in self._kept:
            await self._keep(text)
            self._kept.add(text.id)
        return Response(status_code=202)

    async def _keep(self, text: _Text) -> None:
        mail = EmailMessage()
        mail["From"], mail["To"] = SENDER, f"{text.to}@texts.example"
        mail["Subject"] = f"Text to {text.to}"
        mail.set_content(text.text)
        await aiosmtplib.send(mail, hostname="127.0.0.1", port=self._smtp_port, start_tls=False)
