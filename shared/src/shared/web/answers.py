"""What a route says of its answers: ``responses=gives(BookedWalk, 201) | problems(SlotTaken)``.

Invariant: nothing here runs when a request is answered, and a problem's example is made by the code
that answers it. What follows from a route's rule and inputs is added by ``shared.web.described``.
"""

import json
from collections.abc import Mapping
from typing import Any

from shared.errors import Refusal
from shared.web.problems import MEDIA_TYPE, refusal_answer

Answers = dict[int | str, dict[str, Any]]
Said = Refusal | type[Refusal]

HEADERS: Mapping[str, str] = {
    "ETag": "the version, for If-Match",
    "Link": "``rel=next``: the following page, where there is one",
    "Location": "where to ask what has become of it",
    "Retry-After": "seconds to wait",
    "WWW-Authenticate": "Bearer",
}
SOMETIMES = frozenset({"Link"})


def gives(model: Any, status: int = 200, *, headers: tuple[str, ...] = ()) -> Answers:
    """The answer when all is well: JSON of this type, with these headers of ``HEADERS``."""
    return {status: {"model": model, **_headers(headers)}}


def problems(*refusals: Said) -> Answers:
    """The problems that only this route has; an instance shows what else its body holds."""
    found: Answers = {}
    for each in refusals:
        refusal = each() if isinstance(each, type) else each
        answer = found.setdefault(refusal.status, _empty(refusal))
        answer["content"][MEDIA_TYPE]["examples"][refusal.slug] = example(refusal)
    return found


def example(refusal: Refusal) -> dict[str, Any]:
    """A problem as its caller reads it."""
    return {"summary": refusal.title, "value": json.loads(bytes(refusal_answer(refusal).body))}


def _empty(refusal: Refusal) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"examples": dict[str, Any]()}}
    return {"description": "", **_headers(tuple(refusal.headers)), "content": content}


def _headers(names: tuple[str, ...]) -> dict[str, Any]:
    said = {
        name: {
            "description": HEADERS[name],
            "required": name not in SOMETIMES,
            "schema": {"type": "integer" if name == "Retry-After" else "string"},
        }
        for name in names
    }
    return {"headers": said} if said else {}
