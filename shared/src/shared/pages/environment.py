"""Jinja as the pages use it, and ``render``.

Invariant: autoescape is on for every template; a variable or attribute that does not exist raises.
(A key missing from a mapping is empty, because GOV.UK's macros ask for every option that they
know.)
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fastapi import Request
from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
    Undefined,
)
from starlette.responses import HTMLResponse

from shared.errors import Refusal
from shared.pages import fields, words
from shared.pages.navigation import navigation
from shared.pages.static import Assets
from shared.settings import ServiceSettings

OURS = Path(__file__).parent / "templates"


class _Lenient(Undefined):
    """What a macro gets for an option that was not passed."""


class Strict(StrictUndefined):
    """Raises for a name or attribute that is not there; is empty for a missing key of a mapping."""

    def __new__(cls, hint: str | None = None, obj: Any = None, *_: Any, **__: Any) -> Any:
        if isinstance(obj, Mapping):
            return _Lenient(hint, obj)
        return super().__new__(cls)


@dataclass(frozen=True, slots=True)
class Pages:
    """One service's templates and assets; on ``app.state.pages``."""

    name: str
    settings: ServiceSettings
    environment: Environment
    assets: Assets

    def html(self, request: Request, template: str, context: Mapping[str, Any]) -> str:
        """A template as text; ``context`` is added to what every page knows."""
        session = getattr(request.state, "session", None)
        known: dict[str, Any] = {
            "request": request,
            "service": self.name,
            "signed_in": session.principal if session is not None else None,
            "navigation": navigation(session.principal if session is not None else None, request),
            "demo": self.settings.demo,
            "errors": {},
            "asset": self.assets.address,
            "csrf_fields": lambda: fields.csrf(request),
        }
        return self.environment.get_template(template).render(known | dict(context))


def open_pages(name: str, settings: ServiceSettings) -> Pages:
    """The pages of the service whose package is ``name``, with its own ``templates/`` if any."""
    package = find_spec(name)
    folders = [OURS]
    if package is not None and package.origin is not None:
        folders.insert(0, Path(package.origin).parent / "templates")
    return Pages(name, settings, _environment(folders), Assets(name))


def _environment(folders: list[Path]) -> Environment:
    macros = PackageLoader("govuk_frontend_jinja")
    environment = Environment(
        loader=ChoiceLoader(
            [FileSystemLoader(folders), PrefixLoader({"govuk_frontend_jinja": macros})]
        ),
        autoescape=True,
        undefined=Strict,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., Any]] = {
        "people_date": words.people_date,
        "people_day": words.people_day,
        "people_time": words.people_time,
        "time_range": words.time_range,
    }
    environment.filters.update(filters)
    return environment


def render(
    request: Request,
    template: str,
    *,
    status: int = 200,
    no_referrer: bool = False,
    **context: Any,
) -> HTMLResponse:
    """A page as an answer, never cached (every form in it is good for one visitor, once).

    ``errors`` (field name -> what is wrong) makes the error summary and the title say so;
    ``no_referrer`` is for pages whose own address is a secret.
    """
    pages: Pages = request.app.state.pages
    response = HTMLResponse(pages.html(request, template, context), status)
    response.headers["Cache-Control"] = "no-store"
    if no_referrer:
        response.headers["Referrer-Policy"] = "no-referrer"
    request.app.state.gate.forms.remember(request, response)
    return response


def errors_by_field(refusal: Refusal) -> dict[str, str]:
    """A refusal's faults as a form shows them: the field's name -> what is wrong with it."""
    named = {fault.pointer.rsplit("/", 1)[-1]: fault.detail for fault in refusal.faults}
    return {field: detail[:1].upper() + detail[1:] for field, detail in named.items()}
