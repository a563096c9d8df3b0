"""Where an event is: in the outbox, on Kafka, applied, parked, or not read yet; and never what it says."""

from shared import where
from shared.clock import new_id
from shared.postgres import Database, open_database
from shared.where import Places
from tests.conftest import FreshDatabase
from tests.factories import KeptParts
from tests.infra import until
from tests.shared import eventpath as path, otherclient
from tests.shared.eventpath import TOPIC, consuming, parts, relaying
from tests.shared.test_command_line import Shell

NO_KAFKA = "127.0.0.1:1"


def of_service(mine: KeptParts, name: str) -> KeptParts:
    """The same parts, as the named service has them."""
    mine.metrics.service = name
    return mine


async def settled(database: Database) -> bool:
    return await path.outbox_is_empty(database) and not await path.rows(
        database, "select 1 from partition_progress where lag > 0"
    )


def became(places: Places) -> list[tuple[int | None, str | None]]:
    return [(each.sequence, each.became) for each in places.on_kafka]


async def test_a_waiting_event_is_in_the_outbox_and_nowhere_else(
    shared_database: Database, empty_topics: str
) -> None:
    mine = of_service(parts(shared_database, empty_topics), "booking")
    await path.say(shared_database, key := new_id())
    found = await where.find(mine, key)
    assert [(each.topic, each.key, each.sequence) for each in found.said] == [(TOPIC, str(key), 1)]
    assert found.said[0].due == path.START
    assert (found.on_kafka, found.kept, found.kafka_fault) == ([], [], None)


async def test_a_sent_event_is_told_by_its_offset_and_by_what_a_reader_made_of_it(
    shared_database: Database, empty_topics: str
) -> None:
    mine = of_service(parts(shared_database, empty_topics), "reporting")
    await path.make_ledger(shared_database)
    key = new_id()
    async with relaying(mine), consuming(mine, "reporting"):
        await path.say(shared_database, key, key)
        await until(lambda: path.number_of_effects(shared_database, 2), 30)
        await until(lambda: settled(shared_database), 30)
    await path.publish(mine, key)

    found = await where.find(mine, key)
    assert became(found) == [(1, "applied"), (2, "applied"), (3, "not read yet")]
    assert found.said == []  # reporting did not say it
    records = {
        (each.partition, each.offset): each for each in await otherclient.on_topic(empty_topics)
    }
    for each in found.on_kafka:
        assert records[each.partition, each.offset].sequence == each.sequence
        assert records[each.partition, each.offset].key == str(key)
    assert "larkmere" not in repr(found)


async def test_one_event_is_found_by_its_id_at_its_owner_and_at_a_reader(
    shared_database: Database, empty_topics: str
) -> None:
    mine = of_service(parts(shared_database, empty_topics), "booking")
    await path.make_ledger(shared_database)
    async with relaying(mine), consuming(mine, "reporting"):
        await path.say(shared_database, key := new_id(), key)
        await until(lambda: path.number_of_effects(shared_database, 2), 30)
        await until(lambda: settled(shared_database), 30)
    (row,) = await path.rows(
        shared_database, "select event_id from event_log where key = $1 and sequence = 2", str(key)
    )
    by_owner = await where.find(mine, row["event_id"])
    assert [(each.sequence, each.due) for each in by_owner.said] == [(2, None)]
    assert became(by_owner) == [(2, None)]  # booking does not listen to its own topic
    by_reader = await where.find(of_service(mine, "reporting"), row["event_id"])
    assert became(by_reader) == [(2, "applied")]


async def test_a_parked_event_is_told_by_its_number_and_cause(
    shared_database: Database, empty_topics: str
) -> None:
    mine = of_service(parts(shared_database, empty_topics), "reporting")
    await path.make_ledger(shared_database)
    await path.refuse(shared_database, str(key := new_id()))
    async with relaying(mine), consuming(mine, "reporting"):
        await path.say(shared_database, key)
        await until(lambda: path.rows_parked(shared_database, 1), 30)
    found = await where.find(mine, key)
    (row,) = await path.rows(shared_database, "select id from parked")
    assert became(found) == [(1, found.kept[0].became)]
    assert found.kept[0].became.startswith(f"parked as {row['id']}: refused: ValueError, tried ")
    assert "larkmere" not in repr(found)


async def test_with_kafka_away_it_says_what_the_database_knows(shared_database: Database) -> None:
    mine = of_service(parts(shared_database, NO_KAFKA), "booking")
    await path.say(shared_database, key := new_id())
    found = await where.find(mine, key)
    assert len(found.said) == 1
    assert found.kafka_fault


async def test_the_command_prints_places_and_says_when_there_are_none(
    fresh_database: FreshDatabase, kafka_bootstrap: str
) -> None:
    url = await fresh_database("booking")
    shell = Shell("booking", url, kafka_bootstrap_servers=kafka_bootstrap)
    async with open_database(url) as database:
        await path.say(database, key := new_id())
    there, nowhere = (
        await shell.types(f"events where {key}"),
        await shell.types(f"events where {new_id()}"),
    )
    assert there.returncode == 0
    assert there.stdout.startswith(f"said   {TOPIC}  {key} #1  walk.started.v1  ")
    assert "waits in the outbox until" in there.stdout
    assert "larkmere" not in there.stdout
    assert nowhere.returncode == 1
    assert nowhere.stdout.endswith("found nowhere here: ask the other services\n")
