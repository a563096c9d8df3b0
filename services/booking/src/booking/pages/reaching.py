"""How staff may reach somebody, in words.

Invariant: of whoever was not asked it says the safe side.
"""

from booking import domain

NOT_ASKED = "Not asked: leave no voicemail, and say nothing to anybody else"


def safe_contact_in_words(person: domain.Person) -> str:
    """How whoever wants to reach her must go about it."""
    rules = person.safe_contact
    if rules is None:
        return NOT_ASKED
    begin, end = rules.hours or (None, None)
    return "; ".join(
        (
            f"only between {begin:%H:%M} and {end:%H:%M}" if begin and end else "at any time",
            "leave no voicemail" if rules.no_voicemail else "voicemail may be left",
            "messages say nothing of it" if rules.neutral else "messages may say what it is about",
        )
    )
