"""What operators type: ``python -m <service> ...`` as processes, with what they print and how they end."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import yaml

from shared.clock import new_id
from shared.consumer import batch
from shared.consumer.batch import Reading
from shared.consumer.offsets import Mark, Partition, Standing, begin
from shared.events.walks import WalkStarted
from shared.kafka import open_admin
from shared.postgres import Database, open_database
from tests.conftest import FreshDatabase
from tests.factories import environment_for
from tests.keyring import as_operator, reach
from tests.shared import eventpath as path
from tests.shared.eventpath import TOPIC
from tests.shared.reading import an_arrival
from tests.system.processes import run

Done = CompletedProcess[str]
START = Mark(0, "")


class Shell:
    """Where an operator types, with the settings of a service around a database."""

    def __init__(self, service: str, url: str, **settings: object) -> None:
        self.service = service
        self.environment = environment_for(service, database_url=url, **settings)

    async def types(self, line: str) -> Done:
        """One command to its end."""
        return await run(self.service, *line.split(), environment=self.environment)


@pytest.fixture
async def reporting(fresh_database: FreshDatabase) -> AsyncGenerator[tuple[Shell, Database]]:
    """Reporting's command line and database."""
    url = await fresh_database("reporting")
    async with open_database(url) as database:
        yield Shell("reporting", url), database


async def park(database: Database, key: str) -> None:
    """A key whose two events are refused, and a record that is none."""
    place = Partition("reporting", TOPIC, 0)
    await path.make_ledger(database)
    await path.refuse(database, key)
    async with database.transaction() as connection:
        await begin(connection, place, None, Standing(START, "cluster", 0))
    reading = Reading(place, {WalkStarted.type: path.note}, 0, park_limit=50)
    arrivals = [
        an_arrival(0, key, 1),
        an_arrival(1, key, 2),
        an_arrival(2, key, 3, specversion="0"),
    ]
    await batch.apply(database, reading, START, [*arrivals, an_arrival(3, "nobody", 1)])


async def test_parked_events_are_listed_tried_again_and_discarded_with_a_reason(
    reporting: tuple[Shell, Database],
) -> None:
    shell, database = reporting
    key = str(new_id())
    await park(database, key)
    parked = await path.rows(database, "select id, sequence from parked order by id")
    first, second = parked[0]["id"], parked[1]["id"]

    listed, again, none = await asyncio.gather(
        shell.types("events parked"), shell.types("events retry"), shell.types("events retry 9999")
    )
    *lines, number = listed.stdout.splitlines()
    assert (listed.returncode, number) == (0, "4 parked")
    assert lines[0].startswith(f"{first}  {TOPIC}/0@0  {key} #1  refused: ValueError")
    assert "no key" in lines[-1]
    assert "larkmere" not in listed.stdout  # places and causes, never a value
    assert (again.returncode, again.stdout) == (0, "4 to be tried again now\n")
    assert (none.returncode, none.stderr) == (1, "There is no parked event of that number.\n")

    no_reason, out_of_turn = await asyncio.gather(
        shell.types(f"events discard {first}"), shell.types(f"events discard {second} --reason odd")
    )
    assert no_reason.returncode == 2
    assert "--reason" in no_reason.stderr
    assert out_of_turn.returncode == 1
    assert "earlier parked event" in out_of_turn.stderr
    assert await path.rows_parked(database, 4)

    gone = await shell.types(f"events discard {first} --reason wrong-date")
    assert (gone.returncode, gone.stdout) == (0, f"{first} discarded\n")
    assert await path.rows_parked(database, 3)
    audited = await path.rows(database, "select action, subject, reason from audit order by at")
    assert audited[-1] == {
        "action": "events.discard",
        "subject": str(first),
        "reason": "wrong-date",
    }


async def test_what_was_said_since_a_time_is_queued_again(
    fresh_database: FreshDatabase, kafka_bootstrap: str
) -> None:
    url = await fresh_database("booking")
    shell = Shell("booking", url, **reach(kafka_bootstrap))
    async with open_database(url) as database:
        await path.say(database, key := new_id(), key)
        async with database.transaction() as connection:
            await connection.execute("delete from outbox")  # it was sent
        since = "events republish --since"
        done, later, odd = await asyncio.gather(
            shell.types(f"{since} 2026-01-01"),
            shell.types(f"{since} 2099-01-01T18:00"),
            shell.types(f"{since} yesterday"),
        )
        queued = await path.rows(database, "select sequence, republished from outbox order by seq")
    assert (done.returncode, done.stdout) == (0, "2 events queued again\n")
    assert (later.returncode, later.stdout) == (0, "0 events queued again\n")
    assert odd.returncode == 2
    assert queued == [
        {"sequence": 1, "republished": True},
        {"sequence": 2, "republished": False},
    ]


async def test_a_stop_is_ended_and_what_is_past_its_time_is_named(
    reporting: tuple[Shell, Database],
) -> None:
    shell, database = reporting
    async with database.transaction() as connection:
        await connection.execute(
            "insert into consumer_stop (consumer, reason) values ('reporting', 'too many')"
        )
    resumed = await shell.types("events resume")
    again, expiry, rebuilt = await asyncio.gather(
        shell.types("events resume"), shell.types("events expire --dry-run"), shell.types("rebuild")
    )
    assert (resumed.returncode, resumed.stdout) == (0, "resumed; it was stopped: too many\n")
    assert (again.returncode, again.stdout) == (0, "it was not stopped\n")
    assert expiry.returncode == 0
    assert all(line.endswith("past their time") for line in expiry.stdout.splitlines())
    assert rebuilt.returncode == 0
    assert rebuilt.stdout.splitlines()[-1].startswith("equal")


async def test_what_is_no_command_is_met_with_the_usage(fresh_database: FreshDatabase) -> None:
    shell = Shell("concerns", await fresh_database("concerns"))
    for line, said in (("events burn", "parked"), ("fly", "import"), ("topics drop", "apply")):
        done = await shell.types(line)
        assert (done.returncode, done.stdout) == (2, "")
        assert "usage: python -m concerns" in done.stderr
        assert said in done.stderr


async def test_where_database_or_kafka_is_away_it_says_so_in_one_line(
    fresh_database: FreshDatabase,
) -> None:
    no_database = Shell("booking", "postgresql://127.0.0.1:1/none")
    no_kafka = Shell("booking", await fresh_database("booking"))
    for done in await asyncio.gather(
        no_database.types("events parked"),
        no_kafka.types("events republish --since 2026-01-01"),
        no_kafka.types("topics apply"),
    ):
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.splitlines()[-1].startswith("Stopped: database or Kafka did not")
        assert "Traceback" not in done.stderr


async def test_topics_are_applied_once_and_what_must_not_change_is_refused(
    fresh_database: FreshDatabase, kafka_bootstrap: str, tmp_path: Path
) -> None:
    name = f"tried.{new_id().hex}.v1"
    url = await fresh_database("booking")
    shell = Shell("booking", url, **reach(kafka_bootstrap))

    async def apply(partitions: int) -> Done:
        file = tmp_path / "topics.yaml"
        topic = {"owner": "booking", "partitions": partitions, "replicas": 1, "config": {}}
        file.write_text(yaml.safe_dump({"topics": {name: topic}}))
        return await shell.types(f"topics apply {file}")

    made, again, refused = await apply(3), await apply(3), await apply(6)
    assert (made.returncode, made.stdout) == (0, f"{name}: created, 3 partitions\n")
    assert (again.returncode, again.stdout) == (0, "nothing to change\n")
    assert refused.returncode == 1
    assert "topics.yaml says 6; keys would move" in refused.stdout
    async with open_admin(as_operator(kafka_bootstrap)) as admin:
        await admin.delete_topics([name])
