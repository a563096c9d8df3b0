"""What comes in from outside: bodies, queries, seed files.

Invariant: whatever gets past here is of the right type and safe to store.
"""

from booking.schemas.bodies import (
    AbortWalkBody,
    BookWalkBody,
    CancelWalkBody,
    MeetingPointBody,
    MissWalkBody,
    MoveWalkBody,
    OpenSlotBody,
    ReassignWalkBody,
    TapBody,
)
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
    "AbortWalkBody",
    "BookWalkBody",
    "CancelWalkBody",
    "DeskDep",
    "Email",
    "FromTime",
    "Line",
    "MeetingPointBody",
    "MissWalkBody",
    "MoveWalkBody",
    "Note",
    "OpenSlotBody",
    "Page",
    "PageDep",
    "ReassignWalkBody",
    "Seed",
    "TapBody",
    "ToTime",
    "cursor_after",
    "read_seed",
    "wards_of",
]
