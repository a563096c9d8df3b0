"""A password is changed under load: nothing is lost, nothing is out of order, nobody restarts."""

import asyncio

from shared.clock import new_id
from shared.postgres import Database
from tests.infra import until
from tests.kafka_node import KafkaNode
from tests.kafka_topics import apply_access
from tests.keyring import of, reach
from tests.shared import eventpath as path, otherclient
from tests.shared.eventpath import consuming, parts, relaying

ROUNDS = 40


async def test_passwords_are_rotated_without_losing_a_message(
    shared_database: Database, secured_node: KafkaNode, secured_and_empty: str
) -> None:
    """The broker restarts afterwards, so that every connection has to be made anew."""
    secured = secured_and_empty
    says = parts(shared_database, secured, **reach(secured, "booking"))
    hears = parts(shared_database, secured, **reach(secured, "reporting"))
    await path.make_ledger(shared_database)
    keys = [new_id() for _ in range(20)]

    async def load() -> None:
        for _ in range(ROUNDS):
            await path.say(shared_database, *keys)

    async with relaying(says), consuming(hears, "reporting"):
        saying = asyncio.create_task(load())
        await until(lambda: path.number_of_effects(shared_database, len(keys)), 40)
        for user in ("booking", "reporting"):
            of(secured).renew(user)
        await apply_access(secured)
        await secured_node.stop()
        await secured_node.start()
        await saying
        await path.say(shared_database, *keys)
        total = (ROUNDS + 1) * len(keys)
        await until(lambda: path.number_of_effects(shared_database, total), 120)
    found = await path.effects(shared_database)
    in_order = list(range(1, ROUNDS + 2))
    assert {str(key): found[str(key)] for key in keys} == {str(key): in_order for key in keys}
    records = otherclient.first_occurrences(await otherclient.on_topic(secured))
    assert {str(key): records[str(key)] for key in keys} == {str(key): in_order for key in keys}
