"""Events in: what each type on each topic counts as.

Invariant: every event of the topics listened to is kept as a fact; counting needs no other event to
have come before it.
"""

from collections.abc import Mapping

from reporting import domain, service
from shared.events import FACTS, absences, alerts, concerns, requests, walks
from shared.service import Handler, Work


def work() -> Work:
    """What a worker of reporting listens to; it has no timers."""
    of_walk = service.counting(domain.facts_of_walk)
    of_request = service.counting(domain.facts_of_request)
    of_absence = service.counting(domain.facts_of_absence)
    of_concern = service.counting(domain.facts_of_concern)
    of_alert = service.counting(domain.facts_of_alert)
    return Work(
        listens={
            walks.INTERNAL: _each(walks.INTERNAL, of_walk),
            requests.INTERNAL: _each(requests.INTERNAL, of_request),
            absences.INTERNAL: _each(absences.INTERNAL, of_absence),
            concerns.INTERNAL: _each(concerns.INTERNAL, of_concern),
            alerts.INTERNAL: _each(alerts.INTERNAL, of_alert),
        },
        timers=(),
    )


def _each(topic: str, handler: Handler) -> Mapping[str, Handler]:
    """The same handler for every type on a topic."""
    return {fact.type: handler for fact in FACTS if fact.topic == topic}
