"""What booking refuses, each with its slug and its words.

    Conflict 409: SlotTaken (TooFewPlaces), SlotExists, TooFewOfficers, OfficerBusy, ShiftsOverlap,
        AbsenceOver, BarOver, DoesNotFit, WrongState, WalkAhead, TooEarly, TooLate, RequestOver, OfferOver
    Forbidden 403: NotInTeam
    Gone 410: LinkOver
    Invalid 422: AdultsOnly, TooYoung, GuardianNeeded, WrongCode
    TooMany 429: TooManyWalks

Invariant: every 429 has the same words, so that it does not tell whether a contact is known here.
"""

from shared.errors import Conflict, Fault, Forbidden, Gone, Invalid, TooMany
from shared.phrases import Phrase, marked

RETRY_AFTER = 3600


class SlotTaken(Conflict):
    """This time can no longer be booked: please choose another."""

    slug = "slot-taken"


class TooFewPlaces(SlotTaken):
    """There is no room for so many at this time: come with fewer, or choose another time."""

    slug = "too-few-places"


class TooFewOfficers(Conflict):
    """So many people are booked that this officer is needed: find another officer first."""

    slug = "too-few-officers"


class SlotExists(Conflict):
    """This officer already has a slot that starts then."""

    slug = "slot-exists"


class OfficerBusy(Conflict):
    """This officer is not free then: there is a walk, or the time kept free around one."""

    slug = "officer-busy"


class ShiftsOverlap(Conflict):
    """This officer has another shift at that time: change or end that one first."""

    slug = "shifts-overlap"


class AbsenceOver(Conflict):
    """This absence has ended: record another one."""

    slug = "absence-over"


class WrongState(Conflict):
    """The walk is not in a state in which this can be done."""

    slug = "wrong-state"


class BarOver(Conflict):
    """A bar must end later than now: leave its end out, or name a later one."""

    slug = "bar-over"


class RequestOver(Conflict):
    """Nothing more can be done with this wish: ask again if you would still like to walk."""

    slug = "request-over"


class OfferOver(Conflict):
    """This offer is over. You keep your place, and we offer you the next time that fits."""

    slug = "offer-over"


class DoesNotFit(Conflict):
    """This officer does not bring what is asked for here: choose another."""

    slug = "does-not-fit"


class WalkAhead(Conflict):
    """A walk of hers is not over: cancel it, or wait for its end, then erase her."""

    slug = "walk-ahead"


class TooEarly(Conflict):
    """It is too early for this: a walk can be started from 60 minutes before its time."""

    slug = "too-early"


class TooLate(Conflict):
    """It is too late for this."""

    slug = "too-late"


class NotInTeam(Forbidden):
    """Only officers of the walk's team may do this."""

    slug = "not-in-team"


class LinkOver(Gone):
    """This link no longer works."""

    slug = "link-over"


class WrongCode(Invalid):
    """This reference and this code do not belong together: look at both again in your confirmation."""

    slug = "wrong-code"


class AdultsOnly(Invalid):
    """Walks are for people aged 18 or over."""

    slug = "adults-only"

    def __init__(self) -> None:
        super().__init__(
            marked(
                "Walks can be booked by people aged 18 or over. If you are younger, you can talk to your "
                "local policing team on 101, to Childline on 0800 1111 at any hour, or, if you are in "
                "danger, call 999."
            )
        )


class TooYoung(Invalid):
    """Walks are for somewhat older people."""

    slug = "too-young"

    def __init__(self, youth_from: int) -> None:
        super().__init__(
            Phrase(
                marked(
                    "Walks here can be booked from the age of %(age)s on. If you are younger, you can talk "
                    "to your local policing team on 101, to Childline on 0800 1111 at any hour, or, if you "
                    "are in danger, call 999."
                ),
                age=youth_from,
            ),
            youth_from=youth_from,
        )


class GuardianNeeded(Invalid):
    """If you are under 18, say how old you are, and the name of a guardian who agrees."""

    slug = "guardian-needed"

    def __init__(self) -> None:
        said = "is needed of somebody under 18"
        super().__init__(faults=[Fault("#/age", said), Fault("#/guardian", said)])


class TooManyWalks(TooMany):
    """No more walks can be booked just now."""

    def __init__(self, phone: str) -> None:
        super().__init__(
            Phrase(
                marked(
                    "No more walks can be booked just now. Please try again later, or call us on "
                    "%(phone)s to talk about a walk or to change one."
                ),
                phone=phone,
            ),
            retry_after=RETRY_AFTER,
            phone=phone,
        )
