"""What the public reads in two languages: the templates and modules that speak, and what their catalogues say.

Invariant: what is measured here is what the product's own extraction finds, and more: words that it would not.
"""

import ast
import io
import re
from collections.abc import Sequence
from html import unescape
from pathlib import Path
from typing import Any

from babel.messages.extract import extract_python
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

import booking as booking_package
import shared.pages
from booking import domain
from shared.auth.forms import FormRefused
from shared.errors import Invalid, NotFound, Refusal
from shared.phrases import Text
from shared.web.problems import Unforeseen

SHARED = Path(shared.pages.__file__).parent
BOOKING = Path(booking_package.__file__).parent
# The templates that are there in both languages, beside what every page has around it.
PAGES = (
    "slots.html",
    "return.html",
    "book.html",
    "needs.html",
    "safe-contact.html",
    "manage.html",
    "move.html",
    "wish-form.html",
    "wish.html",
    "wish-confirm.html",
)
AROUND = [
    SHARED / "templates" / f"{name}.html" for name in ("base", "error", "accessibility", "cookies")
]
TEMPLATES = [*AROUND, *(BOOKING / "templates" / "booking" / name for name in PAGES)]
MODULES = ("returning", "book", "needs", "faults", "manage", "wish", "youth", "safe_contact")
SPEAKING = [
    *(BOOKING / "pages" / f"{name}.py" for name in MODULES),
    BOOKING / "domain" / "words.py",
]
REFUSING = [
    BOOKING / "service" / "claims.py",
    *(BOOKING / "domain" / f"{name}.py" for name in ("refusals", "walks", "changes", "whys")),
]
SHARED_PYTHON = [SHARED / "environment.py", SHARED / "navigation.py"]
IN_PYTHON = [*SHARED_PYTHON, *SPEAKING, *REFUSING]
SENTENCE = re.compile(r"[A-Z][a-z]+ ")
PLACEHOLDER = re.compile(r"%\(\w+\)s|<[^>]+>")
UNCHECKED = "This Welsh has not been checked yet."
# A name, what stands in English beside the Welsh, what a page's head needs; and what only staff are shown.
COOKIES = {f"walkandtalk_{name}" for name in ("visitor", "language", "sign_in", "session")}
AS_IT_IS = {"Walk and Talk", "- Walk and Talk", UNCHECKED} | COOKIES
FOR_STAFF = re.compile(
    r"\{% if (?:signed_in|may_switch) %\}.*?\{% else %\}|\{\{ govukPhaseBanner.*?\}\}|\{\{ govukGenericHeader.*?\}\}",
    re.DOTALL,
)
# Words that somebody reads, of what else is quoted in a template: not names of classes, files and forms.
WORDS = re.compile(r"^(?!govuk|app-|\w+/)(?:[A-Z][a-z]|.*[A-Za-z] [A-Za-z]|[ ,][ ,(]*[A-Za-z])")
MARKS = {"marked": None, "counted": None}
# Whose own words are shown.
REFUSALS: tuple[type[Refusal], ...] = (
    domain.TooFewPlaces,
    domain.GuardianNeeded,
    domain.DoesNotFit,
    domain.OfferOver,
    domain.WrongCode,
    domain.requests.RequestOver,
    FormRefused,
)
# What has a page of its own.
SHARED_HEADINGS = (NotFound(), Invalid(), Unforeseen(), FormRefused())
HEADINGS = (*SHARED_HEADINGS, domain.LinkOver(), domain.TooManyWalks("101"), domain.TooLate())
LONG, SHORT = 10, 4  # shorter ones are names of things in addresses and classes, too


def asked(templates: list[Path], modules: list[Path]) -> set[Text]:
    """The texts that templates and modules ask the catalogue for."""
    found = set[Text]()
    for file in templates:
        for _, name, text in environment().extract_translations(file.read_text("utf-8")):
            words = [text] if isinstance(text, str) else [str(each) for each in text or ()]
            found.add((words[0], words[1]) if name == "ngettext" else words[0])
    for file in modules:
        with file.open("rb") as opened:
            for _, name, text, _ in extract_python(opened, MARKS, (), {}):
                found.add((text[0], text[1]) if name == "counted" else str(text))
    return found


def said(*folders: Path) -> dict[Text, Sequence[str]]:
    """English text, or one and several -> Welsh text, or all its forms, of the catalogues of packages."""
    files = [folder / "languages" / "cy.po" for folder in folders or (SHARED, BOOKING)]
    read = [read_po(io.BytesIO(file.read_bytes()), abort_invalid=True) for file in files]
    return {_whole(each.id): _forms(each.string) for po in read for each in po if each.id}


def _whole(text: str | Sequence[str]) -> Text:
    return text if isinstance(text, str) else (text[0], text[1])


def _forms(string: str | Sequence[str] | None) -> Sequence[str]:
    return [string or ""] if isinstance(string, str | None) else string


def english_in(page: str) -> list[str]:
    """The texts of the catalogues that a page says in English, but those that may be of addresses and classes."""
    read = unescape(page).replace(UNCHECKED, "")
    known = [text for key in said() for text in ([key] if isinstance(key, str) else key)]
    found: list[str] = []
    for text in known:
        parts = [part for part in re.split(r"%\(\w+\)s", text) if len(part) > SHORT]
        if sum(map(len, parts)) > LONG and all(part in read for part in parts):
            found.append(text)
    return found


def assert_welsh(page: str, *texts: str) -> None:
    """A page is in Welsh throughout, and says these."""
    assert '<html lang="cy"' in page
    for text in texts:
        assert text in unescape(page), text
    assert english_in(page) == []


def environment() -> Any:
    """Jinja as it reads texts of templates."""
    return Environment(extensions=["jinja2.ext.i18n"], autoescape=True)


def _left(for_staff: re.Match[str]) -> str:
    """What a template keeps where it is read as for the public."""
    return "{% if true %}" if for_staff[0].startswith("{% if") else ""


def outside(template: str) -> list[str]:
    """What the public reads of a template that does not come of the catalogue."""
    tree = environment().parse(FOR_STAFF.sub(_left, template))
    looked_up = {
        id(argument)
        for call in tree.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name in {"_", "ngettext"}
        for argument in call.args
    }
    quoted = [
        each.value
        for each in tree.find_all(nodes.Const)
        if isinstance(each.value, str) and WORDS.search(each.value) and id(each) not in looked_up
    ]
    written = " ".join(each.data for each in tree.find_all(nodes.TemplateData))
    labels = re.findall(r'aria-label="([^" ][^"]*)"', written)
    words = [
        each.strip() for each in re.findall(r"[A-Za-z][^\n]*", re.sub(r"<[^>]*>", " ", written))
    ]
    return [each for each in (*quoted, *labels, *words) if each not in AS_IT_IS]


def unmarked(source: str) -> list[str]:
    """Sentences of a module that are not marked for the catalogue, but what explains itself."""
    tree = ast.parse(source)
    inside = {
        id(each)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr)
        or (isinstance(node, ast.Call) and getattr(node.func, "id", "") in MARKS)
        for each in ((node.value,) if isinstance(node, ast.Expr) else ast.walk(node))
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside
        if SENTENCE.match(node.value)
    ]
