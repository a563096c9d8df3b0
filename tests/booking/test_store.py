"""Booking's statements against the migrated schema: locks, constraints, conflicts."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg

from booking import domain, service, store
from tests.booking.desk import Booking, seed
from tests.factories import START
from tests.infra import until

ASSIGN = """
insert into assignment (slot_id, officer_no, during)
values ($1, (select officer_no from officer where subject = 'officer-1'), tstzrange($2, $3))
"""

SOMEBODY_WAITS = """
select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
"""


def a_joining(booking: Booking) -> store.walks.Joining:
    """Somebody who takes part."""
    participant_id = uuid4()
    sealed = booking.desk.sealing.close(participant_id, domain.Person("Ada", "ada@example.org"))
    return store.walks.Joining(participant_id, b"contact", sealed)


async def test_no_two_assignments_of_an_officer_overlap(booking: Booking) -> None:
    await booking.walk()
    other = UUID(await booking.slot(at=START + timedelta(days=1)))
    start = START + timedelta(hours=1, minutes=44)
    refused: list[str | None] = []
    try:
        async with booking.database.transaction() as connection:
            await connection.execute(ASSIGN, other, start, start + timedelta(minutes=30))
    except asyncpg.ExclusionViolationError as error:
        refused.append(error.constraint_name)
    assert refused == ["officer_is_free"]
    async with booking.database.transaction() as connection:
        later = start + timedelta(minutes=1)
        await connection.execute(ASSIGN, other, later, later + timedelta(hours=1))


async def test_a_cancelled_walk_leaves_its_officer_free(booking: Booking) -> None:
    walk = await booking.walk()
    assert len(await booking.rows("select from assignment")) == 1
    await booking.acts(walk, "cancel")
    assert await booking.rows("select from assignment") == []
    assert (await booking.opens()).status_code == 201


async def test_an_overlap_met_at_the_write_is_a_slot_taken(booking: Booking) -> None:
    first, second = await booking.slot(), await booking.slot(at=START + timedelta(days=1))
    async with booking.database.transaction() as connection:
        found = await store.slots.lock_slot(connection, UUID(second), b"contact")
    assert found is not None
    slot, policy = found
    ids = domain.NewWalk(uuid4(), uuid4(), "0000-0001")
    walk, _ = domain.book(slot, policy, ids, domain.Telling(START, timedelta()))
    joining = a_joining(booking)

    async def books() -> None:
        async with booking.database.transaction() as connection:
            await store.walks.book(connection, walk, joining, domain.kept_free(walk.times, policy))

    async with booking.database.transaction() as other:  # what nobody can see yet
        await other.execute(ASSIGN, UUID(first), walk.times.starts_at, walk.times.ends_at)
        booked = asyncio.create_task(books())
        await until(lambda: booking.rows(SOMEBODY_WAITS))
    [refused] = await asyncio.gather(booked, return_exceptions=True)
    assert isinstance(refused, domain.SlotTaken)


async def test_a_walk_reads_back_as_it_was_written(booking: Booking) -> None:
    walk = await booking.walk()
    await booking.acts(walk, "start")
    booking.clock.advance(timedelta(hours=2))
    assert await service.mark_next_overdue(booking.desk)
    async with booking.database.reading() as connection:
        found = await store.walks.find_walk(connection, UUID(walk["id"]))
    assert found is not None
    assert found.started == domain.Deed(START, "officer-1")
    assert found.overdue == domain.Overdue(found.end_due_at, "end")
    assert found.times == domain.promised(START + timedelta(hours=1), 30, booking.desk.tz_version)
    async with booking.database.transaction() as connection:
        await store.walks.save_walk(connection, found)
        assert await store.walks.find_walk(connection, found.id) == found


async def test_a_walk_that_somebody_is_ending_is_left_out_of_the_alarm(booking: Booking) -> None:
    walk = await booking.walk()
    booking.clock.advance(timedelta(hours=2))
    async with booking.database.transaction() as holder:
        await store.walks.lock_walk(holder, UUID(walk["id"]))
        async with booking.database.transaction() as connection:
            assert await store.overdue.lock_next_due(connection, booking.clock()) is None
    async with booking.database.transaction() as connection:
        assert await store.overdue.lock_next_due(connection, booking.clock()) is not None


async def test_two_bookings_of_one_contact_count_each_other(booking: Booking) -> None:
    await seed(
        booking.desk, officers=6
    )  # one each: an officer's own lock must not do for the contact's
    found = await booking.rows("select id from officer order by subject")
    booking.officers = [str(row["id"]) for row in found]
    slots = [await booking.slot(officer=nth) for nth in range(6)]
    answers = await asyncio.gather(
        *(booking.books(slot_id, email="ada@example.org") for slot_id in slots)
    )
    assert sorted(answer.status_code for answer in answers) == [201, 201, 429, 429, 429, 429]


async def test_reports_taken_are_put_off_longer_each_time(booking: Booking) -> None:
    await booking.walk()
    booking.clock.advance(timedelta(hours=2))
    await service.mark_next_overdue(booking.desk)
    waits: list[float] = []
    for _ in range(7):
        assert len(await service.take_reports(booking.desk)) == 1
        assert await service.take_reports(booking.desk) == []
        [row] = await booking.rows("select next_attempt_at from overdue_report")
        waits.append((row["next_attempt_at"] - booking.clock()).total_seconds())
        booking.clock.at = row["next_attempt_at"]
    assert waits == [1, 2, 4, 8, 16, 30, 30]


async def test_a_team_s_officers_are_told_apart_by_subject(booking: Booking) -> None:
    async with booking.database.reading() as connection:
        team = await store.teams.team_of(connection, "officer-1", START)
        assert team is not None
        assert await store.teams.team_of(connection, "nobody", START) is None
