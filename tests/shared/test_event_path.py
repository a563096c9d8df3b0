"""From the outbox to the effect: on a real Kafka, with two clients reading the topic."""

from datetime import timedelta

from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event
from cloudevents.core.formats.json import JSONFormat

from shared import outbox
from shared.bands import Band, band_of
from shared.clock import new_id
from shared.events import WardRef, internal, shared_later
from shared.events.walks import SHARED, SharedWalkStarted
from shared.postgres import Database
from tests.infra import until
from tests.shared import eventpath as path, otherclient
from tests.shared.eventpath import TOPIC, parts, relaying


async def test_what_is_committed_arrives_once_and_in_order(
    shared_database: Database, empty_topics: str
) -> None:
    mine = parts(shared_database, empty_topics)
    await path.make_ledger(shared_database)
    keys = [new_id() for _ in range(20)]
    async with relaying(mine), path.consuming(mine, f"test-{new_id()}"):
        await path.say(shared_database, *keys, *keys, *keys)
        await until(lambda: path.number_of_effects(shared_database, 60), 20)
    assert await path.effects(shared_database) == {str(key): [1, 2, 3] for key in keys}
    records = await otherclient.on_topic(empty_topics)
    assert otherclient.first_occurrences(records) == {str(key): [1, 2, 3] for key in keys}
    assert len(records) == 60
    assert await path.rows(shared_database, "select 1 from outbox") == []


async def test_what_is_rolled_back_is_never_published(
    shared_database: Database, empty_topics: str
) -> None:
    mine = parts(shared_database, empty_topics)
    lost, kept = new_id(), new_id()
    async with relaying(mine):
        async with shared_database.pool.acquire() as connection:
            transaction = connection.transaction()
            await transaction.start()
            await outbox.append(connection, internal(path.a_start(), lost, at=path.START))
            await transaction.rollback()
        await path.say(shared_database, kept)
        await until(lambda: path.outbox_is_empty(shared_database))
    assert {record.key for record in await otherclient.on_topic(empty_topics)} == {str(kept)}


async def test_a_row_that_commits_late_with_a_low_number_is_still_sent(
    shared_database: Database, empty_topics: str
) -> None:
    mine = parts(shared_database, empty_topics)
    late, early = new_id(), new_id()
    async with relaying(mine), shared_database.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await outbox.append(connection, internal(path.a_start(), late, at=path.START))
        await path.say(shared_database, early)
        await until(lambda: otherclient.is_on_topic(empty_topics, str(early)))
        await transaction.commit()
        await until(lambda: otherclient.is_on_topic(empty_topics, str(late)))


async def test_a_key_is_never_overtaken_while_somebody_locks_its_row(
    shared_database: Database, empty_topics: str
) -> None:
    mine = parts(shared_database, empty_topics)
    key, witness = new_id(), new_id()
    await path.say(shared_database, key, key, key, witness)
    async with shared_database.pool.acquire() as connection, connection.transaction():
        await connection.execute("select 1 from outbox order by seq limit 1 for update")
        async with relaying(mine):
            await until(lambda: otherclient.is_on_topic(empty_topics, str(witness)))
    async with relaying(mine):
        await until(lambda: path.outbox_is_empty(shared_database), 30)
    records = [
        record for record in await otherclient.on_topic(empty_topics) if record.key == str(key)
    ]
    assert otherclient.first_occurrences(records) == {str(key): [1, 2, 3]}


async def test_two_relays_send_each_event_once(
    shared_database: Database, empty_topics: str
) -> None:
    mine, other = parts(shared_database, empty_topics), parts(shared_database, empty_topics)
    keys = [new_id() for _ in range(50)]
    async with relaying(mine), relaying(other):
        for _ in range(4):
            await path.say(shared_database, *keys)
        await until(lambda: path.outbox_is_empty(shared_database), 30)
    records = await otherclient.on_topic(empty_topics)
    assert otherclient.first_occurrences(records) == {str(key): [1, 2, 3, 4] for key in keys}
    assert len(records) == 200


async def test_the_envelope_is_cloudevents_as_the_sdk_reads_it(
    shared_database: Database, empty_topics: str
) -> None:
    mine = parts(shared_database, empty_topics)
    key = new_id()
    async with relaying(mine):
        await path.say(shared_database, key)
        await until(lambda: otherclient.is_on_topic(empty_topics, str(key)))
    (record,) = await otherclient.on_topic(empty_topics)
    message = KafkaMessage(
        headers={name: value.encode() for name, value in record.headers.items()},
        key=record.key.encode(),
        value=record.value or b"",
    )
    event = from_binary_event(message, JSONFormat())
    assert event.get_type() == "uk.walkandtalk.walk.started.v1"
    assert event.get_source() == "/met/booking"
    assert event.get_subject() == str(key)
    assert event.get_extension("sequence") == "000000000001"
    assert (event.get_dataschema() or "").endswith(f"{TOPIC}/walk.started.v1.json")


def _shared_start(band: Band) -> SharedWalkStarted:
    ward = WardRef(code="L05000001", set="larkmere-2026")
    return SharedWalkStarted(ward=ward, local_date=band.date, band=band.label)


async def test_the_shared_tier_waits_until_the_next_band_is_over(
    shared_database: Database, empty_topics: str
) -> None:
    mine = parts(shared_database, empty_topics)
    band, wait = band_of(path.START - timedelta(hours=12)), timedelta(hours=4)
    held = new_id()
    async with shared_database.transaction() as connection:
        event = shared_later(_shared_start(band), held, band=band, at=band.starts_at, wait=wait)
        await outbox.append(connection, event)
    release = band.following.ends_at
    path.clock_of(mine).at = release - timedelta(seconds=1)
    async with shared_database.transaction() as connection:
        await outbox.append(connection, path.a_shared_start(witness := new_id()))
    async with relaying(mine):
        await until(lambda: path.is_settled(shared_database, str(witness)), 20)
        assert [each.key for each in await otherclient.on_topic(empty_topics, SHARED)] == [
            str(witness)
        ]
        path.clock_of(mine).at = release
        await until(lambda: otherclient.is_on_topic(empty_topics, str(held), SHARED))


async def test_a_shared_record_tells_no_more_than_the_band_it_is_sent_in(
    shared_database: Database, empty_topics: str
) -> None:
    mine = parts(shared_database, empty_topics)
    past = band_of(path.START - timedelta(days=2))
    wait = timedelta(hours=4)
    keys = sorted((new_id() for _ in range(24)), key=str, reverse=True)  # two to a partition
    async with shared_database.transaction() as connection:
        for key in keys:  # all fall due together, whatever the order in which they were said
            fact = _shared_start(past)
            event = shared_later(fact, key, band=past, at=past.starts_at, wait=wait)
            await outbox.append(connection, event)
    async with relaying(mine):
        await until(lambda: path.outbox_is_empty(shared_database))
    records = await otherclient.on_topic(empty_topics, SHARED)
    sent_in = int(band_of(mine.clock()).starts_at.timestamp() * 1000)
    assert {record.timestamp for record in records} == {sent_in}
    assert {record.headers["ce_time"] for record in records} == {past.starts_at.isoformat()}
    assert not {"ce_traceparent", "ce_causationid"} & {
        name for record in records for name in record.headers
    }
    for number in {record.partition for record in records}:
        here = [record.key for record in records if record.partition == number]
        assert here == sorted(here)


async def test_an_event_is_never_released_before_its_keys_previous_one(
    shared_database: Database,
) -> None:
    key = new_id()
    band = band_of(path.START)
    wait = timedelta(hours=4)
    async with shared_database.transaction() as connection:
        fact = _shared_start(band)
        await outbox.append(
            connection, shared_later(fact, key, band=band, at=path.START, wait=wait)
        )
    async with shared_database.transaction() as connection:
        fact = _shared_start(band)
        await outbox.append(
            connection, shared_later(fact, key, band=band, at=path.START, wait=-wait)
        )
    rows = await path.rows(shared_database, "select publish_after from outbox order by sequence")
    assert rows[0]["publish_after"] <= rows[1]["publish_after"]
