"""Claims, locks, clearing and the list, in a real PostgreSQL."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from notifications import store
from notifications.domain.alerts import (
    Acknowledgement,
    Alert,
    Ladder,
    Overdue,
    acknowledge,
    raise_alert,
)
from notifications.domain.messages import Message, Settled, WalkTimes
from notifications.store.alerts import Cleared, Filter, Place
from shared.events import WardRef
from shared.postgres import Database
from tests.factories import START

LADDER = Ladder(timedelta(0), timedelta(minutes=5))
WARD = WardRef(code="L05000001", set="larkmere-2026")


def an_alert(minute: int = 0, walk_id: UUID | None = None) -> Alert:
    at = START + timedelta(minutes=minute)
    overdue = Overdue(uuid4(), walk_id or uuid4(), WARD, at, "end")
    return raise_alert(overdue, uuid4(), LADDER, at=at)[0]


def a_message(sequence: int = 1, walk_id: UUID | None = None) -> Message:
    return Message(
        id=uuid4(),
        purpose="walk_confirmed",
        template="walk_confirmed.v1",
        walk_id=walk_id or uuid4(),
        about=WalkTimes(sequence, START, START + timedelta(minutes=30)),
        state="intended",
        attempts=0,
        created_at=START,
    )


async def kept(database: Database, *messages: Message) -> None:
    async with database.transaction() as connection:
        await store.messages.insert(connection, messages, [START for _ in messages])


async def claimed(database: Database, token: UUID, minute: int = 0) -> Message | None:
    at = START + timedelta(minutes=minute)
    async with database.transaction() as connection:
        return await store.messages.claim(connection, token, at=at, until=at + timedelta(minutes=2))


async def test_a_stored_message_is_claimed_as_it_was(notifications_database: Database) -> None:
    message = a_message()
    await kept(notifications_database, message)
    found = await claimed(notifications_database, uuid4())
    assert found is not None
    assert (found.id, found.about, found.attempts) == (message.id, message.about, 1)


async def test_a_message_is_intended_once_a_walk_purpose_and_sequence(
    notifications_database: Database,
) -> None:
    message = a_message()
    assert message.walk_id
    again = a_message(walk_id=message.walk_id)
    await kept(notifications_database, message)
    await kept(notifications_database, again)
    async with notifications_database.reading() as connection:
        found = await store.messages.of_walk(connection, message.walk_id)
    assert [each.id for each in found] == [message.id]


async def test_a_claimed_message_is_not_given_to_another_until_its_lease_is_over(
    notifications_database: Database,
) -> None:
    await kept(notifications_database, a_message())
    assert await claimed(notifications_database, uuid4()) is not None
    assert await claimed(notifications_database, uuid4(), minute=1) is None
    again = await claimed(notifications_database, uuid4(), minute=2)
    assert again is not None
    assert again.attempts == 2


async def test_two_claimers_at_once_never_get_the_same_message(
    notifications_database: Database,
) -> None:
    await kept(notifications_database, *(a_message() for _ in range(20)))
    found = await asyncio.gather(*(claimed(notifications_database, uuid4()) for _ in range(20)))
    ids = [message.id for message in found if message]
    assert len(set(ids)) == len(ids) == 20


async def test_whoever_lost_the_claim_can_write_neither_intent_nor_outcome(
    notifications_database: Database,
) -> None:
    await kept(notifications_database, a_message())
    slow, quick = uuid4(), uuid4()
    message = await claimed(notifications_database, slow)
    assert message is not None
    assert message.walk_id
    assert await claimed(notifications_database, quick, minute=2) is not None
    failed, delivered = Settled("failed", "smtp-550", None), Settled("delivered", None, None)
    async with notifications_database.transaction() as connection:
        assert not await store.messages.begin_sending(connection, message.id, slow)
        assert not await store.messages.settle(connection, message.id, slow, failed, at=START)
        assert await store.messages.begin_sending(connection, message.id, quick)
        assert await store.messages.settle(connection, message.id, quick, delivered, at=START)
        [found] = await store.messages.of_walk(connection, message.walk_id)
    assert found.state == "delivered"


async def test_a_message_knows_that_a_later_one_replaces_it(
    notifications_database: Database,
) -> None:
    first = a_message()
    later = a_message(sequence=4, walk_id=first.walk_id)
    await kept(notifications_database, first, later)
    found = [await claimed(notifications_database, uuid4()) for _ in range(2)]
    assert {each.id: each.superseded for each in found if each} == {first.id: True, later.id: False}


async def test_a_message_is_about_a_walk_or_an_alert_and_never_both(
    notifications_database: Database,
) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        async with notifications_database.transaction() as connection:
            await connection.execute(
                "insert into message (id, purpose, template, walk_id, rung, due_at, created_at)"
                " values ($1, 'alert_waiting', 'x', $1, 'supervisor', now(), now())",
                uuid4(),
            )


async def test_a_stored_alert_is_found_as_it_was(notifications_database: Database) -> None:
    alert = an_alert()
    async with notifications_database.transaction() as connection:
        assert await store.alerts.insert(connection, [alert]) == {alert.id}
        assert await store.alerts.find(connection, alert.id) == alert
        assert await store.alerts.find(connection, uuid4()) is None


async def test_of_two_alerts_for_one_deadline_the_first_stays(
    notifications_database: Database,
) -> None:
    alert = an_alert()
    again = an_alert(walk_id=alert.walk_id)
    async with notifications_database.transaction() as connection:
        await store.alerts.insert(connection, [alert])
        assert await store.alerts.insert(connection, [again, an_alert()]) != {again.id}
        assert await store.alerts.id_of(connection, alert.walk_id, alert.due_at) == alert.id


async def test_an_alert_that_one_climber_holds_is_passed_by_another(
    notifications_database: Database,
) -> None:
    alerts = [an_alert() for _ in range(3)]
    at = START + timedelta(minutes=5)
    async with notifications_database.transaction() as connection:
        await store.alerts.insert(connection, alerts)
    async with (
        notifications_database.transaction() as one,
        notifications_database.transaction() as two,
    ):
        held = await store.alerts.lock_climbing(one, at=at, limit=2)
        others = await store.alerts.lock_climbing(two, at=at, limit=2)
    assert (len(held), len(others)) == (2, 1)
    assert not {alert.id for alert in held} & {alert.id for alert in others}


async def test_an_alert_cleared_twice_keeps_its_first_moment(
    notifications_database: Database,
) -> None:
    alert = an_alert()
    async with notifications_database.transaction() as connection:
        await store.alerts.insert(connection, [alert])
        for minute in (1, 2):
            at = START + timedelta(minutes=minute)
            await store.alerts.clear(connection, [Cleared(alert.walk_id, at)])
        found = await store.alerts.find(connection, alert.id)
    assert found is not None
    assert found.cleared_at == START + timedelta(minutes=1)
    assert found.climbs_at is None


async def test_a_page_goes_on_where_the_one_before_ended_also_within_one_instant(
    notifications_database: Database,
) -> None:
    alerts = [an_alert(minute) for minute in (0, 1, 1, 1, 2)]
    seen: list[UUID] = []
    async with notifications_database.transaction() as connection:
        await store.alerts.insert(connection, alerts)
        below = None
        while page := await store.alerts.newest(connection, state=None, below=below, limit=2):
            seen += [alert.id for alert in page]
            below = Place(page[-1].raised_at, page[-1].id)
    assert len(seen) == 5
    assert set(seen) == {alert.id for alert in alerts}
    assert seen[0] == alerts[4].id
    assert seen[-1] == alerts[0].id


async def test_the_list_can_be_narrowed_to_a_state(notifications_database: Database) -> None:
    raised, escalated, taken, cleared = (an_alert(minute) for minute in range(4))
    async with notifications_database.transaction() as connection:
        await store.alerts.insert(connection, [raised, escalated, taken, cleared])
        await connection.execute(
            "update alert set escalated_at = now(), climbs_at = null where id = $1", escalated.id
        )
        taken = await store.alerts.lock(connection, taken.id)
        assert taken is not None
        by = Acknowledgement("duty-1", "Sam Reed", START)
        await store.alerts.save(connection, acknowledge(taken, by)[0])
        await store.alerts.clear(connection, [Cleared(cleared.walk_id, START)])

        async def listed(state: Filter) -> list[UUID]:
            found = await store.alerts.newest(connection, state=state, below=None, limit=9)
            return [alert.id for alert in found]

        assert await listed("raised") == [raised.id]
        assert await listed("escalated") == [escalated.id]
        assert await listed("open") == [escalated.id, raised.id]
        assert await listed("acknowledged") == [taken.id]
        assert await listed("cleared") == [cleared.id]
        settled = [alert.id for alert in await store.alerts.settled(connection, limit=9)]
        assert settled == [cleared.id, taken.id]
