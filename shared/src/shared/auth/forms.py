"""Forms that only our own pages can post: a hidden token, and the Origin that the browser names.

Invariant: the token of a staff page is bound to its session, that of a public page to a visitor's
cookie that only we can make; a browser that names another origin is refused whatever it holds.
Every form also carries an idempotency key, so that pressing twice does once.
"""

import hashlib
import hmac
import json
import secrets

from fastapi import Request
from starlette.datastructures import FormData
from starlette.responses import Response

from shared.auth.seals import derive_key
from shared.clock import new_id
from shared.errors import Fault, Forbidden, Invalid
from shared.idempotency import Once, once
from shared.settings import ServiceSettings

COOKIE = "walkandtalk_visitor"
LASTS_SECONDS = 24 * 3600
TOKEN_FIELD = "csrf_token"  # noqa: S105 - the name of a field
KEY_FIELD = "idempotency_key"
MAX_FIELDS = 200
MAX_FIELD_BYTES = 64 * 1024


class FormRefused(Forbidden):
    """The form is too old or not from our page: go back, load the page again and send it anew."""

    slug = "form-refused"


class Forms:
    """Makes and checks the tokens of one service's forms."""

    def __init__(self, name: str, settings: ServiceSettings) -> None:
        self._path = f"/{name}"
        self._origin = settings.public_origin.rstrip("/")
        self._key = derive_key(settings.session_key, name, "forms")

    def token(self, request: Request) -> str:
        """The token for a form on the page that answers this request."""
        return self._sign("form", self.binding(request) or self._new_visitor(request))

    def key(self) -> str:
        """A fresh idempotency key for a form."""
        return str(new_id())

    def remember(self, request: Request, response: Response) -> None:
        """Give a visitor the cookie that this page's tokens are bound to, where she had none."""
        visitor: str | None = getattr(request.state, "new_visitor", None)
        if visitor is not None:
            response.set_cookie(
                COOKIE,
                f"{visitor}.{self._sign('visitor', visitor)}",
                max_age=LASTS_SECONDS,
                path=self._path,
                secure=self._origin.startswith("https:"),
                httponly=True,
                samesite="lax",
            )

    def check(self, request: Request, form: FormData) -> None:
        """Raise FormRefused unless it came from a page of ours, for this session or visitor."""
        binding = self.binding(request)
        token = form.get(TOKEN_FIELD)
        if binding is None or not isinstance(token, str) or not self._ours(request):
            raise FormRefused
        if not hmac.compare_digest(self._sign("form", binding).encode(), token.encode()):
            raise FormRefused

    def _ours(self, request: Request) -> bool:
        """What the browser says of where the form was.

        A page that sends no referrer posts ``Origin: null`` (Fetch standard, 3.2); then
        Sec-Fetch-Site tells, and in a browser too old for it the token alone must.
        """
        origin = request.headers.get("origin")
        if origin is None:
            return request.headers.get("referer", "").startswith(f"{self._origin}/")
        if origin == "null":
            return request.headers.get("sec-fetch-site", "same-origin") == "same-origin"
        return origin == self._origin

    def binding(self, request: Request) -> str | None:
        """What the tokens of a browser are bound to, and no other has; None where it has nothing of ours."""
        session = getattr(request.state, "session", None)
        if session is not None:
            return f"session {session.id}"
        visitor, _, signature = request.cookies.get(COOKIE, "").partition(".")
        made_here = self._sign("visitor", visitor).encode()
        ours = hmac.compare_digest(made_here, signature.encode())
        return f"visitor {visitor}" if ours else None

    def _new_visitor(self, request: Request) -> str:
        if not hasattr(request.state, "new_visitor"):
            request.state.new_visitor = secrets.token_urlsafe(16)
        return f"visitor {request.state.new_visitor}"

    def _sign(self, purpose: str, what: str) -> str:
        return hmac.new(self._key, f"{purpose} {what}".encode(), hashlib.sha256).hexdigest()


async def checked(request: Request, longest: int = MAX_FIELD_BYTES) -> FormData:
    """The posted form, when its token and origin are ours and its text can be stored."""
    form = await request.form(max_fields=MAX_FIELDS, max_part_size=longest)
    request.app.state.gate.forms.check(request, form)
    for name, value in form.multi_items():
        if isinstance(value, str) and not _storable(value):
            raise Invalid(faults=[Fault(f"#/{name}", "holds characters that cannot be stored")])
    return form


def visitor_of(request: Request) -> str | None:
    """What tells this browser from every other: for our eyes only. None before it was shown a form."""
    return request.app.state.gate.forms.binding(request)


def once_of(request: Request, form: FormData) -> Once:
    """The posted form as the idempotency table names it; raises FormRefused without its key."""
    key = form.get(KEY_FIELD)
    if not isinstance(key, str) or not key.isascii() or not 1 <= len(key) <= 100:  # noqa: PLR2004
        raise FormRefused
    fields = [
        [name, value]
        for name, value in form.multi_items()
        if isinstance(value, str) and name != TOKEN_FIELD
    ]
    caller = getattr(request.state, "caller", "public")
    return once(f"POST {request.url.path} {caller}", key, json.dumps(fields).encode())


def _storable(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)
