"""Capturing and reading: rows, the outbox, and what happens when it is done twice."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from concerns import domain, service
from concerns.store.concerns import Wanted
from concerns.worker import walks as walks_in
from shared.errors import Forbidden
from shared.events import concerns as events, walks
from shared.idempotency import KeyReused, StillRunning, replay
from shared.postgres import Database
from tests.concerns.capturing import (
    BOROUGH,
    MERE_END,
    OUTSIDE,
    a_desk,
    a_request,
    a_saying,
    count,
    heard,
    queued,
)
from tests.factories import START, Clock


async def test_a_capture_keeps_a_row_and_queues_both_events(concerns_database: Database) -> None:
    parts = a_desk(concerns_database)
    answer = await service.capture_concern(parts, BOROUGH, a_saying(note="steps"), a_request())
    assert answer["ward"] == {
        "code": MERE_END.code,
        "name": MERE_END.name,
        "set": "larkmere-2026",
    }
    assert (answer["light"], answer["outside"], answer["notices"]) == ("dark", False, [])
    ours, theirs = await queued(concerns_database)
    assert (ours.topic, ours.key, ours.sequence) == (events.INTERNAL, answer["id"], 1)
    assert ours.publish_after == START
    assert theirs.topic == events.SHARED
    assert theirs.publish_after == START.replace(hour=0) + timedelta(days=1)
    assert theirs.key not in (answer["id"], str(answer))
    assert "walk_id" not in theirs.value


async def test_the_shared_subject_is_kept_on_the_row_and_random(
    concerns_database: Database,
) -> None:
    parts = a_desk(concerns_database)
    await service.capture_concern(parts, BOROUGH, a_saying(), a_request())
    async with concerns_database.reading() as connection:
        kept = await connection.fetchval("select shared_id from concern")
    assert kept.version == 4
    assert [each.key for each in await queued(concerns_database)][1] == str(kept)


async def test_the_same_request_again_is_the_same_concern(
    concerns_database: Database, clock: Clock
) -> None:
    parts = a_desk(concerns_database, clock=clock)
    first = await service.capture_concern(parts, BOROUGH, a_saying(), a_request("k"))
    clock.advance(timedelta(minutes=5))
    again = await service.capture_concern(parts, BOROUGH, a_saying(), a_request("k"))
    assert again == first
    assert await count(concerns_database, "concern") == 1
    assert len(await queued(concerns_database)) == 2


async def test_the_same_key_with_another_body_is_refused(concerns_database: Database) -> None:
    parts = a_desk(concerns_database)
    await service.capture_concern(parts, BOROUGH, a_saying(), a_request("k"))
    with pytest.raises(KeyReused):
        await service.capture_concern(parts, BOROUGH, a_saying(), a_request("k", b"[]"))
    assert await count(concerns_database, "concern") == 1


async def test_the_same_key_while_the_first_still_runs_is_refused(
    concerns_database: Database,
) -> None:
    parts = a_desk(concerns_database)
    async with concerns_database.transaction() as connection:
        await replay(connection, a_request("k"))
        with pytest.raises(StillRunning):
            await service.capture_concern(parts, BOROUGH, a_saying(), a_request("k"))
    assert await service.capture_concern(parts, BOROUGH, a_saying(), a_request("k"))


async def test_a_place_outside_every_ward_is_kept_and_said_so(concerns_database: Database) -> None:
    lon, lat = OUTSIDE
    answer = await service.capture_concern(
        a_desk(concerns_database), BOROUGH, a_saying(lon=lon, lat=lat), a_request()
    )
    assert (answer["ward"], answer["outside"]) == (None, True)
    assert "outside every ward" in answer["notices"][0]
    assert [each.value["ward"] for each in await queued(concerns_database)] == [None, None]


async def test_swapped_coordinates_are_refused_and_leave_nothing(
    concerns_database: Database,
) -> None:
    lon, lat = MERE_END.point
    with pytest.raises(domain.PlaceSwapped):
        await service.capture_concern(
            a_desk(concerns_database), BOROUGH, a_saying(lon=lat, lat=lon), a_request()
        )
    assert await count(concerns_database, "concern") == 0
    assert await queued(concerns_database) == []


async def test_a_concern_of_an_unheard_walk_is_kept_and_matched_when_it_is_heard_of(
    concerns_database: Database,
) -> None:
    parts, walk_id = a_desk(concerns_database), uuid4()
    answer = await service.capture_concern(parts, BOROUGH, a_saying(walk_id=walk_id), a_request())
    assert answer["walk_known"] is False
    assert "not known here yet" in answer["notices"][0]
    async with concerns_database.transaction() as connection:
        await walks_in.learn(connection, [heard(walk_id, walks.WalkConfirmed, officer_role="PC")])
    (kept,) = await service.read_concerns(parts, "officer-1", None, Wanted())
    assert kept.matched
    assert kept.concern.said.walk_id == walk_id


async def hear(database: Database, walk_id: UUID, fact: type[walks.WalkEnded], **more: Any) -> None:
    async with database.transaction() as connection:
        await walks_in.learn(connection, [heard(walk_id, fact, **more)])


async def test_only_a_window_known_to_be_closed_refuses(
    concerns_database: Database, clock: Clock
) -> None:
    parts, walk_id = a_desk(concerns_database, clock=clock, window_days=28), uuid4()
    await hear(concerns_database, walk_id, walks.WalkEnded, at=START)
    saying = a_saying(walk_id=walk_id)
    clock.advance(timedelta(days=28))
    with suppress(domain.WindowClosed):
        await service.capture_concern(parts, BOROUGH, saying, a_request())
    assert await count(concerns_database, "concern") == 1
    clock.advance(timedelta(seconds=1))
    with pytest.raises(domain.WindowClosed):
        await service.capture_concern(parts, BOROUGH, saying, a_request())


async def test_a_cancelled_walk_takes_no_concerns(concerns_database: Database) -> None:
    parts, walk_id = a_desk(concerns_database), uuid4()
    async with concerns_database.transaction() as connection:
        event = heard(walk_id, walks.WalkCancelled, initiator="participant", notice_hours=2.0)
        await walks_in.learn(connection, [event])
    with pytest.raises(domain.WindowClosed):
        await service.capture_concern(parts, BOROUGH, a_saying(walk_id=walk_id), a_request())


async def test_an_outside_report_twice_at_once_is_one_concern_and_one_pair_of_events(
    concerns_database: Database,
) -> None:
    parts = a_desk(concerns_database)
    report = a_saying(source="import", outside=domain.Outside("open311", "12"), observed_at=START)
    tries = [service.capture_concern(parts, BOROUGH, report, a_request()) for _ in range(4)]
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(each, domain.AlreadyCaptured) for each in done) == 3
    assert await count(concerns_database, "concern") == 1
    assert len(await queued(concerns_database)) == 2


async def test_a_reader_sees_her_wards_and_her_reading_is_audited(
    concerns_database: Database,
) -> None:
    parts = a_desk(concerns_database)
    lon, lat = OUTSIDE
    for saying in (a_saying(), a_saying(lon=lon, lat=lat)):
        await service.capture_concern(parts, BOROUGH, saying, a_request())
    mine = await service.read_concerns(parts, "analyst-1", frozenset({MERE_END.code}), Wanted())
    assert [each.concern.ward is not None for each in mine] == [True]
    assert await service.read_concerns(parts, "analyst-2", frozenset(), Wanted()) == []
    assert len(await service.read_concerns(parts, "analyst-3", None, Wanted())) == 2
    with pytest.raises(Forbidden):
        wanted = Wanted(wards=(MERE_END.code,))
        await service.read_concerns(parts, "analyst-4", frozenset({"L05000002"}), wanted)
    async with concerns_database.reading() as connection:
        rows = await connection.fetch("select actor, action, subject from audit order by id")
    assert [tuple(row) for row in rows] == [
        ("analyst-1", "concerns.read", f"1 in {MERE_END.code}"),
        ("analyst-2", "concerns.read", "0 in "),
        ("analyst-3", "concerns.read", "2 in all"),
    ]
