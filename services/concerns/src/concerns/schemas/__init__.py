"""The shapes that come in and go out: bodies and answers of the API, rows of other systems' files.

Invariant: an unknown field is refused, a number is never read out of a string in JSON, and no fault
repeats what was sent.
"""

from concerns.schemas import open311
from concerns.schemas.api import (
    MAX_NOTE,
    CaptureConcern,
    CategoryList,
    ConcernList,
    ConcernShown,
    cursor_after,
    listed_categories,
    place_of,
    shown,
)
from concerns.schemas.form import read_form, spots_of

__all__ = [
    "MAX_NOTE",
    "CaptureConcern",
    "CategoryList",
    "ConcernList",
    "ConcernShown",
    "cursor_after",
    "listed_categories",
    "open311",
    "place_of",
    "read_form",
    "shown",
    "spots_of",
]
