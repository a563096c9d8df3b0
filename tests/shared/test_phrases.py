"""Texts with values and plurals, and what they were read back of."""

from gettext import NullTranslations

from shared.pages.languages import say
from shared.phrases import Phrase, counted, marked, read_back

NEAR = marked("near %(place)s (%(walks)s)")
WALKS = counted("%(num)s walk at %(place)s", "%(num)s walks at %(place)s")


def test_a_phrase_is_its_own_english() -> None:
    assert Phrase(NEAR, place="the 50% shop", walks=2) == "near the 50% shop (2)"
    assert [Phrase(WALKS, num=num, place="Mill") for num in (0, 1, 2)] == [
        "0 walks at Mill",
        "1 walk at Mill",
        "2 walks at Mill",
    ]


def test_a_catalogue_says_its_form_with_the_values() -> None:
    class Loud(NullTranslations):
        def gettext(self, message: str) -> str:
            return (
                message.upper().replace("%(PLACE)S", "%(place)s").replace("%(WALKS)S", "%(walks)s")
            )

        def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
            return f"{n}: {msgid2}"

    assert say(Loud(), "plain 100%") == "PLAIN 100%"
    assert say(Loud(), Phrase(NEAR, place="mill", walks=1)) == "NEAR mill (1)"
    assert say(Loud(), Phrase(WALKS, num=1, place="mill")) == "1: 1 walks at mill"


def test_a_sentence_is_read_back_and_what_is_none_of_the_texts_stays() -> None:
    kept = str(Phrase(WALKS, num=3, place="a (b) at c"))
    found = read_back(kept, [NEAR, WALKS])
    assert isinstance(found, Phrase)
    assert (found.text, found.values, found) == (WALKS, {"num": 3, "place": "a (b) at c"}, kept)
    assert read_back("something else", [NEAR, WALKS]) == "something else"
    assert not isinstance(read_back("something else", [NEAR, WALKS]), Phrase)
