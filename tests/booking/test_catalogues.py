"""Every text of the public pages is in the Welsh catalogue, and nothing that nobody asks for."""

from pathlib import Path

import pytest

from shared.auth.forms import FormRefused
from shared.pages.errors import heading
from tests.booking.catalogues import (
    AROUND,
    HEADINGS,
    IN_PYTHON,
    PLACEHOLDER,
    REFUSALS,
    SHARED,
    SHARED_HEADINGS,
    SHARED_PYTHON,
    SPEAKING,
    TEMPLATES,
    asked,
    outside,
    said,
    unmarked,
)


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


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda file: file.name)
def test_no_text_of_a_template_stands_outside_the_catalogue(template: Path) -> None:
    assert outside(template.read_text("utf-8")) == []


def test_the_measure_sees_a_text_outside() -> None:
    planted = """<p class="a b">Read <b>me</b></p><nav aria-label="Back">{{ _("Not me") }}</nav>
        {{ button({"text": "Press me", "classes": "govuk-button app-x"}) }}{{ a ~ ", near " ~ b }}"""
    assert outside(planted) == ["Press me", ", near ", "Back", "Read  me"]


@pytest.mark.parametrize("module", SPEAKING, ids=lambda file: file.name)
def test_no_sentence_of_a_page_s_module_stands_outside_the_catalogue(module: Path) -> None:
    assert unmarked(module.read_text("utf-8")) == []


def test_the_measure_sees_a_sentence_outside() -> None:
    planted = """"What it is for."\nA = marked("Not me, please.")\nB = f"Call {A}, please."\nC = "a b c" """
    assert unmarked(planted) == ["Call "]
