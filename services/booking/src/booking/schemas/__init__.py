"""What comes in from outside: bodies, queries, seed files.

Invariant: whatever gets past here is of the right type and safe to store.
"""

from booking.schemas.absences import EndAbsenceBody, RecordAbsenceBody
from booking.schemas.bodies import (
    AbortWalkBody,
    BarBody,
    BookWalkBody,
    CancelWalkBody,
    FurtherOfficerBody,
    HoldBody,
    MeetingPointBody,
    MissWalkBody,
    MoveWalkBody,
    OpenSlotBody,
    ReassignWalkBody,
    ShortenWalkBody,
    TapBody,
)
from booking.schemas.inputs import (
    Code,
    DeskDep,
    Email,
    FromTime,
    Language,
    Line,
    Note,
    Page,
    PageDep,
    ToTime,
    assisting,
    cursor_after,
    wards_of,
)
from booking.schemas.requests import AskBody, OfferBody
from booking.schemas.roster_files import RosterBody, read_roster
from booking.schemas.rosters import ExceptionBody, ShiftBody
from booking.schemas.seeds import Seed, read_seed
from booking.schemas.teams import PolicyBody, WardsBody

__all__ = [
    "AbortWalkBody",
    "AskBody",
    "BarBody",
    "BookWalkBody",
    "CancelWalkBody",
    "Code",
    "DeskDep",
    "Email",
    "EndAbsenceBody",
    "ExceptionBody",
    "FromTime",
    "FurtherOfficerBody",
    "HoldBody",
    "Language",
    "Line",
    "MeetingPointBody",
    "MissWalkBody",
    "MoveWalkBody",
    "Note",
    "OfferBody",
    "OpenSlotBody",
    "Page",
    "PageDep",
    "PolicyBody",
    "ReassignWalkBody",
    "RecordAbsenceBody",
    "RosterBody",
    "Seed",
    "ShiftBody",
    "ShortenWalkBody",
    "TapBody",
    "ToTime",
    "WardsBody",
    "assisting",
    "cursor_after",
    "read_roster",
    "read_seed",
    "wards_of",
]
