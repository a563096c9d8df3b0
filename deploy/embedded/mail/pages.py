"""The two pages of the mailbox, a mail as it came, and where texts are handed in.

Invariant: pages are for GET only; each says that no cache keeps it.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from embedded.mail.letters import Letters
from embedded.mail.texts import Gateway
from shared.pages import Assets, Pages, SafeHeaders, open_pages
from shared.settings import ServiceSettings

LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")
KEPT_BY_NOBODY = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


def create_app(folder: Path, settings: ServiceSettings, gateway: Gateway) -> Starlette:
    """The mail pages; they look as those of the service whose settings these are: booking."""
    pages = open_pages("embedded", settings)
    pages.environment.filters["with_links"] = with_links
    app = Starlette(
        routes=[
            Route("/mail", listing),
            Route("/mail/", to_listing),
            Route("/mail/texts", gateway.take, methods=["POST"]),
            Route("/mail/{number:int}", one),
            Route("/mail/{number:int}/source", source),
        ],
        middleware=[Middleware(SafeHeaders, settings=settings)],
        exception_handlers={404: not_found},
    )
    app.state.pages = replace(pages, name="booking", assets=Assets("booking"))
    app.state.letters = Letters(folder)
    return app


def with_links(text: str) -> Markup:
    """Text escaped for HTML, its web addresses as links, its lines as lines."""
    parts: list[Markup] = []
    at = 0
    for found in LINK.finditer(text):
        parts.append(escape(text[at : found.start()]))
        parts.append(
            Markup('<a class="govuk-link" rel="noreferrer" href="{0}">{0}</a>').format(found[0])
        )
        at = found.end()
    whole = Markup("").join([*parts, escape(text[at:])])
    return Markup("<br>\n").join(whole.splitlines())


async def listing(request: Request) -> Response:
    """Every mail, newest first."""
    return _page(request, "list", {"letters": request.app.state.letters.newest_first()})


async def to_listing(request: Request) -> Response:
    """The address with a slash leads to the one without."""
    del request
    return RedirectResponse("/mail", 307)


async def one(request: Request) -> Response:
    """One mail."""
    letter = request.app.state.letters.get(request.path_params["number"])
    if letter is None:
        raise HTTPException(404)
    return _page(request, "letter", {"letter": letter})


async def source(request: Request) -> Response:
    """One mail as it came, as plain text."""
    raw = request.app.state.letters.raw(request.path_params["number"])
    if raw is None:
        raise HTTPException(404)
    return Response(raw, media_type="text/plain; charset=utf-8", headers=KEPT_BY_NOBODY)


async def not_found(request: Request, error: Exception) -> Response:
    """There is no such mail."""
    del error
    return _page(request, "none", {}, status=404)


def _page(
    request: Request, name: str, context: Mapping[str, Any], *, status: int = 200
) -> Response:
    pages: Pages = request.app.state.pages
    html = pages.html(request, f"embedded/mail-{name}.html", context)
    return HTMLResponse(html, status, KEPT_BY_NOBODY)
