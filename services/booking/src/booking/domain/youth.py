"""Whether somebody who is not of age may walk: where her team's policy lets her, with a guardian's consent.

Invariant: of an adult neither age nor guardian is kept; of somebody younger both are known before she has a
place, and told to nobody but who walks with her or sends others to.
"""

from dataclasses import dataclass, field

from booking.domain.people import Person
from booking.domain.refusals import AdultsOnly, GuardianNeeded, TooYoung
from booking.domain.teams import Policy

OF_AGE = 18


@dataclass(frozen=True, slots=True)
class Young:
    """Somebody under 18: how old she is, and the name of the guardian who has consented."""

    age: int = field(repr=False)
    guardian: str = field(repr=False)


def require_may_walk(policy: Policy, young: Young | None, *, adult: bool) -> None:
    """Raise AdultsOnly, GuardianNeeded or TooYoung where a team may not take somebody."""
    if adult:
        return
    if policy.youth == "adults_only":
        raise AdultsOnly
    if young is None:
        raise GuardianNeeded
    if young.age < policy.youth_from:
        raise TooYoung(policy.youth_from)


def may_wish(person: Person) -> bool:
    """Whether a wish can be made in somebody's name: the match does not know how old anybody is."""
    return person.age is None


def may_take(policy: Policy, person: Person) -> bool:
    """Whether a team takes somebody who is booked already."""
    return person.age is None or (
        policy.youth == "with_guardian" and person.age >= policy.youth_from
    )
