"""Public pages in Welsh: whole or not at all, every text in the catalogue, dates as people say them."""

import io
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

import booking as booking_package
import shared.pages
from shared.errors import Refusal
from shared.pages import welsh
from shared.pages.languages import COOKIE
from shared.phrases import Text
from tests.booking.desk import Booking
from tests.booking.visiting import FROM_US, HTML, page, signed_in
from tests.factories import START
from tests.provider import hidden_fields

SHARED = Path(shared.pages.__file__).parent
BOOKING = Path(booking_package.__file__).parent
# The templates that are there in both languages, beside what every page has around it.
PAGES = ("slots.html", "return.html")
BASE = SHARED / "templates" / "base.html"
TEMPLATES = [BASE, *(BOOKING / "templates" / "booking" / name for name in PAGES)]
IN_PYTHON = [SHARED / "environment.py", BOOKING / "pages" / "returning.py"]
PLACEHOLDER = re.compile(r"%\(\w+\)s|<[^>]+>")
UNCHECKED = "This Welsh has not been checked yet."
# A name, what stands in English beside the Welsh, what a page's head needs; and what only staff are shown.
AS_IT_IS = {"Walk and Talk", "- Walk and Talk", UNCHECKED}
FOR_STAFF = re.compile(
    r"\{% if signed_in %\}.*?\{% else %\}|\{\{ govukPhaseBanner.*?\}\}|\{\{ govukGenericHeader.*?\}\}",
    re.DOTALL,
)
# Words that somebody reads, of what else is quoted in a template: not names of classes, files and forms.
WORDS = re.compile(r"^(?!govuk|app-|\w+/)(?:[A-Z][a-z]|.*[A-Za-z] [A-Za-z]|[ ,][ ,(]*[A-Za-z])")
MARKS = {"marked": None, "counted": None}
REFUSALS: tuple[type[Refusal], ...] = ()  # whose own words are shown
LONG = 10  # shorter ones are names of things in addresses and classes, too


def asked(templates: list[Path], modules: list[Path] = IN_PYTHON) -> set[Text]:
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
    return found | {refusal().detail for refusal in REFUSALS}


def said() -> dict[Text, Sequence[str]]:
    """English text, or one and several -> Welsh text, or all its forms, of both catalogues."""
    files = (SHARED / "languages" / "cy.po", BOOKING / "languages" / "cy.po")
    read = [read_po(io.BytesIO(file.read_bytes()), abort_invalid=True) for file in files]
    return {_whole(each.id): _forms(each.string) for po in read for each in po if each.id}


def _whole(text: str | Sequence[str]) -> Text:
    return text if isinstance(text, str) else (text[0], text[1])


def _forms(string: str | Sequence[str] | None) -> Sequence[str]:
    return [string or ""] if isinstance(string, str | None) else string


def in_english() -> list[str]:
    """Every text of the catalogues that is no name of a thing in addresses and classes, too."""
    known = [text for key in said() for text in ([key] if isinstance(key, str) else key)]
    return [text for text in known if len(text) > LONG and text != UNCHECKED]


def environment() -> Any:
    """Jinja as it reads texts of templates."""
    return Environment(extensions=["jinja2.ext.i18n"], autoescape=True)


def _left(for_staff: re.Match[str]) -> str:
    """What a template keeps where it is read as for the public."""
    return "{% if true %}" if for_staff[0].startswith("{% if") else ""


def test_the_catalogue_says_all_that_is_asked_and_nothing_else() -> None:
    assert set(said()) == asked(TEMPLATES)
    assert all(len(forms) in {1, 6} and all(forms) for forms in said().values())


def test_both_have_the_same_placeholders_and_marks() -> None:
    for text, forms in said().items():
        written = text if isinstance(text, str) else text[1]
        for form in forms:
            assert sorted(PLACEHOLDER.findall(written)) == sorted(PLACEHOLDER.findall(form))


def outside(template: str) -> list[str]:
    """What the public reads of a template that does not come of the catalogue."""
    source = FOR_STAFF.sub(_left, template)
    tree = environment().parse(source)
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
    labels = re.findall(r'aria-label="([^"{]*)"', source)
    read = re.sub(r"<[^>]*>", " ", re.sub(r"\{%.*?%\}|\{\{.*?\}\}", " ", source, flags=re.DOTALL))
    words = [each.strip() for each in re.findall(r"[A-Za-z][^\n]*", read)]
    return [each for each in (*quoted, *labels, *words) if each not in AS_IT_IS]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda file: file.name)
def test_no_text_of_a_template_stands_outside_the_catalogue(template: Path) -> None:
    assert outside(template.read_text("utf-8")) == []


def test_the_measure_sees_a_text_outside() -> None:
    planted = """<p class="a b">Read <b>me</b></p><nav aria-label="Back">{{ _("Not me") }}</nav>
        {{ button({"text": "Press me", "classes": "govuk-button app-x"}) }}{{ a ~ ", near " ~ b }}"""
    assert outside(planted) == ["Press me", ", near ", "Back", "Read  me"]


async def test_the_list_is_in_welsh_throughout_and_keeps_it(booking: Booking) -> None:
    await booking.slot(at=START + timedelta(days=1))
    english = await page(booking, "/booking/?ward=")
    assert '<html lang="en"' in english
    assert 'href="?ward=&amp;lang=cy" hreflang="cy" lang="cy">Cymraeg</a>' in english
    for path in ("/booking/?lang=cy", "/booking/"):
        shown = await page(booking, path)
        for text in (
            '<html lang="cy"',
            "<title>Trefnu taith gerdded - Walk and Talk</title>",
            "Dydd Mercher 13 Ionawr",
            "6yh tan 6:30yh",
            "ger the old mill (ar ôl iddi dywyllu)",
            "Nid yw&#39;r Gymraeg hon wedi&#39;i gwirio eto.",
            "Gadael y dudalen hon",
            'lang="en">English</a>',
        ):
            assert text in shown or text.replace("&#39;", "'") in shown, text
        assert [each for each in in_english() if each in shown] == []
    assert '<html lang="en"' in await page(booking, "/booking/?lang=en")
    assert '<html lang="en"' in await page(booking, "/booking/")


async def test_what_is_wrong_with_a_form_is_said_in_welsh_and_nothing_typed_is_lost(
    booking: Booking,
) -> None:
    booking.http.cookies.set(COOKIE, "cy")
    shown = await page(booking, "/booking/return")
    data = hidden_fields(shown) | {"reference": "7K2M-9QXD", "code": ""}
    answer = await booking.http.post("/booking/return", data=data, headers=FROM_US | HTML)
    assert answer.status_code == 422
    assert "<title>Gwall: Gweld neu newid eich taith gerdded" in answer.text
    assert '<a href="#code">Rhowch chwe digid eich cod</a>' in answer.text
    assert 'value="7K2M-9QXD"' in answer.text
    assert "hreflang" not in answer.text  # to follow it would lose what she typed


async def test_a_page_that_is_not_there_in_welsh_is_english_throughout(booking: Booking) -> None:
    booking.http.cookies.set(COOKIE, "cy")
    shown = await page(booking, "/booking/wish")
    assert '<html lang="en"' in shown
    assert "Neidio" not in shown


async def test_staff_who_are_signed_in_read_english(booking: Booking) -> None:
    booking.http.cookies.set(COOKIE, "cy")
    signed_in(booking, "officer")
    assert '<html lang="en"' in await page(booking, "/booking/")


@pytest.mark.parametrize(
    ("at", "said_as"),
    [
        (datetime(2027, 1, 12, 12, tzinfo=UTC), "Dydd Mawrth 12 Ionawr, canol dydd"),
        (datetime(2027, 1, 12, 0, tzinfo=UTC), "Dydd Mawrth 12 Ionawr, hanner nos"),
        (datetime(2027, 6, 13, 8, 5, tzinfo=UTC), "Dydd Sul 13 Mehefin, 9:05yb"),
        (datetime(2027, 10, 31, 1, 30, tzinfo=UTC), "Dydd Sul 31 Hydref, 1:30yb (GMT)"),
    ],
)
def test_dates_are_as_people_say_them(at: datetime, said_as: str) -> None:
    assert welsh.people_date(at) == said_as


def test_a_walk_over_midnight_names_both_days() -> None:
    late = datetime(2027, 1, 12, 23, 50, tzinfo=UTC)
    over = welsh.time_range(late, late + timedelta(minutes=30))
    assert over == "11:50yh tan 12:20yb Dydd Mercher 13 Ionawr"
