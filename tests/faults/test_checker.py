"""The checker itself: a clean world has no violation, and of each kind one is found as just that one."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests import infra
from tests.faults.checker import Evidence, check
from tests.faults.clean_world import World, a_clean_world, a_letter, altered
from tests.faults.history import Call
from tests.kafka import renew_topics
from tests.tokens import TestIssuer


@pytest.fixture(scope="module")
async def world(
    templates: infra.Templates,
    kafka_bootstrap: str,
    issuer: TestIssuer,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncGenerator[World]:
    """The clean world, of which each test breaks a copy."""
    await renew_topics(kafka_bootstrap)
    folder: Path = tmp_path_factory.mktemp("world")
    async with a_clean_world(templates, kafka_bootstrap, issuer, folder) as found:
        yield found


async def broken(evidence: Evidence) -> list[str]:
    """Which invariants are broken, each once."""
    found = await check(evidence)
    return sorted({each.invariant for each in found.violations})


async def test_a_clean_world_has_no_violation(world: World) -> None:
    found = await check(world.evidence)
    assert found.violations == []
    counted = found.counted
    assert (counted["mails"], counted["alerts"], counted["capture windows"]) == (5, 1, 3)
    assert counted["calls ok"] == 11
    assert counted["events held back"] == 1  # the shared tier's concern


NEVER_SENT = """
insert into event_log (topic, key, sequence, event_id, type, headers, value, publish_after)
values ('shared.walks.v1', gen_random_uuid()::text, 1, gen_random_uuid(), 'walk.started.v1',
        '{{"time": "2027-01-12T18:00:00+00:00"}}', '{{}}', now())
"""
SAYS_MORE = """
update event_log set value = value || ' '::bytea
 where topic = 'shared.walks.v1' and type = 'walk.ended.v1'
"""
SENT_AND_DUE = """
insert into outbox (topic, key, sequence, publish_after, logged_at)
select topic, key, sequence, publish_after, logged_at from event_log
 where topic = 'shared.walks.v1' limit 1
"""
BOOKED_AGAIN = """
insert into participant (id, walk_id, key_name, wrapped_key, sealed, contact_hmac, created_at)
select gen_random_uuid(), walk_id, key_name, wrapped_key, sealed, contact_hmac, created_at
  from participant limit 1
"""
# The event that concerns has no effect of: parked, with its key, as if its handler had refused it.
PARKED = """
insert into parked (consumer, topic, partition, "offset", key, sequence, headers, digest, cause)
select 'concerns', topic, (select min(partition) from consumer_offset where next_offset > 0), 0, key,
       {sequence}, '[]', '', '{cause}'
  from inbox where consumer = 'concerns' and key = '{overdue}'
"""
BLOCK = """
update inbox set last_sequence = {last}, blocked = {blocked}
 where consumer = 'concerns' and key = '{overdue}'
"""
BEHIND = """
update consumer_offset set next_offset = next_offset - 1 where (consumer, partition) in
       (select consumer, min(partition) from consumer_offset where next_offset > 0 group by consumer)
"""


def park(*, sequence: int = 2, last: int = 1, blocked: bool = True) -> list[str]:
    """The overdue walk's key, parked."""
    words = {"sequence": sequence, "cause": "refused: ValueError", "last": last}
    return [
        statement.format(**words, blocked=str(blocked).lower(), overdue="{overdue}")
        for statement in (PARKED, BLOCK)
    ]


@dataclass(frozen=True)
class Case:
    """A world in which one thing is not as it was, and what is broken by that."""

    name: str
    service: str
    statements: Sequence[str]
    broken: Sequence[str]
    poisoned: bool = False


CASES = (
    Case(
        "a committed event is not on its topic",
        "booking",
        [NEVER_SENT],
        ["I1"],
    ),
    Case(
        "an event that is due still waits",
        "concerns",
        ["update outbox set publish_after = now() where topic = 'shared.concerns.v1'"],
        ["I1", "I6"],
    ),
    Case(
        "a row says that something happened and no event does",
        "concerns",
        ["update concern set id = gen_random_uuid()"],
        ["I1"],
    ),
    Case(
        "a record was never committed",
        "booking",
        ["delete from event_log where topic = 'shared.walks.v1' and type = 'walk.ended.v1'"],
        ["I2"],
    ),
    Case(
        "a record says something else than was committed",
        "booking",
        [SAYS_MORE],
        ["I2"],
    ),
    Case(
        "a reader has applied what no log has",
        "concerns",
        ["update inbox set last_sequence = last_sequence + 1 where key = '{walked}'"],
        ["I2"],
    ),
    Case(
        "a fact is counted twice",
        "reporting",
        [
            "insert into fact select * from fact where measure = 'walks' and kind = 'ended'",
            "update figure set count = count + 1 where measure = 'walks' and kind = 'ended'",
        ],
        ["I4"],
    ),
    Case(
        "a window has not heard that its walk was started",
        "concerns",
        ["update capture_window set started_at = null where walk_id = '{walked}'"],
        ["I4"],
    ),
    Case(
        "a concern is counted twice for the debrief",
        "booking",
        ["update walk set concern_count = concern_count + 1 where id = '{walked}'"],
        ["I4"],
    ),
    Case(
        "an alarm that somebody took on is shown as nobody's",
        "booking",
        ["update walk set overdue_acknowledged_at = null where id = '{overdue}'"],
        ["I4"],
    ),
    Case(
        "an alarm is shown as taken on at a time that nobody told of",
        "booking",
        ["update walk set overdue_acknowledged_at = now() where id = '{overdue}'"],
        ["I4"],
    ),
    Case(
        "an alert is missing and another is nobody's",
        "notifications",
        ["update alert set due_at = due_at + interval '1 minute'"],
        ["I4"],
    ),
    Case(
        "a message was never intended",
        "notifications",
        ["delete from message where purpose = 'walk_cancelled'"],
        ["I4"],
    ),
    Case(
        "a mail failed",
        "notifications",
        ["update message set state = 'failed' where purpose = 'walk_cancelled'"],
        ["I4"],
    ),
    Case(
        "a reader has passed an event by",
        "notifications",
        ["update inbox set last_sequence = 0 where key = '{walked}'"],
        ["I4"],
    ),
    Case("a key parked as planned", "concerns", park(), [], poisoned=True),
    Case("a key parked by itself", "concerns", park(), ["I6"]),
    Case("a parked key overtaken", "concerns", park(last=2), ["I5"], poisoned=True),
    Case("a parked key not blocked", "concerns", park(blocked=False), ["I5"], poisoned=True),
    Case("a parked key passed by", "concerns", park(sequence=3), ["I5"], poisoned=True),
    Case(
        "a key waits for nothing",
        "concerns",
        ["update inbox set blocked = true where key = '{walked}'"],
        ["I5"],
    ),
    Case("others wait for a parked key", "concerns", [*park(), BEHIND], ["I5"], poisoned=True),
    Case("a reader is behind", "concerns", [BEHIND], ["I6"]),
    Case(
        "a row that was sent is still due",
        "booking",
        [SENT_AND_DUE],
        ["I6"],
    ),
    Case(
        "a consumer stands still",
        "concerns",
        ["insert into consumer_stop (consumer, reason) values ('concerns', 'flood')"],
        ["I6"],
    ),
    Case(
        "a mail is still to be tried again",
        "notifications",
        ["update message set state = 'retrying' where purpose = 'walk_cancelled'"],
        ["I6"],
    ),
    Case(
        "an answered booking is gone",
        "booking",
        ["delete from participant where walk_id = '{walked}'"],
        ["I7"],
    ),
    Case(
        "one key booked twice",
        "booking",
        [BOOKED_AGAIN],
        ["I7"],
    ),
    Case(
        "live figures are not what the facts give",
        "reporting",
        ["update figure set count = count + 1 where measure = 'walks' and kind = 'ended'"],
        ["I8"],
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
async def test_what_is_broken_is_found_as_that(world: World, case: Case) -> None:
    names = {"walked": world.walked, "cancelled": world.cancelled, "overdue": world.overdue}
    statements = [each.format(**names) for each in case.statements]
    evidence = replace(world.evidence, poisoned=[world.overdue] if case.poisoned else [])
    # Reporting is asked by a process of its own, which takes longer than all else.
    services = [name for name in evidence.databases if name != "reporting"]
    async with altered(evidence, case.service, statements, services) as changed:
        assert await broken(changed) == case.broken


def without_databases(world: World, **changes: object) -> Evidence:
    """The evidence with nothing but what is said, for what needs no database."""
    return replace(world.evidence, databases={}, **changes)


def of_notifications(world: World, **changes: object) -> Evidence:
    """The evidence with the journal of mails alone."""
    url = world.evidence.databases["notifications"]
    return replace(world.evidence, databases={"notifications": url}, **changes)


async def test_a_mail_that_never_came_is_found(world: World) -> None:
    assert await broken(of_notifications(world, letters=world.evidence.letters[1:])) == ["I4"]


async def test_a_mail_that_nobody_intended_is_found(world: World) -> None:
    letters = [*world.evidence.letters, a_letter("00000000-0000-4000-8000-000000000000")]
    assert await broken(of_notifications(world, letters=letters)) == ["I4"]


async def test_a_mail_may_come_twice_only_where_we_died_sending_it(world: World) -> None:
    letters = [*world.evidence.letters, a_letter(world.message)]
    assert await broken(of_notifications(world, letters=letters)) == ["I4"]
    died = of_notifications(world, letters=letters, sending_at_kill=[world.message])
    found = await check(died)
    assert found.violations == []
    assert found.counted["mails twice"] == 1


def a_booking_call(world: World) -> Call:
    """One that was answered with yes."""
    return next(call for call in world.evidence.calls if call.path == "/booking/v1/walks")


def of_booking(world: World, *calls: Call) -> Evidence:
    """Booking alone, and calls beside those that were made."""
    databases = {"booking": world.evidence.databases["booking"]}
    return replace(world.evidence, databases=databases, calls=[*world.evidence.calls, *calls])


async def test_a_key_that_is_answered_with_two_walks_is_found(world: World) -> None:
    again = replace(a_booking_call(world), answer={"id": world.cancelled + "x"})
    assert await broken(of_booking(world, again)) == ["I7"]


async def test_a_refused_booking_that_is_there_all_the_same_is_found(world: World) -> None:
    refused = replace(a_booking_call(world), key="another", outcome="refused", answer={})
    assert await broken(of_booking(world, refused)) == ["I7"]


async def test_an_unknown_answer_may_have_an_effect_or_none_and_a_retry_ends_it(
    world: World,
) -> None:
    call = a_booking_call(world)
    cut_short = replace(call, outcome="unknown", status=None, answer=None)
    lost = replace(cut_short, key="another", body=call.body | {"email": "nobody@example.org"})
    found = await check(of_booking(world, cut_short, lost))
    assert found.violations == []
    assert found.counted["keys retried"] == 1
    answered = replace(lost, outcome="ok", answer={"id": "another"})
    assert await broken(of_booking(world, lost, answered)) == ["I7"]


@pytest.mark.parametrize("place", ["a log", "a problem body", "a topic"])
async def test_a_planted_string_is_found_wherever_it_is(world: World, place: str) -> None:
    problem = replace(a_booking_call(world), outcome="refused", answer={"detail": "Canarywood!"})
    changes = {
        "a log": {"texts": {"a log": "name=Canarywood"}},
        "a problem body": {"calls": [problem]},
        "a topic": {"planted": ["larkmere-2026"]},
    }[place]
    assert await broken(without_databases(world, **changes)) == ["I9"]
