"""Why an officer was picked, in words: what an offer keeps in English, and her page reads back.

Invariant: none of them is about anybody else; whatever an offer may keep is in ``WHY``.
"""

from shared.phrases import Text, counted, marked

HELPS_OUT = marked("Helps out in %(ward)s from the next team.")
WALKS_IN = marked("Walks in %(ward)s.")
IS_FREE = marked("Is free then, with time before and after.")
IS_A_WOMAN = marked("Is a woman, as asked.")
IS_A_MAN = marked("Is a man, as asked.")
SPEAKS = marked("Speaks the language that was asked for.")
BRINGS = marked("Brings what was asked for.")
DARK = marked("It is dark then, as asked.")
LIGHT = marked("It is light then, as asked.")
FEWEST = counted(
    "Has %(num)s walk in the last four weeks and ahead: the fewest of those who fit.",
    "Has %(num)s walks in the last four weeks and ahead: the fewest of those who fit.",
)
MORE = counted(
    "Has %(num)s walk in the last four weeks and ahead: others have had fewer.",
    "Has %(num)s walks in the last four weeks and ahead: others have had fewer.",
)
CHOSEN = marked("%(officer)s was chosen for you by a coordinator.")
WHY: tuple[Text, ...] = (
    HELPS_OUT,
    WALKS_IN,
    IS_FREE,
    IS_A_WOMAN,
    IS_A_MAN,
    SPEAKS,
    BRINGS,
    DARK,
    LIGHT,
    FEWEST,
    MORE,
    CHOSEN,
)
