"""The whole life of walks, with a model beside the database that says what each step must do.

Walks are opened, booked, cancelled, undone, moved, handed over, started, ended, broken off, missed and
debriefed, officers fall sick and time passes, in any order.
"""

import asyncio
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from shared.postgres import Database
from tests.booking.desk import a_booking
from tests.booking.lifecycle.worked import Lifecycle
from tests.tokens import TestIssuer


async def live(database: Database, issuer: TestIssuer, examples: int, steps: int) -> Counter[str]:
    """Run the machine; what was reached, and how often."""
    async with a_booking(database, issuer, tries_per_minute=10**6) as booking:
        bound = {"booking": booking, "loop": asyncio.get_running_loop(), "reached": Counter()}
        machine: type[Lifecycle] = type("Bound", (Lifecycle,), bound)
        chosen = settings(
            max_examples=examples,
            stateful_step_count=steps,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
            phases=[Phase.generate],
        )
        await asyncio.to_thread(run_state_machine_as_test, machine, settings=chosen)
        return machine.reached


# Without these a run would have shown little.
MUST_BE_REACHED = {
    "book: done",
    "book: slot-taken",
    "book: too-few-places",
    "cancel: done",
    "cancel by her: done",
    "undo: done",
    "move: done",
    "move: slot-taken",
    "reassign: done",
    "reassign: officer-busy",
    "start: done",
    "overdue",
}


async def test_walks_live_as_they_should(booking_database: Database, issuer: TestIssuer) -> None:
    reached = await live(booking_database, issuer, examples=36, steps=40)
    assert {what for what in MUST_BE_REACHED if not reached[what]} == set()


@pytest.mark.soak
async def test_walks_live_as_they_should_for_long(
    booking_database: Database, issuer: TestIssuer
) -> None:
    reached = await live(booking_database, issuer, examples=600, steps=60)
    assert {what for what in MUST_BE_REACHED if not reached[what]} == set()
