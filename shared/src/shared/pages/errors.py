"""Refusals and faults as a page, for whoever reads pages.

Invariant: says in plain words what is wrong and what to do next, never what was sent; its status is
that of the problem that the API would have answered.
"""

from urllib.parse import quote, urlsplit

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from shared.auth.rules import PAGES, rule_of
from shared.errors import Forbidden, NotSignedIn, Refusal
from shared.pages.environment import Pages, render
from shared.pages.languages import language_of

SEE_OTHER = 303


def wants_page(request: Request) -> bool:
    """Whether the caller reads HTML: a path of pages, not of the API, and a fitting Accept."""
    pages: Pages | None = getattr(request.app.state, "pages", None)
    if pages is None:
        return False
    path = request.url.path
    if not path.startswith(f"/{pages.name}/") or path.startswith(
        (f"/{pages.name}/v1/", f"/{pages.name}/assets/")
    ):
        return False
    route = request.scope.get("route")
    rule = rule_of(route) if hasattr(route, "dependant") else None
    if rule is not None and rule.kind not in PAGES:
        return False
    accept = request.headers.get("accept", "*/*")
    return "text/html" in accept or "*/*" in accept.split(";")[0]


def answer_page(request: Request, refusal: Refusal) -> Response:
    """The page for a refusal; for one who has not signed in, the way to do so and back."""
    pages: Pages = request.app.state.pages
    if isinstance(refusal, NotSignedIn):
        following = quote(_asked_for(request), safe="/")
        return RedirectResponse(f"/{pages.name}/sign-in?next={following}", SEE_OTHER)
    title = heading(refusal)
    response = render(
        request,
        "error.html",
        status=refusal.status,
        title=title,
        detail="" if refusal.detail.rstrip(".") == title else refusal.detail,
        may_switch=type(refusal) is Forbidden and hasattr(request.state, "session"),
        # Not every refusal is there in Welsh: nobody is led from the English of one to nothing else.
        bilingual=language_of(request) != "en",
    )
    response.headers.update(refusal.headers)
    return response


def heading(refusal: Refusal) -> str:
    """What a refusal's page is called."""
    return refusal.title.split(":")[0].rstrip(".")


def _asked_for(request: Request) -> str:
    """The page to come back to: the one asked for, or the one that held the form."""
    if request.method == "GET":
        return request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return urlsplit(request.headers.get("referer", "")).path or f"/{request.app.state.pages.name}/"
