"""What access.yaml allows is what the registry of events says, and no more."""

from typing import Any

from shared.events import OWNERS, READERS, tier_of
from tests.factories import SERVICES
from tests.kafka_topics import ACCESS


def by_registry(service: str) -> dict[str, Any]:
    """What a service must be allowed, and all that it may be."""
    return {
        "writes": sorted(topic for topic, owner in OWNERS.items() if owner == service),
        "reads": sorted(topic for topic, readers in READERS.items() if service in readers),
        "groups": [service],
    }


def test_a_service_may_do_on_kafka_what_the_registry_says_and_nothing_else() -> None:
    allowed = {
        name: {kind: sorted(given) for kind, given in ACCESS[name].items()} for name in SERVICES
    }
    assert allowed == {name: by_registry(name) for name in SERVICES}


def test_whoever_is_no_service_only_reads_and_only_what_is_shared() -> None:
    others = {name: may for name, may in ACCESS.items() if name not in SERVICES}
    assert others
    for may in others.values():
        assert may["writes"] == []
        assert all(tier_of(pattern) == "shared" for pattern in may["reads"])


def test_nobodys_group_is_anothers() -> None:
    """By its group's offsets a member could be pushed aside: a partner stays below its own name."""
    for name, may in ACCESS.items():
        assert {pattern.partition(".")[0] for pattern in may["groups"]} == {name}
