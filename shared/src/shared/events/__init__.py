"""The registry of every event there is: topic and type to the class of its fact.

Invariant: one class per topic and type, one owner per topic; a type not listed here is unknown, and
an unknown type is counted and passed, never refused.
"""

from collections.abc import Mapping

from shared.events import absences, alerts, concerns, requests, walks
from shared.events.base import (
    Fact,
    Outgoing,
    Received,
    Tier,
    WardRef,
    internal,
    shared_at_once,
    shared_later,
)

FACTS: tuple[type[Fact], ...] = (
    *walks.FACTS,
    *requests.FACTS,
    *absences.FACTS,
    *concerns.FACTS,
    *alerts.FACTS,
)

REGISTRY: Mapping[tuple[str, str], type[Fact]] = {(fact.topic, fact.type): fact for fact in FACTS}

# Only its owner may write a topic; the ACL manifest and ``topics apply`` are compared with this.
OWNERS: Mapping[str, str] = {
    walks.INTERNAL: "booking",
    walks.SHARED: "booking",
    requests.INTERNAL: "booking",
    absences.INTERNAL: "booking",
    concerns.INTERNAL: "concerns",
    concerns.SHARED: "concerns",
    alerts.INTERNAL: "notifications",
}

# Which services listen to a topic; other systems' readers are not ours to know.
READERS: Mapping[str, tuple[str, ...]] = {
    walks.INTERNAL: ("concerns", "notifications", "reporting"),
    walks.SHARED: (),
    requests.INTERNAL: ("notifications", "reporting"),
    absences.INTERNAL: ("reporting",),
    concerns.INTERNAL: ("booking", "reporting"),
    concerns.SHARED: (),
    alerts.INTERNAL: ("booking", "reporting"),
}


def tier_of(topic: str) -> Tier:
    """Which tier a topic belongs to; its name says so."""
    return "shared" if topic.startswith("shared.") else "internal"


__all__ = [
    "FACTS",
    "OWNERS",
    "READERS",
    "REGISTRY",
    "Fact",
    "Outgoing",
    "Received",
    "WardRef",
    "internal",
    "shared_at_once",
    "shared_later",
    "tier_of",
]
