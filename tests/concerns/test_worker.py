"""Walks heard of: windows open and close, in any order and as often as they come."""

from datetime import timedelta
from uuid import uuid4

import pytest

from concerns import service, store
from concerns.app import SERVICE, create_worker
from concerns.domain import Window
from concerns.store.concerns import Wanted
from concerns.worker.walks import learn
from shared.events import Received, walks
from shared.postgres import Database
from tests.concerns.capturing import BOROUGH, PLAN, a_desk, a_request, a_saying, count, heard
from tests.factories import START, Clock

WALK = uuid4()
CONFIRMED = heard(WALK, walks.WalkConfirmed, 1, officer_role="PC")
STARTED = heard(WALK, walks.WalkStarted, 2, at=START)
ENDED = heard(WALK, walks.WalkEnded, 3, at=PLAN["ends_at"])
WHOLE = Window(WALK, START, PLAN["ends_at"], started_at=START, ended_at=PLAN["ends_at"])
LISTENS = {
    "walk.confirmed.v1": learn,
    "walk.started.v1": learn,
    "walk.ended.v1": learn,
    "walk.cancelled.v1": learn,
    "walk.rescheduled.v1": learn,
    "walk.aborted.v1": learn,
}


async def hear(database: Database, *events: Received) -> Window | None:
    for event in events:
        async with database.transaction() as connection:
            await LISTENS[event.type](connection, [event])
    async with database.reading() as connection:
        return await store.windows.find(connection, WALK)


async def test_it_listens_to_what_opens_and_closes_a_window_and_to_nothing_else(
    concerns_database: Database,
) -> None:
    async with create_worker(a_desk(concerns_database)) as work:
        assert work.listens == {walks.INTERNAL: LISTENS}
        assert [timer.name for timer in work.timers] == ["retention"]


async def test_a_walk_is_followed_from_its_confirmation_to_its_end(
    concerns_database: Database,
) -> None:
    assert await hear(concerns_database, CONFIRMED) == Window(WALK, START, PLAN["ends_at"])
    assert await hear(concerns_database, STARTED, ENDED) == WHOLE


async def test_heard_twice_is_heard_once(concerns_database: Database) -> None:
    await hear(concerns_database, CONFIRMED, STARTED, ENDED)
    assert await hear(concerns_database, CONFIRMED, STARTED, ENDED) == WHOLE
    assert await count(concerns_database, "capture_window") == 1


async def test_a_walk_first_heard_of_by_its_end_has_a_window(concerns_database: Database) -> None:
    found = await hear(concerns_database, ENDED)
    assert found == Window(WALK, START, PLAN["ends_at"], ended_at=PLAN["ends_at"])


async def test_a_cancellation_is_kept_with_its_time(concerns_database: Database) -> None:
    cancelled = heard(WALK, walks.WalkCancelled, 2, initiator="weather", notice_hours=0.0)
    found = await hear(concerns_database, CONFIRMED, cancelled)
    assert found == Window(WALK, START, PLAN["ends_at"], cancelled_at=START)


async def test_an_undone_cancellation_leaves_the_window_open(concerns_database: Database) -> None:
    cancelled = heard(WALK, walks.WalkCancelled, 2, initiator="participant", notice_hours=1.0)
    again = heard(WALK, walks.WalkConfirmed, 3, officer_role="PC")
    found = await hear(concerns_database, CONFIRMED, cancelled, again)
    assert found == Window(WALK, START, PLAN["ends_at"])


async def test_a_moved_walk_moves_its_window(concerns_database: Database) -> None:
    later = START + timedelta(days=1)
    moved = heard(
        WALK,
        walks.WalkRescheduled,
        2,
        starts_at=later,
        ends_at=later + timedelta(minutes=30),
        old_starts_at=START,
        old_ends_at=PLAN["ends_at"],
        initiator="force",
    )
    found = await hear(concerns_database, CONFIRMED, moved)
    assert found == Window(WALK, later, later + timedelta(minutes=30))


async def test_a_walk_that_was_broken_off_has_ended(concerns_database: Database) -> None:
    aborted = heard(WALK, walks.WalkAborted, 3, at=PLAN["ends_at"], reason="incident")
    assert await hear(concerns_database, CONFIRMED, STARTED, aborted) == WHOLE


async def test_a_batch_of_many_walks_is_one_statement(concerns_database: Database) -> None:
    events = [heard(uuid4(), walks.WalkConfirmed, officer_role="PCSO") for _ in range(500)]
    async with concerns_database.transaction() as connection:
        await LISTENS["walk.confirmed.v1"](connection, events)
    assert await count(concerns_database, "capture_window") == 500


async def test_which_walk_is_forgotten_28_days_after_its_planned_end(
    concerns_database: Database, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = a_desk(concerns_database, clock=clock)
    await hear(concerns_database, CONFIRMED, ENDED)
    for walk_id in (WALK, uuid4(), None):
        await service.capture_concern(parts, BOROUGH, a_saying(walk_id=walk_id), a_request())
    retention = SERVICE.commands["retention"]

    async def linked() -> list[bool]:
        kept = await service.read_concerns(parts, "officer-1", None, Wanted())
        return sorted(each.concern.said.walk_id is not None for each in kept)

    clock.at = PLAN["ends_at"] + timedelta(days=28)
    assert await retention(parts, ["--dry-run"]) == 0
    assert "1 concerns would be parted" in capsys.readouterr().out  # the walk never heard of
    clock.advance(timedelta(seconds=1))
    await retention(parts, ["--dry-run"])
    assert "2 concerns would be parted" in capsys.readouterr().out
    assert await linked() == [False, True, True]
    async with create_worker(parts) as work:
        await work.timers[0].run()
    assert await linked() == [False, False, False]
    async with concerns_database.reading() as connection:
        sources = await connection.fetchval("select array_agg(source order by source) from concern")
    assert sources == ["officer", "walk", "walk"]
    assert await count(concerns_database, "capture_window") == 1
    clock.advance(timedelta(days=730))
    await retention(parts, [])
    assert await count(concerns_database, "capture_window") == 0
