"""The languages of public pages: which one a browser is shown, its catalogue, its dates.

Texts stand in templates in English, as ``_("...")``, and in Python as ``marked("...")``;
``languages/cy.po`` of each package says them in Welsh.
Invariant: a page is in one language throughout, in English unless it is there in both and she chose the
other: a text that a catalogue lacks is never said in English among Welsh.
"""

import io
from collections.abc import Iterable
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import Literal, TypeGuard

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from fastapi import Request
from starlette.responses import Response

from shared.phrases import Phrase

Language = Literal["en", "cy"]

LANGUAGES: tuple[Language, ...] = ("en", "cy")
NAMES = {"en": "English", "cy": "Cymraeg"}
ASKED = "lang"
COOKIE = "walkandtalk_language"
LASTS_SECONDS = 365 * 24 * 3600


class Unsaid(LookupError):
    """A text that the catalogues of a language do not have."""


class _Nothing(NullTranslations):
    """What stands behind the catalogues: all that they lack."""

    def gettext(self, message: str) -> str:
        raise Unsaid(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:  # noqa: ARG002 - its names there
        raise Unsaid(msgid1)


def language_of(request: Request) -> Language:
    """What she asked for by a link, or chose before."""
    for said in (request.query_params.get(ASKED), request.cookies.get(COOKIE)):
        if _is_ours(said):
            return said
    return "en"


def remember(request: Request, response: Response, path: str, *, secure: bool) -> None:
    """Keep the language that she asked for by a link."""
    said = request.query_params.get(ASKED)
    if _is_ours(said):
        response.set_cookie(
            COOKIE,
            said,
            max_age=LASTS_SECONDS,
            path=path,
            secure=secure,
            httponly=True,
            samesite="lax",
        )


def other_of(request: Request, language: Language) -> dict[str, str] | None:
    """The link to this page in the other language; None where following it would lose what she typed."""
    if request.method not in {"GET", "HEAD"}:
        return None
    other = next(each for each in LANGUAGES if each != language)
    address = request.url.include_query_params(**{ASKED: other})
    return {"code": other, "name": NAMES[other], "href": f"?{address.query}"}


def catalogue(folders: Iterable[Path], language: Language) -> NullTranslations:
    """All that the folders' catalogues say in a language; asked for anything else it raises Unsaid."""
    if language == "en":
        return NullTranslations()
    found: NullTranslations = _Nothing()
    for file in (folder / f"{language}.po" for folder in folders):
        if file.exists():
            compiled = io.BytesIO()
            write_mo(compiled, read_po(io.BytesIO(file.read_bytes())), use_fuzzy=True)
            compiled.seek(0)
            read = GNUTranslations(compiled)
            read.add_fallback(found)
            found = read
    return found


def say(texts: NullTranslations, said: str) -> str:
    """A text or a phrase in a catalogue's language. Raises Unsaid."""
    if not isinstance(said, Phrase):
        return texts.gettext(said)
    text, values = said.text, said.values
    if isinstance(text, str):
        return texts.gettext(text) % values
    return texts.ngettext(*text, int(str(values["num"]))) % values


def _is_ours(said: str | None) -> TypeGuard[Language]:
    return said in LANGUAGES
