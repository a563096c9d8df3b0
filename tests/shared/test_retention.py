"""What is past its time goes, and nothing else; a dry run says so and lets it be."""

from datetime import timedelta

from shared.clock import new_id, now
from shared.postgres import Database
from shared.retention import expire
from tests.factories import Clock, parts_for
from tests.shared import eventpath as path

LOG_DAYS = 90  # as it is promised
PARTITIONS = """
select relname from pg_class join pg_inherits on inhrelid = pg_class.oid
 where inhparent = 'event_log'::regclass and relname <> 'event_log_rest' order by relname
"""


async def test_a_month_of_the_log_goes_when_all_of_it_is_past_its_time(
    shared_database: Database,
) -> None:
    clock = Clock(now())
    mine = parts_for("shared", shared_database, clock=clock)
    await path.say(shared_database, new_id())
    async with shared_database.transaction() as connection:
        await connection.execute("delete from outbox")
    month = f"event_log_{clock():%Y_%m}"
    clock.advance(timedelta(days=LOG_DAYS - 1))
    await expire(mine)
    assert month in {row["relname"] for row in await path.rows(shared_database, PARTITIONS)}
    clock.advance(timedelta(days=40))
    assert (await expire(mine, dry_run=True))["months of event_log"] >= 1
    assert await path.rows(shared_database, "select 1 from event_log")
    await expire(mine)
    assert not await path.rows(shared_database, "select 1 from event_log")
    names = [row["relname"] for row in await path.rows(shared_database, PARTITIONS)]
    assert month not in names
    assert f"event_log_{clock():%Y_%m}" in names


async def test_a_month_that_still_waits_to_be_sent_stays(shared_database: Database) -> None:
    clock = Clock(now())
    mine = parts_for("shared", shared_database, clock=clock)
    await path.say(shared_database, new_id())
    clock.advance(timedelta(days=LOG_DAYS + 60))
    await expire(mine)
    assert len(await path.rows(shared_database, "select 1 from event_log")) == 1


async def test_answers_and_inbox_rows_go_after_their_time(shared_database: Database) -> None:
    clock = Clock(now())
    mine = parts_for("shared", shared_database, clock=clock)
    async with shared_database.transaction() as connection:
        await connection.execute(
            "insert into idempotency (scope, key, body_digest, answer) values ('s', 'k', 'x', 'y')"
        )
        await connection.execute(
            "insert into inbox (consumer, topic, key, last_sequence, blocked)"
            " values ('c', 't', 'old', 1, false), ('c', 't', 'stuck', 1, true)"
        )
    clock.advance(timedelta(hours=23))
    assert (await expire(mine))["idempotency answers"] == 0
    clock.advance(timedelta(hours=2))
    assert (await expire(mine))["idempotency answers"] == 1
    clock.advance(timedelta(days=360))
    assert (await expire(mine))["inbox rows"] == 0
    clock.advance(timedelta(days=7))
    assert (await expire(mine))["inbox rows"] == 1
    assert await path.rows(shared_database, "select key from inbox") == [{"key": "stuck"}]
