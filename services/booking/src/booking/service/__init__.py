"""What booking does: one function, one transaction.

Invariant: every change commits at the end of the ``async with`` that a reader sees, facts included.
"""

from booking.service import answers, replan_answers, request_answers, roster_answers, team_answers
from booking.service.absences import (
    NewAbsence,
    absence,
    absences,
    end_absence,
    record_absence,
)
from booking.service.bars import NewBar, bar, bars, lift_bar
from booking.service.changes import (
    abort_walk,
    debrief_walk,
    miss_walk,
    move_by_link,
    move_walk,
    reassign_walk,
    shorten_walk,
    undo_cancel_by_link,
)
from booking.service.days import OneWalk, one_walk, walks_of_day
from booking.service.desk import Burst, Desk
from booking.service.feeds import OwnFeed, feed, make_feed, own_feed, revoke_feed
from booking.service.groups import Group, add_officer, group, remove_officer
from booking.service.holds import hold, let_go
from booking.service.imports import RosterLine, import_roster
from booking.service.keeping import (
    count_what_is_old,
    erase,
    erase_again,
    forget_what_is_old,
    seal_what_is_plain,
    seed,
)
from booking.service.lapses import expire_next, release_expired
from booking.service.links import cancel_by_link, contact_of_walk, revoke_link, walk_of_link
from booking.service.offers import (
    accept_by_link,
    decline_by_link,
    make_offer,
    match_next,
    offerable,
)
from booking.service.overdue import mark_next_overdue, note_reported, take_reports
from booking.service.replans import carry_out, make_plan, plan
from booking.service.requests import (
    Standing,
    Waiting,
    Wish,
    ask,
    close_next_late,
    contact_of_request,
    list_requests,
    standing_of_request,
    wish_of_link,
    withdraw_by_link,
)
from booking.service.returns import way_back
from booking.service.rosters import (
    add_shift,
    change_shift,
    except_day,
    open_next_shift,
    remove_shift,
)
from booking.service.slots import NewSlot, open_slot
from booking.service.teams import change_policy, change_wards, leads, must_lead, officers_led
from booking.service.together import Together
from booking.service.walks import Booking, book_walk, cancel_walk, end_walk, start_walk

__all__ = [
    "Booking",
    "Burst",
    "Desk",
    "Group",
    "NewAbsence",
    "NewBar",
    "NewSlot",
    "OneWalk",
    "OwnFeed",
    "RosterLine",
    "Standing",
    "Together",
    "Waiting",
    "Wish",
    "abort_walk",
    "absence",
    "absences",
    "accept_by_link",
    "add_officer",
    "add_shift",
    "answers",
    "ask",
    "bar",
    "bars",
    "book_walk",
    "cancel_by_link",
    "cancel_walk",
    "carry_out",
    "change_policy",
    "change_shift",
    "change_wards",
    "close_next_late",
    "contact_of_request",
    "contact_of_walk",
    "count_what_is_old",
    "debrief_walk",
    "decline_by_link",
    "end_absence",
    "end_walk",
    "erase",
    "erase_again",
    "except_day",
    "expire_next",
    "feed",
    "forget_what_is_old",
    "group",
    "hold",
    "import_roster",
    "leads",
    "let_go",
    "lift_bar",
    "list_requests",
    "make_feed",
    "make_offer",
    "make_plan",
    "mark_next_overdue",
    "match_next",
    "miss_walk",
    "move_by_link",
    "move_walk",
    "must_lead",
    "note_reported",
    "offerable",
    "officers_led",
    "one_walk",
    "open_next_shift",
    "open_slot",
    "own_feed",
    "plan",
    "reassign_walk",
    "record_absence",
    "release_expired",
    "remove_officer",
    "remove_shift",
    "replan_answers",
    "request_answers",
    "revoke_feed",
    "revoke_link",
    "roster_answers",
    "seal_what_is_plain",
    "seed",
    "shorten_walk",
    "standing_of_request",
    "start_walk",
    "take_reports",
    "team_answers",
    "undo_cancel_by_link",
    "walk_of_link",
    "walks_of_day",
    "way_back",
    "wish_of_link",
    "withdraw_by_link",
]
