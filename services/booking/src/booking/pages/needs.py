"""What somebody may need of her officer, as the forms ask for it and staff read it.

Invariant: what is chosen is a code that seed files say of officers; a code without a word is shown as it is.
"""

from collections.abc import Mapping, Sequence

from booking import domain

NEEDS: Mapping[str, str] = {
    "bsl": "British Sign Language",
    "lip_reading": "An officer whose lips I can read",
    "step_free": "A way without steps",
}
LANGUAGES: Mapping[str, str] = {
    "": "English",
    "cy": "Welsh",
    "ar": "Arabic",
    "bn": "Bengali",
    "fr": "French",
    "gu": "Gujarati",
    "pa": "Panjabi",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "so": "Somali",
    "es": "Spanish",
    "ta": "Tamil",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "ur": "Urdu",
}
LACKS: Mapping[str, str] = {
    "language": "The officer at this time does not speak this language. Please choose another time.",
    "skill": "The officer at this time cannot meet this. Please choose another time.",
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
