"""What somebody may need of her officer, as the forms ask for it and staff read it.

Invariant: what is chosen is a code that seed files say of officers; a code without a word is shown as it is.
"""

from collections.abc import Mapping, Sequence

from booking import domain
from shared.phrases import marked

NEEDS: Mapping[str, str] = {
    "bsl": marked("British Sign Language"),
    "lip_reading": marked("An officer whose lips I can read"),
    "step_free": marked("A way without steps"),
}
LANGUAGES: Mapping[str, str] = {
    "": marked("English"),
    "cy": marked("Welsh"),
    "ar": marked("Arabic"),
    "bn": marked("Bengali"),
    "fr": marked("French"),
    "gu": marked("Gujarati"),
    "pa": marked("Panjabi"),
    "pl": marked("Polish"),
    "pt": marked("Portuguese"),
    "ro": marked("Romanian"),
    "so": marked("Somali"),
    "es": marked("Spanish"),
    "ta": marked("Tamil"),
    "tr": marked("Turkish"),
    "uk": marked("Ukrainian"),
    "ur": marked("Urdu"),
}
LACKS: Mapping[str, str] = {
    "language": marked(
        "The officer at this time does not speak this language. Please choose another time."
    ),
    "skill": marked("The officer at this time cannot meet this. Please choose another time."),
}


def needs_in_words(person: domain.Person) -> str:
    """What an officer must bring for somebody."""
    said = [NEEDS.get(code, code) for code in person.needs]
    if person.language:
        said.append(f"speaks {LANGUAGES.get(person.language, person.language)}")
    return ", ".join(said) or "None"


def errors_of(lacks: Sequence[str]) -> dict[str, str]:
    """Why an officer does not fit, by the field of the form."""
    fields = {"language": "language", "skill": "needs"}
    return {fields[lack]: LACKS[lack] for lack in lacks if lack in fields}
