"""A plan is carried out while others book, cancel, reassign and come back: all agrees, whoever is first."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import cycle
from typing import Any

import httpx
import pytest

from booking import domain, service
from shared.auth import Principal
from tests.booking.desk import Booking, Json
from tests.booking.replans import (
    DAY,
    HOUR,
    MINUTE,
    carries_out,
    choices,
    officers_of,
    on_duty,
    outcomes,
    planned,
    plans,
    sick,
    told,
)
from tests.booking.test_absences import said
from tests.booking.test_changes import gives
from tests.booking.test_races import OFTEN
from tests.booking.test_service import token_of
from tests.booking.wishes import NO_KEY, agrees as offers_agree
from tests.factories import START

COORDINATOR = Principal("c-1", "Coordinator", frozenset({"coordinator"}), frozenset({"*"}))
# Either side gets a head start in turn, longer and longer: a plan has many moments at which to be met.
HEAD_STARTS = cycle([(0.02, 0.0), *((0.0, nth / 100) for nth in range(9))])


async def at_once(*doings: Awaitable[Any]) -> list[Any]:
    """What became of two things done at once."""

    async def late(doing: Awaitable[Any], by: float) -> Any:
        await asyncio.sleep(by)
        return await doing

    both = [late(doing, by) for doing, by in zip(doings, next(HEAD_STARTS), strict=True)]
    return await asyncio.gather(*both, return_exceptions=True)


def done(answer: Any) -> Json:
    """The report of a plan that was carried out."""
    assert isinstance(answer, httpx.Response), repr(answer)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def soon(booking: Booking) -> tuple[list[Json], Json]:
    """Three walks tomorrow, of which the second officer, who is on duty for two, may take two."""
    at = booking.clock.at + DAY
    walks = [await booking.walk(at=at + nth * HOUR) for nth in range(3)]
    await on_duty(booking, 1, at, hours=2)
    sick_now = await sick(booking, since=booking.clock.at, until=booking.clock.at + 3 * DAY)
    plan = await planned(booking, sick_now)
    assert choices(plan) == ["reassign", "reassign", "waitlist"]
    return walks, plan


async def replan_against_booking(booking: Booking) -> str:
    """Somebody books the very officer to whom the first walk is to go."""
    walks, plan = await soon(booking)
    slot_id = await booking.slot(officer=1, at=booking.clock.at + DAY - 25 * MINUTE)
    carried, booked = await at_once(carries_out(booking, plan), booking.books(slot_id))
    found = outcomes(done(carried))
    assert found[1:] == ["done", "done"]
    assert booked.status_code == (201 if found[0] == "changed" else 409), booked.text
    assert await officers_of(booking, walks[:2]) == ([1, 1] if found[0] == "done" else [0, 1])
    return str(found[0])


async def two_coordinators_carry_out_one_plan(booking: Booking) -> str:
    walks, plan = await soon(booking)
    both = await at_once(carries_out(booking, plan), carries_out(booking, plan))
    assert [outcomes(done(each)) for each in both] == [["done"] * 3] * 2
    assert await officers_of(booking, walks) == [1, 1, 0]
    assert len(await booking.rows("select from request where state = 'asked'")) == 1
    return "either"


async def two_plans_of_one_absence(booking: Booking) -> str:
    walks, plan = await soon(booking)
    other = (await plans(booking, {"id": plan["absence_id"]})).json()
    both = await at_once(carries_out(booking, plan), carries_out(booking, other))
    first, second = [outcomes(done(each)) for each in both]
    assert all({a, b} == {"done", "changed"} for a, b in zip(first, second, strict=True))
    for walk in walks:
        assert len(await told(booking, walk["id"])) == 2
    return str(first[0])


async def replan_against_her_cancelling(booking: Booking) -> str:
    walks, plan = await soon(booking)
    carried, cancelled = await at_once(
        carries_out(booking, plan), service.cancel_by_link(booking.desk, token_of(walks[2]), NO_KEY)
    )
    found = outcomes(done(carried))
    assert isinstance(cancelled, domain.WrongState) == (found[2] == "done")
    asked = await booking.rows("select from request where state = 'asked'")
    assert len(asked) == (found[2] == "done")
    return str(found[2])


async def replan_against_reassigning(booking: Booking) -> str:
    walks, plan = await soon(booking)
    carried, given = await at_once(carries_out(booking, plan), gives(booking, walks[1], 1))
    found = outcomes(done(carried))
    assert given.is_success == (found[1] == "changed")
    assert await officers_of(booking, walks[:2]) == [1, 1]
    assert len(await told(booking, walks[1]["id"])) == 2
    return str(found[1])


async def replan_against_an_absence_of_the_other(booking: Booking) -> str:
    """Either she is not given a walk, or it is told that the walk is without its officer."""
    walks, plan = await soon(booking)
    body = {
        "officer_id": booking.officers[1],
        "kind": "sick",
        "from": said(booking.clock.at),
    }
    carried, noted = await at_once(
        carries_out(booking, plan),
        booking.http.post("/booking/v1/absences", json=body, headers=booking.coordinator),
    )
    found = outcomes(done(carried))[:2]
    touched = {each["id"] for each in noted.json()["walks"]}
    given = {walk["id"] for walk, came in zip(walks, found, strict=False) if came == "done"}
    officers = await officers_of(booking, walks[:2])
    assert officers == [1 if came == "done" else 0 for came in found]
    assert touched == given
    return ",".join(map(str, found))


async def replan_against_a_return(booking: Booking) -> str:
    walks, plan = await soon(booking)
    [absence] = await booking.rows("select id from absence")
    who, until = COORDINATOR, booking.clock.at + MINUTE
    carried, ended = await at_once(
        carries_out(booking, plan),
        service.end_absence(booking.desk, absence["id"], until, who, 1),
    )
    assert not isinstance(ended, BaseException), repr(ended)
    found = outcomes(done(carried))
    assert set(found) <= {"done", "changed"}
    for walk, came in zip(walks, found, strict=True):
        assert len(await told(booking, walk["id"])) == (2 if came == "done" else 1)
    return ",".join(map(str, found))


RACES: tuple[Callable[[Booking], Awaitable[str]], ...] = (
    replan_against_booking,
    two_coordinators_carry_out_one_plan,
    two_plans_of_one_absence,
    replan_against_her_cancelling,
    replan_against_reassigning,
    replan_against_an_absence_of_the_other,
    replan_against_a_return,
)
ONE_WAY = {two_coordinators_carry_out_one_plan}


@OFTEN
@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
async def test_whoever_comes_first_all_agrees(
    booking: Booking, race: Callable[[Booking], Awaitable[str]], rounds: int
) -> None:
    first = set[str]()
    for nth in range(rounds):
        async with booking.database.transaction() as connection:
            await connection.execute(
                "truncate request, walk, slot, assignment, absence, event_log, outbox cascade"
            )
        booking.clock.at = START + 7 * nth * DAY
        first.add(await race(booking))
        live = await booking.rows(
            "select walk.officer_id, slot.officer_id as slot_s from walk join slot on slot.id = slot_id"
            " where walk.state = 'confirmed'"
        )
        assert all(row["officer_id"] == row["slot_s"] for row in live)
        await offers_agree(booking)
    assert len(first) > 1 or race in ONE_WAY, first
