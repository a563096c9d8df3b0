"""People who walk together: how many may, with how many officers.

Invariant: at most ``group_size`` people walk together, companions counted, and ``people_per_officer`` to each
officer who is there. The view ``bookable_slot`` says it again to the database.
"""

from booking.domain.refusals import TooFewOfficers
from booking.domain.teams import Policy
from shared.errors import Fault

# Beside somebody who books: they take places, and nothing is known of them.
MOST_COMPANIONS = 5
MOST_PEOPLE = 20


def most_places(policy: Policy, officers: int) -> int:
    """How many people may walk with so many officers."""
    return min(policy.group_size, policy.people_per_officer * officers)


def faults_of_capacity(capacity: int, policy: Policy, officers: int = 1) -> list[Fault]:
    """What is wrong with offering a slot or a shift to so many."""
    most = most_places(policy, officers)
    if capacity <= most:
        return []
    with_them = "one officer" if officers == 1 else f"{officers} officers"
    said = f"must be at most {most}: the team's policy lets no more walk with {with_them}"
    return [Fault("#/capacity", said)]


def require_enough(people: int, policy: Policy, officers: int) -> None:
    """Raise TooFewOfficers where so many people are booked that so few officers will not do."""
    if people > most_places(policy, officers):
        raise TooFewOfficers
