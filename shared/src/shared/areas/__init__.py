"""Where things are: boundary sets of wards, point to ward, and whether it was dark there.

Invariant: a boundary set is a file and a plain object made by ``app``; nothing here is looked up
over a network or kept process-wide. "Outside every ward" is an answer, never an error.
"""

from shared.areas import sun
from shared.areas.boundaries import AreasRefused, BoundarySet, Place, Ward, load
from shared.areas.normalise import normalise, prepare

__all__ = [
    "AreasRefused",
    "BoundarySet",
    "Place",
    "Ward",
    "load",
    "normalise",
    "prepare",
    "sun",
]
