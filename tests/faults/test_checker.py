"""The checker itself: a clean world has no violation, and of each kind one is found as just that one."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

from tests import infra
from tests.faults.broken_worlds import CASES, Case
from tests.faults.checker import Evidence, check
from tests.faults.clean_world import World, a_clean_world, a_letter, altered
from tests.faults.history import Call
from tests.kafka_topics import renew_topics
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
