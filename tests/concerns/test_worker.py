"""Walks heard of: windows open and close, in any order and as often as they come."""

from uuid import uuid4

from concerns import store
from concerns.domain import Window
from concerns.worker import WORK
from shared.events import Received, walks
from shared.postgres import Database
from tests.concerns.capturing import PLAN, count, heard
from tests.factories import START

WALK = uuid4()
CONFIRMED = heard(WALK, walks.WalkConfirmed, 1, officer_role="PC")
STARTED = heard(WALK, walks.WalkStarted, 2, at=START)
ENDED = heard(WALK, walks.WalkEnded, 3, at=PLAN["ends_at"])
WHOLE = Window(WALK, START, PLAN["ends_at"], started_at=START, ended_at=PLAN["ends_at"])


async def hear(database: Database, *events: Received) -> Window | None:
    for event in events:
        async with database.transaction() as connection:
            await WORK.listens[walks.INTERNAL][event.type](connection, [event])
    async with database.reading() as connection:
        return await store.windows.find(connection, WALK)


def test_it_listens_to_what_opens_and_closes_a_window_and_to_nothing_else() -> None:
    assert set(WORK.listens) == {walks.INTERNAL}
    assert set(WORK.listens[walks.INTERNAL]) == {
        "walk.confirmed.v1",
        "walk.started.v1",
        "walk.ended.v1",
        "walk.cancelled.v1",
    }


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


async def test_a_batch_of_many_walks_is_one_statement(concerns_database: Database) -> None:
    events = [heard(uuid4(), walks.WalkConfirmed, officer_role="PCSO") for _ in range(500)]
    async with concerns_database.transaction() as connection:
        await WORK.listens[walks.INTERNAL]["walk.confirmed.v1"](connection, events)
    assert await count(concerns_database, "capture_window") == 500
