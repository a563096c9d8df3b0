"""What is wrong with what she typed, in the words of both forms.

Invariant: the words are of the field, never of what was typed.
"""

from collections.abc import Mapping

from booking import domain
from shared.phrases import Phrase, marked

WRONG: Mapping[str, str] = {
    "name": marked("Enter your name, of at most 100 letters"),
    "email": marked("Enter an email address, like name@example.com"),
    "mobile": marked("Enter a mobile number, like 07700 900123"),
    "companions": Phrase(
        marked("Enter how many come with you, from 0 to %(most)s"), most=domain.MOST_COMPANIONS
    ),
    "safe_contact": marked(
        "Enter two times like 09:00 and 17:00, an hour apart or more; or leave both empty"
    ),
    "needs": marked("Choose what you need from the list"),
    "language": marked("Choose a language from the list"),
    "note": marked("Your note must be of at most 1,000 letters"),
}
