"""When and how somebody may be reached, as the forms ask for it.

Invariant: a box that is not ticked is the safe side.
"""

from collections.abc import Mapping
from typing import Any

from shared.phrases import marked

FIELDS = ("safe_from", "safe_to", "voicemail", "telling")
ONE_WAY = marked("Enter an email address or a mobile number, not both")


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
