"""What the doctor asks Kafka: is it there, is it the same, are the topics right, how long are the logs.

Invariant: it changes nothing there; an answer that does not come within a deadline is a finding.
"""

from collections.abc import Mapping

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from shared import kafka, looking, topics
from shared.doctor.finding import Finding
from shared.doctor.tables import Standing
from shared.events import OWNERS, READERS
from shared.settings import ServiceSettings

NO_ANSWER = (OSError, TimeoutError, KafkaError)


async def examine(name: str, settings: ServiceSettings, standing: Standing) -> list[Finding]:
    """Look at the cluster, the topics and the ends of the logs."""
    try:
        cluster = await kafka.cluster_id(settings)
    except OSError:
        todo = (
            f"start Kafka, or mend {name.upper()}_KAFKA_BOOTSTRAP_SERVERS; what is said waits in the"
            " outbox and goes out by itself"
        )
        return [Finding("kafka", "does not answer", todo)]
    try:
        return [
            _cluster(name, cluster, standing.cluster),
            *await _own_topics(name, settings),
            *await _heard_topics(name, settings, standing),
        ]
    except NO_ANSWER as error:
        todo = "ask again; if it stays, look at the broker's log and at this service's rights there"
        return [Finding("kafka", f"answers, but not to this: {type(error).__name__}", todo)]


def _cluster(name: str, answering: str, known: str | None) -> Finding:
    if known is None or known == answering:
        return Finding("kafka", f"reachable, cluster {answering}")
    todo = (
        f"if {answering} is meant, python -m {name} events republish --since TIME; else mend"
        f" {name.upper()}_KAFKA_BOOTSTRAP_SERVERS"
    )
    return Finding("kafka", f"cluster {answering} answers, events went to {known}", todo)


async def _own_topics(name: str, settings: ServiceSettings) -> list[Finding]:
    owned = [topic for topic, owner in OWNERS.items() if owner == name]
    if not owned:
        return []
    # The embedded broker, which has its name from its parent, tells nothing of topics' settings.
    if topics.MANIFEST.exists() and settings.kafka_cluster is None:
        wrong = await topics.differences(settings, topics.MANIFEST, name)
    else:
        there = {each.topic for each in await looking.partitions(settings, owned)}
        wrong = [f"{topic}: missing" for topic in owned if topic not in there]
    todo = f"python -m {name} topics apply"
    return [Finding("topics", each, todo) for each in wrong] or [
        Finding("topics", f"{len(owned)} of its own, as topics.yaml has them")
    ]


async def _heard_topics(name: str, settings: ServiceSettings, standing: Standing) -> list[Finding]:
    heard = sorted(topic for topic, readers in READERS.items() if name in readers)
    places = await looking.partitions(settings, heard)
    missing = [topic for topic in heard if topic not in {each.topic for each in places}]
    found = [
        Finding("topics", f"{topic}: missing", f"python -m {OWNERS[topic]} topics apply")
        for topic in missing
    ]
    if standing.offsets is None or not places:
        return found
    edges = await looking.bounds(settings, places)
    return found + [
        _place(name, topic, edges, standing.offsets) for topic in heard if topic not in missing
    ]


def _place(
    name: str,
    topic: str,
    edges: Mapping[TopicPartition, tuple[int, int]],
    offsets: Mapping[tuple[str, int], int],
) -> Finding:
    """How far the consumer is from the end of a topic, by the offsets in its own database."""
    about, behind = f"place in {topic}", 0
    for each, (start, end) in edges.items():
        if each.topic != topic:
            continue
        next_offset = offsets.get((topic, each.partition), start)
        if next_offset < start:
            todo = (
                f"python -m {OWNERS[topic]} events republish --since TIME,"
                f" then python -m {name} events resume"
            )
            return Finding(about, f"partition {each.partition} lost records unread", todo)
        behind += max(0, end - max(next_offset, start))
    return Finding(about, f"{behind} records before the end of the log")
