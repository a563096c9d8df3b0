"""Jinja as the pages use it, and ``render``.

Invariant: autoescape is on for every template, and a name, attribute or key that does not exist
raises in our own; only GOV.UK's macros may ask for what they were not given.
"""

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from functools import cache, partial
from gettext import NullTranslations
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
from shared.pages import fields, languages, welsh, words
from shared.pages.languages import Language, Unsaid
from shared.pages.navigation import navigation
from shared.pages.static import Assets
from shared.phrases import marked
from shared.settings import ServiceSettings

OURS = Path(__file__).parent


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
class Edition:
    """Templates in one language, and what it says for a text: ``say`` raises Unsaid."""

    language: Language
    environment: Environment
    say: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Pages:
    """One service's templates and assets; on ``app.state.pages``."""

    name: str
    settings: ServiceSettings
    editions: Mapping[Language, Edition]
    assets: Assets

    @property
    def environment(self) -> Environment:
        """The templates in English."""
        return self.editions["en"].environment

    def html(
        self,
        request: Request,
        template: str,
        context: Mapping[str, Any],
        *,
        bilingual: bool = False,
    ) -> str:
        """A template as text; ``context`` is added to what every page knows."""
        english = self.editions["en"]
        # What staff have around a page is English.
        if not bilingual or getattr(request.state, "session", None) is not None:
            return self._html(request, template, context, english, None)
        language = languages.language_of(request)
        other = languages.other_of(request, language)
        try:
            return self._html(request, template, context, self.editions[language], other)
        except Unsaid:
            return self._html(request, template, context, english, None)

    def _html(
        self,
        request: Request,
        template: str,
        context: Mapping[str, Any],
        edition: Edition,
        other_language: Mapping[str, str] | None,
    ) -> str:
        session, say = getattr(request.state, "session", None), edition.say
        links = navigation(session.principal if session is not None else None, request)
        errors = _Errors({name: say(text) for name, text in context.get("errors", {}).items()})
        prefix = say(marked("Error"))
        says = {name: {"text": text, "visuallyHiddenText": prefix} for name, text in errors.items()}
        known: dict[str, Any] = {
            "request": request,
            "service": self.name,
            "signed_in": session.principal if session is not None else None,
            "navigation": [{**link, "text": say(str(link["text"]))} for link in links],
            "language": edition.language,
            "other_language": other_language,
            "demo": self.settings.demo,
            "error_of": says.get,
            "asset": self.assets.address,
            "csrf_fields": lambda: fields.csrf(request),
        }
        return edition.environment.get_template(template).render(
            {**known, **context, "errors": errors}
        )


def open_pages(name: str, settings: ServiceSettings) -> Pages:
    """The pages of the service whose package is ``name``, with its own ``templates/`` if any."""
    package = find_spec(name)
    own = [Path(package.origin).parent] if package and package.origin else []
    return Pages(name, settings, _editions(*own, OURS), Assets(name))


@cache
def _editions(*places: Path) -> Mapping[Language, Edition]:
    """Templates are compiled once a process, however many apps there are in it."""
    loader = ChoiceLoader([FileSystemLoader([each / "templates" for each in places]), _Macros()])
    catalogues = [each / "languages" for each in places]
    return {
        language: _edition(loader, language, languages.catalogue(catalogues, language))
        for language in languages.LANGUAGES
    }


def _edition(loader: BaseLoader, language: Language, texts: NullTranslations) -> Edition:
    environment = Environment(
        loader=loader,
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_translations(  # type: ignore[attr-defined] # of the extension
        texts, newstyle=True
    )
    said = welsh if language == "cy" else words
    filters: dict[str, Callable[..., Any]] = {
        "people_date": said.people_date,
        "people_day": said.people_day,
        "people_time": said.people_time,
        "time_range": said.time_range,
        "weekday": said.weekday,
        "say": partial(languages.say, texts),
    }
    environment.filters.update(filters)
    return Edition(language, environment, filters["say"])


def render(
    request: Request,
    template: str,
    *,
    status: int = 200,
    no_referrer: bool = False,
    bilingual: bool = False,
    **context: Any,
) -> HTMLResponse:
    """A page as an answer, never cached (every form in it is good for one visitor, once).

    ``errors`` (field name -> what is wrong) makes the error summary and the title say so, and
    ``error_of("email")`` is the ``errorMessage`` of a GOV.UK macro;
    ``no_referrer`` is for pages whose own address is a secret, ``bilingual`` for those that are there in
    Welsh as well.
    """
    pages: Pages = request.app.state.pages
    response = HTMLResponse(pages.html(request, template, context, bilingual=bilingual), status)
    response.headers["Cache-Control"] = "no-store"
    if no_referrer:
        response.headers["Referrer-Policy"] = "no-referrer"
    request.app.state.gate.forms.remember(request, response)
    if bilingual:
        secure = pages.settings.public_origin.startswith("https:")
        languages.remember(request, response, f"/{pages.name}", secure=secure)
    return response


def errors_by_field(refusal: Refusal) -> dict[str, str]:
    """A refusal's faults as a form shows them: the field's name -> what is wrong with it."""
    named = {fault.pointer.rsplit("/", 1)[-1]: fault.detail for fault in refusal.faults}
    return {field: detail[:1].upper() + detail[1:] for field, detail in named.items()}
