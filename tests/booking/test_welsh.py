"""Public pages in Welsh: whole or not at all, every text in the catalogue, dates as people say them."""

import ast
import io
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

import booking as booking_package
import shared.pages
from booking import domain, service
from shared.auth.forms import FormRefused
from shared.errors import Invalid, NotFound, Refusal
from shared.pages import welsh
from shared.pages.errors import heading
from shared.pages.languages import COOKIE
from shared.phrases import Phrase, Text, read_back
from shared.web.problems import Unforeseen
from tests.booking.desk import ORIGIN, WARD, Booking
from tests.booking.visiting import FROM_US, HER, HTML, form_for, page, sends, signed_in
from tests.booking.wishes import DAY, officer_is, works
from tests.factories import START
from tests.provider import hidden_fields

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


def test_the_catalogue_says_all_that_is_asked_and_nothing_else() -> None:
    refused = {refusal().detail for refusal in REFUSALS} | {heading(each) for each in HEADINGS}
    assert set(said()) == asked(TEMPLATES, IN_PYTHON) | refused
    assert all(len(forms) in {1, 6} and all(forms) for forms in said().values())


def test_what_every_service_has_is_in_the_catalogue_of_every_service() -> None:
    refused = {FormRefused().detail, *(heading(each) for each in SHARED_HEADINGS)}
    assert set(said(SHARED)) == asked(AROUND, SHARED_PYTHON) | refused


def test_both_have_the_same_placeholders_and_marks() -> None:
    for text, forms in said().items():
        written = text if isinstance(text, str) else text[1]
        for form in forms:
            assert sorted(PLACEHOLDER.findall(written)) == sorted(PLACEHOLDER.findall(form))


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


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda file: file.name)
def test_no_text_of_a_template_stands_outside_the_catalogue(template: Path) -> None:
    assert outside(template.read_text("utf-8")) == []


def test_the_measure_sees_a_text_outside() -> None:
    planted = """<p class="a b">Read <b>me</b></p><nav aria-label="Back">{{ _("Not me") }}</nav>
        {{ button({"text": "Press me", "classes": "govuk-button app-x"}) }}{{ a ~ ", near " ~ b }}"""
    assert outside(planted) == ["Press me", ", near ", "Back", "Read  me"]


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


@pytest.mark.parametrize("module", SPEAKING, ids=lambda file: file.name)
def test_no_sentence_of_a_page_s_module_stands_outside_the_catalogue(module: Path) -> None:
    assert unmarked(module.read_text("utf-8")) == []


def test_the_measure_sees_a_sentence_outside() -> None:
    planted = """"What it is for."\nA = marked("Not me, please.")\nB = f"Call {A}, please."\nC = "a b c" """
    assert unmarked(planted) == ["Call "]


async def test_the_list_is_in_welsh_throughout_and_keeps_it(booking: Booking) -> None:
    await booking.slot(at=START + timedelta(days=1))
    english = await page(booking, "/booking/?ward=")
    assert '<html lang="en"' in english
    assert 'href="?ward=&amp;lang=cy" hreflang="cy" lang="cy">Cymraeg</a>' in english
    for path in ("/booking/?lang=cy", "/booking/"):
        shown = await page(booking, path)
        assert_welsh(
            shown,
            "<title>Trefnu taith gerdded - Walk and Talk</title>",
            "Dydd Mercher 13 Ionawr",
            "6yh tan 6:30yh",
            "ger the old mill (ar ôl iddi dywyllu)",
            "Nid yw'r Gymraeg hon wedi'i gwirio eto.",
            "Gadael y dudalen hon",
            'lang="en">English</a>',
        )
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


async def test_the_form_is_in_welsh_with_its_hold_and_what_is_wrong_with_it(
    booking: Booking,
) -> None:
    booking.http.cookies.set(COOKIE, "cy")
    slot_id = await booking.slot(capacity=2)
    listed = await page(booking, "/booking/")
    held = await sends(booking, "/booking/hold", listed, slot_id=slot_id)
    shown = await page(booking, held.headers["location"])
    assert_welsh(
        shown,
        "<title>Eich manylion - Walk and Talk</title>",
        "<strong>Dydd Mawrth 12 Ionawr, 7yh tan 7:30yh</strong>",
        "Gall eraill gerdded gyda chi.",
        "tan <strong>6:10yh</strong>",
        "|2 funud ar ôl.|3 munud ar ôl.|",
        '<option value="uk">Wcreineg</option>',
        "Iaith Arwyddion Prydain",
        "ffoniwch 101 yn lle hynny",
    )
    wrong = {"name": "", "companions": "many", "adult": "", "language": "?", "note": "Bws"}
    answer = await sends(booking, "/booking/book", shown, **(HER | wrong))
    assert answer.status_code == 422
    assert_welsh(
        answer.text,
        "<title>Gwall: Eich manylion",
        '<a href="#companions">Rhowch faint sy\'n dod gyda chi, o 0 i 5</a>',
        '<a href="#name">Rhowch eich enw, hyd at 100 o lythrennau</a>',
        '<a href="#language">Dewiswch iaith o\'r rhestr</a>',
        "â Childline ar 0800 1111",
        "Bws</textarea>",
    )


async def test_other_times_are_offered_in_welsh(booking: Booking) -> None:
    booking.http.cookies.set(COOKIE, "cy")
    slot_id = await booking.slot()
    shown = await form_for(booking, slot_id)
    await booking.books(slot_id)
    await booking.slot(at=START + timedelta(days=1))
    answer = await sends(booking, "/booking/book", shown, **HER)
    assert answer.status_code == 409
    assert_welsh(answer.text, "Dewiswch amser arall", "Dydd Mercher 13 Ionawr", "ger the old mill")


async def test_what_is_refused_is_said_in_welsh(booking: Booking) -> None:
    booking.http.cookies.set(COOKIE, "cy")
    slot_id = await booking.slot(capacity=2)
    answer = await sends(
        booking, "/booking/book", await form_for(booking, slot_id), **HER, companions="2"
    )
    assert_welsh(answer.text, '<a href="#companions">Nid oes lle i gynifer ar yr amser hwn')
    answer = await sends(
        booking, "/booking/book", await form_for(booking, slot_id), **HER, language="uk"
    )
    assert_welsh(answer.text, "Nid yw'r swyddog ar yr amser hwn yn siarad yr iaith hon.")


async def test_she_books_in_welsh_and_her_walk_s_page_is_in_welsh_before_and_after(
    booking: Booking,
) -> None:
    listed = await page(booking, "/booking/?lang=cy")
    slot_id = await booking.slot(at=START + timedelta(days=1), capacity=3)
    shown = await form_for(booking, slot_id)
    booked = await sends(booking, "/booking/book", shown, **HER, companions="2")
    assert_welsh(listed, "Trefnu taith gerdded")
    confirmed = await page(booking, booked.headers["location"])
    assert_welsh(
        confirmed,
        "<title>Mae eich taith gerdded wedi'i chadarnhau - Walk and Talk</title>",
        "Dydd Mercher 13 Ionawr, 6yh tan 6:30yh",
        "Mill Lane bus stop, ger the old mill",
        "2 berson arall",
        "Bydd PC Robin 1 yn cwrdd â chi wrth Mill Lane bus stop.",
        "ffoniwch 020 7946 0000.",
        '<strong lang="en">',
        "Gair diogel",
        "Wedi'i chadarnhau",
    )
    path = booked.headers["location"].partition("?")[0]
    cancelled = await sends(booking, f"{path}/cancel", confirmed)
    shown = await page(booking, cancelled.headers["location"])
    assert_welsh(
        shown,
        "Mae eich taith gerdded wedi'i chanslo",
        "Mae'r daith hon wedi'i chanslo: ni fydd neb yn aros amdanoch.",
        "Gallwch gael yr amser hwn eto tan 6:10yh",
    )
    booking.clock.advance(timedelta(minutes=11))
    late = await sends(booking, f"{path}/undo", shown)
    assert_welsh(late.text, "Gellir dadwneud canslo am ddeng munud.")


async def test_another_time_is_chosen_in_welsh(booking: Booking) -> None:
    booking.http.cookies.set(COOKIE, "cy")
    path = (await booking.walk())["manage_url"].removeprefix(ORIGIN)
    assert_welsh(
        await page(booking, f"{path}/move"), "Ni ellir trefnu amser arall yma ar hyn o bryd."
    )
    slot_id = await booking.slot(at=START + timedelta(days=1))
    shown = await page(booking, f"{path}/move")
    assert_welsh(shown, "Symud fy nhaith gerdded", "Dydd Mercher 13 Ionawr", "(ar ôl iddi dywyllu)")
    await booking.books(slot_id)
    gone = await sends(booking, f"{path}/move", shown, slot_id=slot_id)
    assert_welsh(gone.text, "Mae eich taith gerdded fel yr oedd.")


async def test_a_walk_that_is_over_says_so_in_welsh(booking: Booking) -> None:
    booking.http.cookies.set(COOKIE, "cy")
    missed, walked = await booking.walk(), await booking.walk(officer=1)
    booking.clock.advance(timedelta(hours=1, minutes=20))
    await booking.acts(missed, "no-show", json={"party": "participant"})
    other = booking.issuer.bearer("officer", subject="officer-2")
    for verb in ("start", "end"):
        await booking.acts(walked, verb, headers=other)
    another = "Gallwch drefnu taith arall unrhyw bryd."
    assert_welsh(await page(booking, missed["manage_url"]), "Ni chynhaliwyd y daith hon", another)
    assert_welsh(await page(booking, walked["manage_url"]), "Diolch am ddod", "Ar ben", another)


async def asks(booking: Booking, **changes: Any) -> httpx.Response:
    """Somebody asks for a walk by the form, in the language that she reads."""
    shown = await page(booking, "/booking/wish")
    wish = {"wards": WARD, "days": "wednesday", "from": "17:00", "to": "24:00", "light": "dark"}
    return await sends(booking, "/booking/wish", shown, **(HER | wish | changes))


async def test_a_wish_is_asked_for_in_welsh(booking: Booking) -> None:
    booking.http.cookies.set(COOKIE, "cy")
    assert_welsh(
        await page(booking, "/booking/wish"),
        "<title>Gofyn am daith gerdded sy'n gyfleus i chi - Walk and Talk</title>",
        'value="wednesday">',
        "Dydd Mercher",
        "Ar ôl iddi dywyllu",
    )
    wrong = await asks(booking, days="", adult="", to="16:00", note="Bws")
    assert wrong.status_code == 422
    assert_welsh(
        wrong.text,
        '<a href="#days">Dewiswch un diwrnod neu ragor</a>',
        "â Childline ar 0800 1111",
        "Bws</textarea>",
    )


async def test_her_wish_s_page_is_in_welsh_from_asking_to_giving_up(booking: Booking) -> None:
    await page(booking, "/booking/wish?lang=cy")
    where = (await asks(booking, companions="1", woman="yes")).headers["location"]
    await officer_is(booking, 0, sex="female")
    assert_welsh(
        await page(booking, where),
        "Rydych yn aros am daith gerdded",
        "Dydd Mercher 17:00 tan 24:00",
        "1 person arall",
        "Menywod yn unig a gynigir i chi, fel y gofynnoch.",
    )
    await booking.slot(at=START + DAY, capacity=2)
    await works(booking)
    booking.clock.advance(timedelta(minutes=58))
    offered = await page(booking, where)
    assert_welsh(
        offered,
        "Mae gennym amser i chi",
        "11 awr a 2 funud",
        "Mae'n cerdded yn ward Mere End.",
        "Mae'n fenyw, fel y gofynnwyd.",
        "Nifer y teithiau yn y pedair wythnos ddiwethaf ac i ddod: 0, y nifer lleiaf",
    )
    assert_welsh(
        await page(booking, f"{where}/decline"), "Ni fyddwn yn cynnig PC Robin 1 i chi eto."
    )
    booking.clock.advance(timedelta(hours=12))
    late = await sends(booking, f"{where}/accept", offered)
    assert_welsh(late.text, "Mae'r cynnig hwn ar ben. Rydych yn cadw eich lle")
    sure = await page(booking, f"{where}/withdraw")
    assert_welsh(sure, "Peidio ag aros am daith gerdded mwyach?")
    await sends(booking, f"{where}/withdraw", sure)
    assert_welsh(await page(booking, where), "Nid ydych yn aros am daith gerdded mwyach")


@pytest.mark.parametrize("text", domain.whys.WHY)
@pytest.mark.parametrize("num", [1, 4])
def test_why_an_officer_was_picked_is_read_back_of_what_was_kept(text: Text, num: int) -> None:
    kept = Phrase(text, ward="Mere End (north)", officer="PC O'Hara", num=num)
    assert read_back(str(kept), domain.whys.WHY) == kept
    found = read_back(str(kept), domain.whys.WHY)
    assert isinstance(found, Phrase)
    assert found.text == text


async def test_error_pages_are_in_welsh(booking: Booking) -> None:
    booking.http.cookies.set(COOKIE, "cy")
    walk = await booking.walk()
    assert_welsh(await page(booking, "/booking/nothing", 404), "Nid oes dim byd yma o'r enw hwnnw")
    assert_welsh(
        await page(booking, "/booking/manage/nothing", 404), "Nid yw'r ddolen hon yn gyflawn."
    )
    await service.revoke_link(booking.desk, walk["reference"])
    assert_welsh(
        await page(booking, walk["manage_url"], 410),
        "Nid yw'r ddolen hon yn gweithio mwyach. Ffoniwch 020 7946 0000 yn lle hynny.",
        "Mynd i'r dechrau",
    )
    stale = await booking.http.post("/booking/hold", data={}, headers=FROM_US | HTML)
    assert stale.status_code == 403
    assert_welsh(stale.text, "ewch yn ôl, llwythwch y dudalen eto a'i hanfon o'r newydd.")


async def test_who_books_too_many_walks_is_told_in_welsh(booking: Booking) -> None:
    booking.http.cookies.set(COOKIE, "cy")
    slots = [await booking.slot(at=START + nth * DAY) for nth in (1, 2, 3)]
    forms = [await form_for(booking, slot_id) for slot_id in slots]
    answers = [await sends(booking, "/booking/book", shown, **HER) for shown in forms]
    assert [each.status_code for each in answers] == [303, 303, 429]
    assert_welsh(
        answers[2].text, "neu ffoniwch ni ar 101 i siarad am daith gerdded neu i newid un."
    )


async def test_what_is_said_of_the_pages_is_in_welsh(booking: Booking) -> None:
    for path, text in (("accessibility", "Gallwch chwyddo i 400%,"), ("cookies", "1 flwyddyn")):
        english = await page(booking, f"/booking/{path}?lang=en")
        assert 'lang="cy">Cymraeg</a>' in english
        assert_welsh(await page(booking, f"/booking/{path}?lang=cy"), text)


async def test_what_no_catalogue_has_makes_the_page_english(booking: Booking) -> None:
    booking.http.cookies.set(COOKIE, "cy")
    where = (await asks(booking)).headers["location"]
    await booking.slot(at=START + DAY)
    await works(booking)
    assert_welsh(await page(booking, where), "Mae gennym amser i chi")
    async with booking.database.transaction() as connection:
        await connection.execute("update offer set why = array['Has a lantern.']")
    shown = await page(booking, where)
    assert '<html lang="en"' in shown
    assert "We have a time for you" in shown
    assert "hreflang" not in shown


async def test_a_page_that_is_not_there_in_welsh_is_english_throughout(booking: Booking) -> None:
    booking.http.cookies.set(COOKIE, "cy")
    shown = await page(booking, "/booking/signed-out")
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
