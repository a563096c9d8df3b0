"""A right that is taken away stops what needed it and nothing else, and is noticed when it is back."""

import pytest

from shared.clock import new_id
from shared.events import walks
from shared.postgres import Database
from tests.infra import until
from tests.kafka_topics import ACCESS, apply_access
from tests.keyring import reach
from tests.shared import eventpath as path, otherclient
from tests.shared.eventpath import consuming, parts, relaying

BOOKING = ACCESS["booking"]
WITHOUT = [walks.SHARED]  # booking's topics but the internal one


@pytest.mark.parametrize("still_sees_it", [True, False])
async def test_a_relay_holds_back_a_topic_that_it_may_not_write_and_only_that(
    shared_database: Database,
    secured: str,
    monkeypatch: pytest.MonkeyPatch,
    *,
    still_sees_it: bool,
) -> None:
    monkeypatch.setattr("shared.relay.relay.REFUSED_SECONDS", 3)
    monkeypatch.setattr("shared.relay.sending.TOPIC_RETRY_SECONDS", (1, 3))
    mine = parts(shared_database, secured, **reach(secured, "booking"))
    before, held, other = new_id(), new_id(), new_id()
    reads = [*BOOKING["reads"], walks.INTERNAL] if still_sees_it else BOOKING["reads"]
    blocked = "relay_topic_blocked"
    async with relaying(mine):
        await path.say(shared_database, before)
        await until(lambda: path.is_settled(shared_database, str(before)), 30)
        await apply_access(secured, booking=BOOKING | {"writes": WITHOUT, "reads": reads})
        await path.say(shared_database, held)
        await until(lambda: path.sample(mine, blocked, topic=walks.INTERNAL) == 1, 40)
        async with shared_database.transaction() as connection:
            await path.outbox.append(connection, path.a_shared_start(other))
        await until(lambda: path.is_settled(shared_database, str(other)), 40)
        assert not await otherclient.is_on_topic(secured, str(held))
        assert path.sample(mine, blocked, topic=walks.INTERNAL) == 1
        assert path.sample(mine, blocked, topic=walks.SHARED) == 0
        await apply_access(secured)
        await until(lambda: path.is_settled(shared_database, str(held)), 60)
        await until(lambda: path.sample(mine, blocked, topic=walks.INTERNAL) == 0, 20)
    assert await otherclient.is_on_topic(secured, str(held))


async def test_a_reader_whose_right_is_taken_goes_on_when_it_is_given_back(
    shared_database: Database, secured_and_empty: str
) -> None:
    secured = secured_and_empty
    says = parts(shared_database, secured, **reach(secured, "booking"))
    hears = parts(shared_database, secured, **reach(secured, "notifications"))
    await path.make_ledger(shared_database)
    before, missed = new_id(), new_id()
    async with relaying(says), consuming(hears, "notifications"):
        await path.say(shared_database, before)
        await until(lambda: has_effect(shared_database, str(before)), 40)
        await apply_access(secured, notifications=ACCESS["notifications"] | {"reads": []})
        await until(lambda: "TopicAuthorizationFailedError" in hears.lines.getvalue(), 40)
        await path.say(shared_database, missed)
        await until(lambda: path.is_settled(shared_database, str(missed)), 40)
        assert not await has_effect(shared_database, str(missed))
        await apply_access(secured)
        await until(lambda: has_effect(shared_database, str(missed)), 60)
    assert await path.rows(shared_database, "select 1 from parked") == []
    assert await path.stops(shared_database) == []


async def has_effect(database: Database, key: str) -> bool:
    """Whether an event of the key has been applied."""
    return key in await path.effects(database)
