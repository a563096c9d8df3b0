"""The doctor, against real faults: what is wrong is named in plain words, with what to do."""

import os
import socket
from collections.abc import Sequence
from datetime import timedelta

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions

from shared import doctor
from shared.clock import new_id
from shared.doctor import Finding
from shared.events import Received
from shared.kafka import open_admin
from shared.postgres import Connection, Database, open_database
from shared.service import Timer
from shared.timers import run_timer
from tests.conftest import FreshDatabase
from tests.factories import Clock, KeptParts, parts_for
from tests.infra import Templates, until
from tests.kafka_topics import apply_topics, renew_topics
from tests.keyring import as_operator
from tests.shared import eventpath as path, otherclient
from tests.shared.eventpath import TOPIC, clock_of, consuming, parts, relaying, running
from tests.shared.test_command_line import Shell, park
from tests.tokens import TestIssuer

NO_KAFKA = "127.0.0.1:1"
STANDS_AT_EVERY_START = """
insert into consumer_offset (consumer, topic, partition, next_offset, fingerprint, cluster, trimmed_until)
select 'concerns', $1, number, 0, '', 'cluster', 0 from generate_series(0, 11) as number
"""


async def ask(mine: KeptParts, name: str = "reporting") -> list[Finding]:
    """What the doctor finds of a service around these parts."""
    return await doctor.examine(name, mine.settings, mine.database, mine.clock())


def wrong(findings: Sequence[Finding], about: str) -> Finding:
    """The one thing that is wrong about something."""
    found = [each for each in findings if each.about == about and not each.well]
    assert len(found) == 1
    return found[0]


def all_wrong(findings: Sequence[Finding]) -> list[str]:
    return [each.about for each in findings if not each.well]


@pytest.fixture
def mine(reporting_database: Database, empty_topics: str, issuer: TestIssuer) -> KeptParts:
    """Reporting, with everything it needs."""
    return parts(reporting_database, empty_topics, oidc_issuer=issuer.url)


@pytest.fixture
def concerns(concerns_database: Database, empty_topics: str, issuer: TestIssuer) -> KeptParts:
    """Concerns, which says something as well."""
    return parts(concerns_database, empty_topics, oidc_issuer=issuer.url)


async def test_where_all_is_well_it_says_so_and_of_what(concerns: KeptParts) -> None:
    async def applied(_connection: Connection, _events: Sequence[Received]) -> None: ...

    async with (
        relaying(concerns, "concerns"),
        consuming(concerns, "concerns", path.work(applied)),
    ):
        await until(lambda: path.rows(concerns.database, "select 1 from partition_progress"), 30)
        findings = await ask(concerns, "concerns")
    assert all_wrong(findings) == []
    found = {each.about: each.what for each in findings}
    assert found.keys() >= {"database", "outbox", "parked events", "consumer", "timers"}
    assert found.keys() >= {"kafka", "topics", f"place in {TOPIC}", "issuer"}
    assert found["relay"].startswith(f"{socket.gethostname()}:{os.getpid()} leads since 20")


async def test_a_worker_that_does_not_run_is_missed(concerns: KeptParts, mine: KeptParts) -> None:
    findings = await ask(concerns, "concerns")
    assert all_wrong(findings) == ["relay", "consumer"]
    for about in ("relay", "consumer"):
        assert "python -m concerns worker" in (wrong(findings, about).todo or "")
    assert all_wrong(await ask(mine, "reporting")) == ["consumer"]  # it says nothing: no relay


async def test_kafka_that_is_down_is_one_finding_and_the_rest_is_still_looked_at(
    reporting_database: Database,
) -> None:
    findings = await ask(parts(reporting_database, NO_KAFKA))
    found = wrong(findings, "kafka")
    assert found.what == "does not answer"
    assert "REPORTING_KAFKA_BOOTSTRAP_SERVERS" in (found.todo or "")
    assert "database" in {each.about for each in findings if each.well}


async def test_a_topic_that_is_missing_is_named_with_who_makes_it(mine: KeptParts) -> None:
    bootstrap = mine.settings.kafka_bootstrap_servers
    async with open_admin(as_operator(bootstrap)) as admin:
        await admin.delete_topics([TOPIC])
        await until(lambda: is_gone(admin), 30)
    try:
        heard, own = await ask(mine), await ask(mine, "booking")
    finally:
        await apply_topics(bootstrap)
    assert wrong(heard, "topics").what == f"{TOPIC}: missing"
    assert wrong(heard, "topics").todo == "python -m booking topics apply"
    assert wrong(own, "topics").what == f"{TOPIC}: missing"


async def is_gone(admin: AIOKafkaAdminClient) -> bool:
    return TOPIC not in await admin.list_topics()


async def test_a_topic_that_is_otherwise_than_the_file_says_is_named(mine: KeptParts) -> None:
    async with open_admin(mine.settings) as admin:
        await admin.create_partitions({TOPIC: NewPartitions(13)})
    try:
        found = wrong(await ask(mine, "booking"), "topics")
    finally:
        await renew_topics(mine.settings.kafka_bootstrap_servers)
    assert "has 13 partitions, topics.yaml says 12" in found.what


async def test_records_that_were_lost_unread_are_told_even_of_a_reader_that_had_read_nothing(
    concerns: KeptParts, shared_database: Database
) -> None:
    kafka = concerns.settings.kafka_bootstrap_servers
    await path.publish(parts(shared_database, kafka), new_id())
    async with concerns.database.transaction() as connection:
        await connection.execute(STANDS_AT_EVERY_START, TOPIC)
    await otherclient.trim(kafka, leave=0)
    found = wrong(await ask(concerns, "concerns"), f"place in {TOPIC}")
    assert "lost records unread" in found.what
    assert "python -m booking events republish" in (found.todo or "")


async def test_another_cluster_than_the_one_published_to_is_named(mine: KeptParts) -> None:
    async with mine.database.transaction() as connection:
        await connection.execute("update relay_lease set cluster = 'the-old-one'")
    found = wrong(await ask(mine), "kafka")
    assert found.what.endswith("events went to the-old-one")
    assert "events republish --since TIME" in (found.todo or "")


async def test_parked_events_are_told_by_cause_with_the_commands(mine: KeptParts) -> None:
    await park(mine.database, str(new_id()))
    found = wrong(await ask(mine), "parked events")
    assert "1 refused: ValueError" in found.what
    for verb in ("parked", "retry", "discard ID --reason TEXT"):
        assert f"events {verb}" in (found.todo or "")


async def test_a_declared_stop_is_told_with_its_reason(mine: KeptParts) -> None:
    async with mine.database.transaction() as connection:
        await connection.execute(
            "insert into consumer_stop (consumer, reason) values ('reporting', 'too many keys')"
        )
    found = wrong(await ask(mine), "consumer")
    assert found.what.endswith("too many keys")
    assert found.todo == "do what it says, then python -m reporting events resume"


async def test_an_event_that_is_long_due_is_told_by_its_age(concerns: KeptParts) -> None:
    await path.say(concerns.database, new_id(), at=concerns.clock())
    clock_of(concerns).advance(timedelta(seconds=90))
    found = wrong(await ask(concerns, "concerns"), "outbox")
    assert found.what == "1 rows, the oldest that is due waits for 90 s"


async def test_a_consumer_that_is_behind_is_told_by_how_much(mine: KeptParts) -> None:
    async with mine.database.transaction() as connection:
        await connection.execute(
            "insert into partition_progress (consumer, topic, partition, lag, as_of, checked_at)"
            " values ('reporting', $1, 0, 7, $2, $3)",
            TOPIC,
            mine.clock() - timedelta(seconds=300),
            mine.clock(),
        )
    assert wrong(await ask(mine), "consumer").what == "7 events behind, 300 s"


async def test_a_timer_that_fails_is_told_until_it_succeeds(mine: KeptParts) -> None:
    broken = [True]

    async def run() -> None:
        if broken:
            raise ConnectionError

    timer = Timer("messages", timedelta(seconds=0.05), run)
    failures = "select times from timer_failure where times > 1"
    async with running(run_timer(mine, timer)):
        await until(lambda: path.rows(mine.database, failures))
        found = wrong(await ask(mine), "timer messages")
        assert found.what.endswith("ConnectionError")
        broken.clear()
        await until(lambda: has_no_failures(mine.database))


async def has_no_failures(database: Database) -> bool:
    return not await path.rows(database, "select 1 from timer_failure")


async def test_an_issuer_and_a_service_that_are_away_are_told(
    booking_database: Database, kafka_bootstrap: str
) -> None:
    away = {"oidc_issuer": "http://127.0.0.1:1", "notifications_url": "http://127.0.0.1:1"}
    mine = parts_for(
        "booking", booking_database, clock=Clock(), kafka_bootstrap_servers=kafka_bootstrap, **away
    )
    findings = await ask(mine, "booking")
    assert "BOOKING_OIDC_ISSUER" in (wrong(findings, "issuer").todo or "")
    assert "python -m notifications doctor" in (wrong(findings, "notifications").todo or "")


async def test_an_unmigrated_database_is_told(
    templates: Templates, kafka_bootstrap: str, issuer: TestIssuer
) -> None:
    url = await templates.empty()
    async with open_database(url) as database:
        findings = await ask(parts(database, kafka_bootstrap, oidc_issuer=issuer.url))
    found = wrong(findings, "database")
    assert "migrations are missing" in found.what
    assert found.todo == "python -m reporting migrate"


async def test_the_command_prints_a_line_each_and_says_by_its_code_whether_all_is_well(
    fresh_database: FreshDatabase,
) -> None:
    shell = Shell("reporting", await fresh_database("reporting"))
    away = Shell("reporting", "postgresql://127.0.0.1:1/none")
    for done, database in (
        (await shell.types("doctor"), "OK     database: reachable and migrated"),
        (await away.types("doctor"), "WRONG  database: does not answer, or refuses this service"),
    ):
        assert done.returncode == 1
        lines = done.stdout.splitlines()
        assert lines[0].startswith(database)
        assert all(line.startswith(("OK     ", "WRONG  ")) for line in lines)
        assert all(". To do: " in line for line in lines if line.startswith("WRONG"))
        assert [line for line in lines if line.startswith("WRONG  kafka: does not answer")]
        assert [line for line in lines if line.startswith("WRONG  issuer: ")]
        assert "Traceback" not in done.stderr
