"""What every answer tells the browser not to do.

Invariant: no script, style or frame from elsewhere, none inline, on any answer of any service; an
answer that sets one of these headers itself keeps its own. Pure ASGI: answers stream through
untouched.
"""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.settings import ServiceSettings


def content_security_policy(settings: ServiceSettings) -> str:
    """The policy; forms may lead to the issuer too, because signing out ends there."""
    origin = settings.public_origin.rstrip("/")
    issuer = "/".join(settings.oidc_issuer.split("/")[:3])
    forms = "'self'" if issuer == origin else f"'self' {issuer}"
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"connect-src 'self'; form-action {forms}; base-uri 'none'; frame-ancestors 'none'"
    )


class SafeHeaders:
    """Adds the headers to whatever the app answers."""

    def __init__(self, app: ASGIApp, *, settings: ServiceSettings) -> None:
        self._app = app
        self._headers = {
            "Content-Security-Policy": content_security_policy(settings),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
        }
        if settings.public_origin.startswith("https:"):
            self._headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, sending)
