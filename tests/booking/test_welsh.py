"""Public pages in Welsh: whole or not at all, every text in the catalogue, dates as people say them."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

import booking as booking_package
import shared.pages
from shared.pages import welsh
from shared.pages.languages import COOKIE
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
LONG = 10  # shorter ones are names of things in addresses and classes, too


def asked(templates: list[Path], modules: list[Path] = IN_PYTHON) -> set[str]:
    """The texts that templates and modules ask the catalogue for."""
    found = set[str]()
    for file in templates:
        with file.open("rb") as opened:
            for _, _, text, _ in babel_extract(opened, ("_",), (), {}):
                found.add(text[0] if isinstance(text, tuple) else str(text))
    for file in modules:
        with file.open("rb") as opened:
            for _, _, text, _ in extract_python(opened, ("marked",), (), {}):
                found.add(str(text))
    return found


def said() -> dict[str, str]:
    """English text -> Welsh text, of both catalogues."""
    files = (SHARED / "languages" / "cy.po", BOOKING / "languages" / "cy.po")
    read = [read_po(file.open("rb"), abort_invalid=True) for file in files]
    return {str(each.id): str(each.string) for po in read for each in po if each.id}


def test_the_catalogue_says_all_that_is_asked_and_nothing_else() -> None:
    assert set(said()) == asked(TEMPLATES)
    assert all(said().values())


def test_both_have_the_same_placeholders_and_marks() -> None:
    for english, in_welsh in said().items():
        assert sorted(PLACEHOLDER.findall(english)) == sorted(PLACEHOLDER.findall(in_welsh))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda file: file.name)
def test_no_text_of_a_template_stands_outside_the_catalogue(template: Path) -> None:
    source = FOR_STAFF.sub("", template.read_text("utf-8"))
    literal = re.findall(r'"(?:[a-z]*[Tt]ext|html|[a-z]*Label)": ("[^"]*")', source)
    labels = re.findall(r'aria-label="([^"{]*)"', source)
    read = re.sub(r"<[^>]*>", " ", re.sub(r"\{%.*?%\}|\{\{.*?\}\}", " ", source, flags=re.DOTALL))
    words = re.findall(r"[A-Za-z][^\n]*", read)
    assert [
        *literal,
        *labels,
        *(each.strip() for each in words if each.strip() not in AS_IT_IS),
    ] == []


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
        assert [each for each in said() if len(each) > LONG and each in shown] == [UNCHECKED]
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
