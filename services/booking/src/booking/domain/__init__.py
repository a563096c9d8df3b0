"""The rules of booking: slots, walks, promised times, limits, refusals. Pure: no I/O, no clock.

Invariant: everything here is a frozen value or a function of its arguments.
"""

from booking.domain.changes import (
    UNDO_WITHIN,
    abort,
    debrief,
    miss,
    move,
    reassign,
    tap,
    undo_cancel,
)
from booking.domain.contacts import Limits, Tried, counted_as, require_within
from booking.domain.facts import Facts, Telling
from booking.domain.keys import read_keys
from booking.domain.links import Claim, Links, read_token
from booking.domain.people import Person
from booking.domain.refusals import (
    AdultsOnly,
    LinkOver,
    NotInTeam,
    OfficerBusy,
    SlotExists,
    SlotTaken,
    TooEarly,
    TooLate,
    TooManyWalks,
    WrongState,
)
from booking.domain.slots import (
    LONGEST_MINUTES,
    MeetingPoint,
    Slot,
    SlotState,
    Ward,
    kept_free,
    require_bookable,
)
from booking.domain.teams import Officer, Policy, Role
from booking.domain.times import LONDON, Times, is_london_time, promised, readings
from booking.domain.walks import (
    KEPT_AFTER_END,
    START_WINDOW,
    Deed,
    NewWalk,
    Overdue,
    Report,
    State,
    Walk,
    book,
    cancel,
    end,
    mark_overdue,
    revoke_link,
    slot_after_cancel,
    start,
)
from booking.domain.words import next_steps

__all__ = [
    "KEPT_AFTER_END",
    "LONDON",
    "LONGEST_MINUTES",
    "START_WINDOW",
    "UNDO_WITHIN",
    "AdultsOnly",
    "Claim",
    "Deed",
    "Facts",
    "Limits",
    "LinkOver",
    "Links",
    "MeetingPoint",
    "NewWalk",
    "NotInTeam",
    "Officer",
    "OfficerBusy",
    "Overdue",
    "Person",
    "Policy",
    "Report",
    "Role",
    "Slot",
    "SlotExists",
    "SlotState",
    "SlotTaken",
    "State",
    "Telling",
    "Times",
    "TooEarly",
    "TooLate",
    "TooManyWalks",
    "Tried",
    "Walk",
    "Ward",
    "WrongState",
    "abort",
    "book",
    "cancel",
    "counted_as",
    "debrief",
    "end",
    "is_london_time",
    "kept_free",
    "mark_overdue",
    "miss",
    "move",
    "next_steps",
    "promised",
    "read_keys",
    "read_token",
    "readings",
    "reassign",
    "require_bookable",
    "require_within",
    "revoke_link",
    "slot_after_cancel",
    "start",
    "tap",
    "undo_cancel",
]
