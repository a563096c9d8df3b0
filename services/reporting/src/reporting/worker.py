"""Events in: what each type on each topic counts as.

Invariant: every event of the topics listened to is kept as a fact; counting needs no other event to
have come before it.
"""

from reporting import domain, service
from shared.events import alerts, concerns, walks
from shared.service import Work

_WALK_TYPES = (
    walks.WalkConfirmed,
    walks.WalkCancelled,
    walks.WalkStarted,
    walks.WalkEnded,
    walks.WalkOverdue,
    walks.WalkOverdueCleared,
)


def work() -> Work:
    """What a worker of reporting listens to; it has no timers."""
    of_walk = service.counting(domain.facts_of_walk)
    of_concern = service.counting(domain.facts_of_concern)
    of_alert = service.counting(domain.facts_of_alert)
    return Work(
        listens={
            walks.INTERNAL: {fact.type: of_walk for fact in _WALK_TYPES},
            concerns.INTERNAL: {concerns.ConcernCaptured.type: of_concern},
            alerts.INTERNAL: {fact.type: of_alert for fact in alerts.FACTS},
        },
        timers=(),
    )
