"""What may still change of a walk: its time, its officer, and how it came to its end.

Invariant: as in ``walks``: a change is a function from a walk to a new walk and the facts that tell of it;
whatever changes a promise raises ``sequence``, and no change of officer is ever told as a cancellation.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from booking.domain import facts
from booking.domain.facts import Facts, Telling
from booking.domain.refusals import TooEarly, TooLate, WrongState
from booking.domain.slots import Slot, require_bookable
from booking.domain.teams import Officer, Policy
from booking.domain.times import promised
from booking.domain.walks import PASSED, Deed, State, Walk, changed, cleared, not_before, require
from shared.errors import Fault, Invalid
from shared.events.walks import Aborted, Party, Reassigned, Shortened
from shared.phrases import marked

UNDO_WITHIN = timedelta(minutes=10)


def move(
    walk: Walk,
    slot: Slot,
    policy: Policy,
    initiator: Literal["participant", "force"],
    telling: Telling,
) -> tuple[Walk, Facts]:
    """The walk at another slot's time and place. Raises SlotTaken, WrongState, TooLate."""
    require(walk, State.CONFIRMED)
    if initiator == "participant" and telling.at >= walk.times.starts_at:
        raise TooLate(PASSED)
    if slot.id == walk.slot_id:
        raise WrongState(marked("The walk is at that time already."), state=walk.state.value)
    require_bookable(slot, policy, at=telling.at)
    after = changed(
        walk,
        slot_id=slot.id,
        officer=slot.officer,
        ward=slot.ward,
        near=slot.near,
        meeting_point=slot.meeting_point,
        times=slot.times,
        after_dark=slot.after_dark,
        start_due_at=slot.times.starts_at + policy.grace,
        end_due_at=slot.times.ends_at + policy.grace,
        sequence=walk.sequence + 1,
    )
    # The mark was of the old plan: after the new one has been told, nobody says the old one again.
    told = cleared(walk, telling.at) + facts.rescheduled(after, walk, initiator, telling)
    return after, told


def undo_cancel(walk: Walk, slot: Slot, policy: Policy, telling: Telling) -> tuple[Walk, Facts]:
    """A walk that its participant cancelled moments ago, as it was; with who walks on its slot now.

    Raises WrongState, TooLate ten minutes after, SlotTaken when its time has gone meanwhile.
    """
    require(walk, State.CANCELLED)
    if walk.initiator != "participant" or walk.cancelled is None:
        raise WrongState("Only your own cancellation can be undone.", state=walk.state.value)
    if telling.at > walk.cancelled.at + UNDO_WITHIN:
        raise TooLate(
            marked("A cancellation can be undone for ten minutes. Please book another time.")
        )
    require_bookable(slot, policy, at=telling.at)
    after = changed(
        walk,
        state=State.CONFIRMED,
        officer=slot.officer,
        cancelled=None,
        initiator=None,
        sequence=walk.sequence + 1,
    )
    return after, facts.confirmed(after, telling)


def reassign(
    walk: Walk, officer: Officer, reason: Reassigned, telling: Telling
) -> tuple[Walk, Facts]:
    """The same walk with another officer. Raises WrongState."""
    require(walk, State.CONFIRMED)
    if officer.id == walk.officer.id:
        raise WrongState("This officer has the walk already.", state=walk.state.value)
    after = replace(walk, officer=officer, version=walk.version + 1, sequence=walk.sequence + 1)
    return after, facts.reassigned(after, reason, telling)


def shorten(walk: Walk, minutes: int, reason: Shortened, telling: Telling) -> tuple[Walk, Facts]:
    """The same walk with a sooner end; its overdue mark, if any, stays.

    Raises WrongState (once it has started it is ended, or broken off with a reason), Invalid unless its end
    lies ahead and before the one promised.
    """
    require(walk, State.CONFIRMED)
    times = promised(walk.times.starts_at, minutes, walk.times.tz_version)
    if not max(telling.at, times.starts_at) < times.ends_at < walk.times.ends_at:
        raise Invalid(faults=[Fault("#/minutes", "must end it ahead, and sooner than promised")])
    after = replace(
        walk,
        times=times,
        end_due_at=walk.end_due_at - (walk.times.ends_at - times.ends_at),
        version=walk.version + 1,
        sequence=walk.sequence + 1,
    )
    return after, facts.rescheduled(after, walk, "force", telling, reason)


def abort(walk: Walk, deed: Deed, reason: Aborted, telling: Telling) -> tuple[Walk, Facts]:
    """The walk broken off, both accounted for."""
    require(walk, State.STARTED)
    deed = not_before(deed, walk.started)
    after = changed(walk, state=State.ABORTED, ended=deed, abort_reason=reason)
    return after, facts.aborted(after, deed.at, reason, telling) + cleared(walk, telling.at)


def miss(walk: Walk, by: str, party: Party, telling: Telling) -> tuple[Walk, Facts]:
    """A walk to which one side did not come; not before its time."""
    require(walk, State.CONFIRMED)
    if telling.at < walk.times.starts_at:
        raise TooEarly("It is too early to say so: the walk's time has not come.")
    after = changed(walk, state=State.NO_SHOW, missed=Deed(telling.at, by), missing_party=party)
    return after, facts.no_show(after, party, telling) + cleared(walk, telling.at)


def debrief(walk: Walk, by: str, telling: Telling) -> tuple[Walk, Facts]:
    """A walk of which all that was said has been written down."""
    require(walk, State.ENDED, State.ABORTED)
    after = changed(walk, state=State.DEBRIEFED, debriefed=Deed(telling.at, by))
    return after, facts.debriefed(after, telling)


def tap(by: str, done_at: datetime | None, at: datetime) -> Deed:
    """A tap of an officer's that was made at ``done_at`` (None: now) and heard of at ``at``.

    Heard of more than a minute later it is late; a time that lies ahead is a telephone's clock and now.
    """
    done = min(done_at or at, at)
    return Deed(done, by, late=at - done > timedelta(minutes=1))
