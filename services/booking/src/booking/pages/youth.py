"""What the form asks of somebody under 18, and what it says when that will not do.

Invariant: of an adult none of it goes any further.
"""

from collections.abc import Mapping
from typing import Any

from booking import domain
from booking.pages.typed import whole
from shared.errors import Refusal
from shared.phrases import marked

FIELDS = ("adult", "age", "guardian", "consents")
WRONG: Mapping[str, str] = {
    "age": marked("Enter how old you are, in years"),
    "guardian": marked("Enter the name of your parent or guardian, of at most 100 letters"),
}


def body_of(typed: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the form as the API's body."""
    adult = typed["adult"] == "yes"
    guardian = {"name": typed["guardian"].strip(), "consents": typed["consents"] == "yes"}
    return {
        "adult": adult,
        "age": None if adult or not typed["age"] else whole(typed["age"].strip()) or 0,
        "guardian": None if adult or not guardian["name"] else guardian,
    }


def errors_of(typed: Mapping[str, Any], refusal: Refusal) -> dict[str, str]:
    """Why somebody under 18 may not, what is missing, or that she has not said whether she is."""
    if isinstance(refusal, domain.TooYoung):
        return {"age": refusal.detail}
    if isinstance(refusal, domain.AdultsOnly) or not (typed["age"] or typed["guardian"]):
        return {"adult": refusal.detail}
    missing = {name: said for name, said in WRONG.items() if not typed[name].strip()}
    return missing or {"consents": marked("Your parent or guardian must agree")}
