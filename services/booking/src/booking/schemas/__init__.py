"""What comes in from outside: bodies, queries, seed files.

Invariant: whatever gets past here is of the right type and safe to store.
"""

from booking.schemas.bodies import BookWalkBody, CancelWalkBody, MeetingPointBody, OpenSlotBody
from booking.schemas.inputs import (
    DeskDep,
    Email,
    FromTime,
    Line,
    Note,
    Page,
    PageDep,
    ToTime,
    cursor_after,
    wards_of,
)
from booking.schemas.seeds import Seed, read_seed

__all__ = [
    "BookWalkBody",
    "CancelWalkBody",
    "DeskDep",
    "Email",
    "FromTime",
    "Line",
    "MeetingPointBody",
    "Note",
    "OpenSlotBody",
    "Page",
    "PageDep",
    "Seed",
    "ToTime",
    "cursor_after",
    "read_seed",
    "wards_of",
]
