"""Texts that pages say in her language: marked where they stand, looked up where they are shown.

Invariant: pure; a phrase is its own English, so that whoever knows no catalogue says it as it is.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Self

# One text, or two: of one thing, and of several, with their number as ``%(num)s``.
Text = str | tuple[str, str]
PLACEHOLDER = re.compile(r"%\\\((\w+)\\\)s")  # as re.escape leaves it


def marked(text: str) -> str:
    """A text of the catalogue as it stands; whoever shows it says it in her language."""
    return text


def counted(one: str, several: str) -> tuple[str, str]:
    """The same, of a text that has a plural."""
    return one, several


class Phrase(str):
    """A text of the catalogue with its values set in."""

    __slots__ = ("text", "values")
    text: Text
    values: Mapping[str, object]

    def __new__(cls, text: Text, /, **values: object) -> Self:
        """``values`` are by the names of the placeholders; ``num`` chooses between one and several."""
        form = text if isinstance(text, str) else text[values["num"] != 1]
        made = super().__new__(cls, form % values)
        made.text, made.values = text, values
        return made


def read_back(sentence: str, texts: Iterable[Text]) -> str:
    """The phrase that a sentence was kept of, by the texts that it may be; what is none stays as it is."""
    for text in texts:
        for form in (text,) if isinstance(text, str) else text:
            pattern = PLACEHOLDER.sub(r"(?P<\1>.+)", re.escape(form))
            if found := re.fullmatch(pattern, sentence):
                values: dict[str, object] = {**found.groupdict()}
                if not isinstance(text, str):
                    values["num"] = int(found["num"])
                return Phrase(text, **values)
    return sentence
