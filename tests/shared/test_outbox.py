"""What an append makes of an event: its number, its id, its size, and what leads back from it."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from opentelemetry.sdk.trace import TracerProvider

from shared import outbox
from shared.bands import band_of
from shared.clock import new_id
from shared.events import Outgoing, WardRef, internal, shared_at_once
from shared.events.base import MAX_VALUE_BYTES
from shared.events.walks import SharedWalkStarted
from shared.postgres import Database
from tests.shared import eventpath as path


async def append(database: Database, *events: Outgoing) -> list[outbox.Appended]:
    """Append in a transaction of its own."""
    async with database.transaction() as connection:
        return await outbox.append(connection, *events)


def a_shared_event(**changes: UUID) -> Outgoing:
    """An event for other systems."""
    band = band_of(path.START + timedelta(days=2))
    ward = WardRef(code="L05000001", set="larkmere-2026")
    fact = SharedWalkStarted(ward=ward, local_date=band.date, band=band.label)
    event = shared_at_once(fact, new_id(), band=band, at=path.START, wait=timedelta(hours=4))
    return replace(event, **changes)


async def test_an_event_over_64_kb_is_refused_with_its_transaction(
    shared_database: Database,
) -> None:
    small, key = internal(path.a_start(), new_id(), at=path.START), new_id()
    fact = path.a_start().model_copy(
        update={"ward": WardRef(code="L" * MAX_VALUE_BYTES, set="larkmere-2026")}
    )
    refused = False
    try:
        await append(shared_database, small, internal(fact, key, at=path.START))
    except outbox.EventTooLarge:
        refused = True
    assert refused
    assert await path.outbox_is_empty(shared_database)


async def test_a_keys_events_are_numbered_without_holes(shared_database: Database) -> None:
    key, other = new_id(), new_id()
    event, another = (internal(path.a_start(), each, at=path.START) for each in (key, other))
    first = await append(shared_database, event, another, event)
    second = await append(shared_database, event)
    numbers = [(each.key, each.sequence) for each in [*first, *second]]
    assert numbers == [(key, 1), (other, 1), (key, 2), (key, 3)]


async def test_an_events_id_is_random(shared_database: Database) -> None:
    [event] = await append(shared_database, a_shared_event())
    assert event.id.version == 4


async def test_a_shared_event_names_neither_its_cause_nor_its_trace(
    shared_database: Database,
) -> None:
    cause = new_id()
    ours = replace(internal(path.a_start(), new_id(), at=path.START), cause=cause)
    with TracerProvider().get_tracer("test").start_as_current_span("a request"):
        await append(shared_database, ours, a_shared_event(cause=cause))
    rows = await path.rows(shared_database, "select topic, headers from event_log order by topic")
    assert [sorted(row["headers"]) for row in rows] == [
        ["causationid", "time", "traceparent"],
        ["time"],
    ]
