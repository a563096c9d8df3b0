"""When and how somebody may be reached, as the forms ask for it and staff read it.

Invariant: a box that is not ticked is the safe side.
"""

from collections.abc import Mapping
from typing import Any

from booking import domain
from shared.phrases import marked

FIELDS = ("safe_from", "safe_to", "voicemail", "telling")
ONE_WAY = marked("Enter an email address or a mobile number, not both")
NOT_ASKED = "Not asked: leave no voicemail, and say nothing to anybody else"


def body_of(typed: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the form as the API's body."""
    begin, end = (str(typed[name]).strip() for name in ("safe_from", "safe_to"))
    return {
        "from": begin.zfill(len("00:00")) if begin else None,
        "to": end.zfill(len("00:00")) if end else None,
        "no_voicemail": typed["voicemail"] != "yes",
        "neutral": typed["telling"] != "yes",
    }


def one_way(typed: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong when she gives both an address and a number."""
    return {"mobile": ONE_WAY} if typed["email"].strip() and typed["mobile"].strip() else {}


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
