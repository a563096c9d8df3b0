"""The rules of concerns: categories, what can be captured, capture windows, and what is told of it.

Invariant: pure; no I/O and no clock.
"""

from concerns.domain.categories import CATCH_ALL, CATEGORIES, VERSION, Category
from concerns.domain.concerns import (
    Concern,
    Identity,
    Outside,
    Said,
    Surroundings,
    WardName,
    capture,
    check,
)
from concerns.domain.refusals import (
    AlreadyCaptured,
    PlaceSwapped,
    UnfitCategories,
    UnfitPlace,
    UnfitSeverity,
    UnfitTime,
    WindowClosed,
)
from concerns.domain.windows import WALK_KEPT_AFTER_END, WINDOW_KEPT_AFTER_END, Window

__all__ = [
    "CATCH_ALL",
    "CATEGORIES",
    "VERSION",
    "WALK_KEPT_AFTER_END",
    "WINDOW_KEPT_AFTER_END",
    "AlreadyCaptured",
    "Category",
    "Concern",
    "Identity",
    "Outside",
    "PlaceSwapped",
    "Said",
    "Surroundings",
    "UnfitCategories",
    "UnfitPlace",
    "UnfitSeverity",
    "UnfitTime",
    "WardName",
    "Window",
    "WindowClosed",
    "capture",
    "check",
]
