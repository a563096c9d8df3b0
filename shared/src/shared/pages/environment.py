"""Jinja as the pages use it, and ``render``.

Invariant: autoescape is on for every template, and a name, attribute or key that does not exist
raises in our own; only GOV.UK's macros may ask for what they were not given.
"""

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fastapi import Request
from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
    Template,
    Undefined,
)
from starlette.responses import HTMLResponse

from shared.errors import Refusal
from shared.pages import fields, words
from shared.pages.navigation import navigation
from shared.pages.static import Assets
from shared.settings import ServiceSettings

OURS = Path(__file__).parent / "templates"


class _Macros(BaseLoader):
    """GOV.UK's macros, in an environment of their own: they ask for options that nobody passed."""

    def __init__(self) -> None:
        self._loader = PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")})
        self._lenient: Environment | None = None

    def load(
        self,
        environment: Environment,
        name: str,
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002 - its name there
    ) -> Template:
        """A macro's template; what it imports in turn is loaded here as well."""
        if self._lenient is None:
            self._lenient = environment.overlay(undefined=Undefined)
        return self._loader.load(self._lenient, name, globals)


class _Errors(dict[str, str]):
    """What is wrong, by field; ``errors.email`` is None where nothing is."""

    def __missing__(self, _: str) -> None:
        return None


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
        errors = _Errors(context.get("errors", {}))
        known: dict[str, Any] = {
            "request": request,
            "service": self.name,
            "signed_in": session.principal if session is not None else None,
            "navigation": navigation(session.principal if session is not None else None, request),
            "demo": self.settings.demo,
            "error_of": lambda field: {"text": errors[field]} if field in errors else None,
            "asset": self.assets.address,
            "csrf_fields": lambda: fields.csrf(request),
        }
        return self.environment.get_template(template).render(
            {**known, **context, "errors": errors}
        )


def open_pages(name: str, settings: ServiceSettings) -> Pages:
    """The pages of the service whose package is ``name``, with its own ``templates/`` if any."""
    package = find_spec(name)
    own = [Path(package.origin).parent / "templates"] if package and package.origin else []
    return Pages(name, settings, _environment(*own, OURS), Assets(name))


@cache
def _environment(*folders: Path) -> Environment:
    """Templates are compiled once a process, however many apps there are in it."""
    environment = Environment(
        loader=ChoiceLoader([FileSystemLoader(folders), _Macros()]),
        autoescape=True,
        undefined=StrictUndefined,
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

    ``errors`` (field name -> what is wrong) makes the error summary and the title say so, and
    ``error_of("email")`` is the ``errorMessage`` of a GOV.UK macro;
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
