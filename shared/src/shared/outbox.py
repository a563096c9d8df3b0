"""Facts join the caller's transaction: one statement counts, logs and queues them.

Invariant: a fact is queued exactly when its transaction commits. Its sequence is 1, 2, 3 ... per
topic and key without holes, taken from a counter row that stays locked until the commit, so that
rows of one key are queued in the order of their sequence; and no row may be sent before its key's
previous one.
"""

from dataclasses import dataclass
from uuid import UUID

from shared.clock import new_id
from shared.events import Outgoing
from shared.events.base import MAX_VALUE_BYTES
from shared.postgres import Connection
from shared.tracing import current_traceparent

# $1.. are equally long arrays, one element a fact, in the order of happening.
APPEND = """
with fact as (
    select f.*, row_number() over (partition by topic, key order by nth) as place,
           count(*) over (partition by topic, key) as number
      from unnest($1::text[], $2::text[], $3::uuid[], $4::text[], $5::jsonb[], $6::bytea[],
                  $7::timestamptz[]) with ordinality
        as f (topic, key, event_id, type, headers, value, publish_after, nth)
), counter as (
    insert into event_counter (topic, key, last_sequence, last_publish_after)
    select topic, key, count(*), max(publish_after) from fact group by topic, key order by topic, key
    on conflict (topic, key) do update
       set last_sequence = event_counter.last_sequence + excluded.last_sequence,
           last_publish_after = greatest(event_counter.last_publish_after,
                                         excluded.last_publish_after)
    returning topic, key, last_sequence, last_publish_after
), numbered as (
    select fact.nth, fact.topic, fact.key, fact.event_id, fact.type, fact.headers, fact.value,
           counter.last_sequence - fact.number + fact.place as sequence,
           counter.last_publish_after as publish_after
      from fact join counter using (topic, key)
), logged as (
    insert into event_log (topic, key, sequence, event_id, type, headers, value, publish_after)
    select topic, key, sequence, event_id, type, headers, value, publish_after from numbered
    returning logged_at, topic, key, sequence
), queued as (
    insert into outbox (topic, key, sequence, publish_after, logged_at)
    select topic, key, sequence, publish_after, logged_at
      from numbered join logged using (topic, key, sequence)
     order by nth
)
select event_id, topic, key, sequence from numbered order by nth
"""


@dataclass(frozen=True, slots=True)
class Appended:
    """Where a fact stands: its event id, and its number among those of its topic and key."""

    id: UUID
    topic: str
    key: UUID
    sequence: int


class EventTooLarge(Exception):
    """An event is at most 64 KB: say less in it."""


async def append(connection: Connection, *events: Outgoing) -> list[Appended]:
    """Queue the events in the caller's transaction, in the order given.

    Raises EventTooLarge when a value is over 64 KB; the transaction is then lost with it.
    """
    if not events:
        return []
    trace = current_traceparent()
    rows = await connection.fetch(
        APPEND,
        [event.topic for event in events],
        [str(event.key) for event in events],
        [new_id() for _ in events],
        [event.type for event in events],
        [_headers(event, trace) for event in events],
        [_value(event) for event in events],
        [event.publish_after for event in events],
    )
    return [
        Appended(row["event_id"], row["topic"], UUID(row["key"]), row["sequence"]) for row in rows
    ]


def _headers(event: Outgoing, traceparent: str | None) -> dict[str, str]:
    """The envelope's attributes that only the appending transaction knows."""
    headers = {"time": event.time.isoformat()}
    if event.topic.startswith("internal."):  # a shared event must not lead back to its cause
        if traceparent:
            headers["traceparent"] = traceparent
        if event.cause:
            headers["causationid"] = str(event.cause)
    return headers


def _value(event: Outgoing) -> bytes | None:
    if event.fact is None:
        return None
    value = event.fact.model_dump_json().encode()
    if len(value) > MAX_VALUE_BYTES:
        raise EventTooLarge
    return value
