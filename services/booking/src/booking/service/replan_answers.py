"""Plans for the walks of an officer who is away, as JSON: the reviewed plan, and the report it becomes.

Invariant: walks are named by reference, time and ward, wishes by reference, participants never.
"""

from collections import Counter
from typing import Any

from booking.domain.plans import Plan, Planned
from booking.service.answers import instant
from booking.service.shapes import PlannedWalk, PlanShown


def plan(of: Plan) -> dict[str, Any]:
    """A plan, how many walks each choice and each outcome has, and its steps."""
    shown: PlanShown = {
        "id": str(of.id),
        "absence_id": str(of.absence_id),
        "made_at": instant(of.made_at),
        "carried_out": of.carried_out,
        "choices": dict(Counter(each.choice.value for each in of.steps)),
        "outcomes": dict(Counter(each.outcome for each in of.steps if each.outcome)),
        "walks": [_step(each) for each in of.steps],
    }
    return dict(shown)


def _step(of: Planned) -> PlannedWalk:
    return {
        "id": str(of.walk_id),
        "reference": of.reference,
        "ward": of.ward_name,
        "starts_at": instant(of.starts_at),
        "ends_at": instant(of.ends_at),
        "choice": of.choice.value,
        "why": list(of.why),
        "officer": {"id": str(of.officer_id), "display_name": of.officer_name or ""}
        if of.officer_id
        else None,
        "instead": {"starts_at": instant(of.other_starts_at)} if of.other_starts_at else None,
        "outcome": of.outcome,
        "said": of.said,
        "wish": {"reference": of.wish, "state": of.wish_state.value}
        if of.wish and of.wish_state
        else None,
    }
