"""The shapes that come in and go out: bodies and answers of the API, rows of other systems' files.

Invariant: an unknown field is refused, a number is never read out of a string in JSON, and no fault
repeats what was sent.
"""

from concerns.schemas import open311
from concerns.schemas.api import (
    CaptureConcern,
    CategoryList,
    ConcernList,
    ConcernShown,
    cursor_after,
    listed_categories,
    place_of,
    shown,
)

__all__ = [
    "CaptureConcern",
    "CategoryList",
    "ConcernList",
    "ConcernShown",
    "cursor_after",
    "listed_categories",
    "open311",
    "place_of",
    "shown",
]
