"""Two things that happen to one walk or one place at once: one outcome, and rows and events that agree.

Each race is run so often that either side comes first; the long form is for ``make soak``.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

import httpx
import pytest

from booking import service
from booking.domain import SlotTaken
from shared.events.walks import INTERNAL
from shared.idempotency import once
from tests.booking.desk import Booking, Json, problem
from tests.booking.test_changes import gives, moves
from tests.booking.test_service import token_of
from tests.factories import START

DAY = timedelta(days=1)
NO_KEY = once("test", None, b"")
OFTEN = pytest.mark.parametrize(
    "rounds", [20, pytest.param(200, marks=pytest.mark.soak)], ids=["short", "long"]
)

Race = Callable[[Booking], Awaitable[None]]


async def run(booking: Booking, race: Race, rounds: int) -> None:
    """A race so many times, each on a day of its own time; what is left behind agrees every time."""
    for _ in range(rounds):
        await race(booking)
        await agree(booking)
        # A day of nothing else: the next round meets no walk, no limit and no burst of this one.
        async with booking.database.transaction() as connection:
            await connection.execute("truncate walk, slot, assignment, absence, event_log cascade")
        booking.clock.advance(timedelta(minutes=1))


async def agree(booking: Booking) -> None:
    """What holds whichever side came first: of places, officers' time, versions and events."""
    walks = await booking.rows(
        "select walk.*, slot.officer_id as slot_officer, slot.capacity from walk"
        " join slot on slot.id = walk.slot_id"
    )
    live = [walk for walk in walks if walk["state"] in ("confirmed", "started")]
    assert {walk["officer_id"] for walk in live} == {walk["slot_officer"] for walk in live}, walks
    places = Counter(walk["slot_id"] for walk in live)
    assert all(places[walk["slot_id"]] <= walk["capacity"] for walk in live)
    taken = await booking.rows(
        "select slot_id, officer.id from assignment join officer using (officer_no)"
    )
    assert {(row["slot_id"], row["id"]) for row in taken} == {
        (walk["slot_id"], walk["officer_id"]) for walk in live
    }
    for walk in walks:
        told = await booking.rows(
            "select sequence, type, value from event_log where topic = $1 and key = $2"
            " order by sequence",
            INTERNAL,
            str(walk["id"]),
        )
        assert [row["sequence"] for row in told] == list(range(1, len(told) + 1))
        assert len(told) == walk["version"], "each change is told once"
        said = json.loads(told[-1]["value"])["starts_at"].replace("Z", "+00:00")
        assert said == walk["starts_at"].isoformat()


def outcomes(answers: Sequence[httpx.Response]) -> list[str]:
    """What each was answered: ``done``, or the problem's slug."""
    return ["done" if answer.is_success else problem(answer) for answer in answers]


async def events(booking: Booking) -> list[str]:
    """The types of what was told of walks, without the versions."""
    rows = await booking.rows(
        "select type from event_log where topic = $1 order by key, sequence", INTERNAL
    )
    return [row["type"].removeprefix("walk.").removesuffix(".v1") for row in rows]


async def a_group(booking: Booking, capacity: int, **changes: Any) -> str:
    """A slot for several."""
    slot_id = await booking.slot(**changes)
    async with booking.database.transaction() as connection:
        await connection.execute("update slot set capacity = $2 where id = $1", slot_id, capacity)
    return slot_id


async def books(booking: Booking, slot_id: str) -> Json:
    """A walk on a slot."""
    answer = await booking.books(slot_id)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def last_place_of_a_group(booking: Booking) -> None:
    slot_id = await a_group(booking, 2, at=booking.clock.at + DAY)
    await books(booking, slot_id)
    answers = await asyncio.gather(*(booking.books(slot_id) for _ in range(3)))
    assert sorted(outcomes(answers)) == ["done", "slot-taken", "slot-taken"]


async def cancel_against_start(booking: Booking) -> None:
    walk = await booking.walk(at=booking.clock.at + timedelta(minutes=30))
    answers = await asyncio.gather(
        booking.acts(walk, "cancel"), booking.acts(walk, "start", headers=booking.coordinator)
    )
    assert sorted(outcomes(answers)) == ["done", "wrong-state"]
    assert await events(booking) in (["confirmed", "cancelled"], ["confirmed", "started"])


async def her_cancel_against_start(booking: Booking) -> None:
    walk = await booking.walk(at=booking.clock.at + timedelta(minutes=30))
    cancelled, started = await asyncio.gather(
        service.cancel_by_link(booking.desk, token_of(walk), NO_KEY),
        booking.acts(walk, "start"),
        return_exceptions=True,
    )
    assert isinstance(started, httpx.Response)
    assert started.is_success is isinstance(cancelled, Exception)


async def two_coordinators_move_one_walk(booking: Booking) -> None:
    walk = await booking.walk(at=booking.clock.at + DAY)
    places = [await booking.slot(at=booking.clock.at + days * DAY) for days in (2, 3)]
    answers = await asyncio.gather(*(moves(booking, walk, place) for place in places))
    assert outcomes(answers) == ["done", "done"]  # one after the other, and the later one stands
    [row] = await booking.rows("select slot_id, sequence from walk")
    assert str(row["slot_id"]) in places
    assert row["sequence"] == 2
    assert len(await booking.slots()) == 2  # the first one and the one moved through


async def two_coordinators_move_one_walk_to_one_slot(booking: Booking) -> None:
    walk = await booking.walk(at=booking.clock.at + DAY)
    place = await booking.slot(at=booking.clock.at + 2 * DAY)
    answers = await asyncio.gather(moves(booking, walk, place), moves(booking, walk, place))
    assert sorted(outcomes(answers)) == ["done", "wrong-state"]


async def move_against_booking(booking: Booking) -> None:
    walk = await booking.walk(at=booking.clock.at + DAY)
    place = await booking.slot(at=booking.clock.at + 2 * DAY, officer=1)
    answers = await asyncio.gather(moves(booking, walk, place), booking.books(place))
    assert sorted(outcomes(answers)) == ["done", "slot-taken"]
    moved = answers[0].is_success
    assert len(await booking.rows("select from walk")) == (1 if moved else 2)
    assert len(await booking.slots()) == (1 if moved else 0)


async def reassign_against_booking_of_the_other_officer(booking: Booking) -> None:
    at = booking.clock.at + DAY
    walk = await booking.walk(at=at)
    place = await booking.slot(at=at + timedelta(minutes=20), officer=1)
    answers = await asyncio.gather(gives(booking, walk, 1), booking.books(place))
    assert outcomes(answers) in (["done", "slot-taken"], ["officer-busy", "done"])


async def reassign_against_booking_of_the_same_slot(booking: Booking) -> None:
    slot_id = await a_group(booking, 2, at=booking.clock.at + DAY)
    walk = await books(booking, slot_id)
    answers = await asyncio.gather(gives(booking, walk, 1), booking.books(slot_id))
    assert outcomes(answers) == ["done", "done"]
    assert len(await booking.rows("select distinct officer_id from walk")) == 1


async def reassign_against_start(booking: Booking) -> None:
    walk = await booking.walk(at=booking.clock.at + timedelta(minutes=30))
    answers = await asyncio.gather(gives(booking, walk, 1), booking.acts(walk, "start"))
    assert outcomes(answers) in (["done", "done"], ["wrong-state", "done"])


async def reassign_against_move(booking: Booking) -> None:
    walk = await booking.walk(at=booking.clock.at + DAY)
    place = await booking.slot(at=booking.clock.at + 2 * DAY)
    answers = await asyncio.gather(gives(booking, walk, 1), moves(booking, walk, place))
    assert outcomes(answers) == ["done", "done"]


async def two_officers_change_places(booking: Booking) -> None:
    at = booking.clock.at + DAY
    first, second = [await booking.walk(at=at, officer=nth) for nth in (0, 1)]
    answers = await asyncio.gather(gives(booking, first, 1), gives(booking, second, 0))
    assert outcomes(answers) == ["officer-busy", "officer-busy"]


async def reassign_against_absence(booking: Booking) -> None:
    """Either she is not given the walk, or it is told that the walk is without its officer."""
    walk = await booking.walk(at=booking.clock.at + DAY)
    absence = {
        "officer_id": booking.officers[1],
        "kind": "sick",
        "from": booking.clock.at.isoformat(),
    }
    given, recorded = await asyncio.gather(
        gives(booking, walk, 1),
        booking.http.post("/booking/v1/absences", json=absence, headers=booking.coordinator),
    )
    assert recorded.status_code == 201, recorded.text
    [told] = await booking.rows("select value from event_log where type = 'absence.recorded.v1'")
    affected = json.loads(told["value"])["affected_walks"]
    assert (outcomes([given]), affected) in ((["done"], 1), (["officer-busy"], 0))


async def undo_against_booking(booking: Booking) -> None:
    slot_id = await booking.slot(at=booking.clock.at + DAY)
    walk = await books(booking, slot_id)
    await service.cancel_by_link(booking.desk, token_of(walk), NO_KEY)
    undone, booked = await asyncio.gather(
        service.undo_cancel_by_link(booking.desk, token_of(walk), NO_KEY),
        booking.books(slot_id),
        return_exceptions=True,
    )
    assert isinstance(booked, httpx.Response)
    assert isinstance(undone, SlotTaken) is booked.is_success


RACES: tuple[Race, ...] = (
    last_place_of_a_group,
    cancel_against_start,
    her_cancel_against_start,
    two_coordinators_move_one_walk,
    two_coordinators_move_one_walk_to_one_slot,
    move_against_booking,
    reassign_against_booking_of_the_other_officer,
    reassign_against_booking_of_the_same_slot,
    reassign_against_start,
    reassign_against_move,
    two_officers_change_places,
    reassign_against_absence,
    undo_against_booking,
)


@OFTEN
@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
async def test_one_outcome_and_all_agrees(booking: Booking, race: Race, rounds: int) -> None:
    await run(booking, race, rounds)


async def test_undone_she_walks_with_whoever_has_the_group_now(booking: Booking) -> None:
    slot_id = await a_group(booking, 2, at=START + DAY)
    mine, other = await books(booking, slot_id), await books(booking, slot_id)
    await service.cancel_by_link(booking.desk, token_of(mine), NO_KEY)
    assert (await gives(booking, other, 1)).status_code == 200
    answer = await service.undo_cancel_by_link(booking.desk, token_of(mine), NO_KEY)
    assert answer["officer"]["display_name"] == "PC Robin 2"
    await agree(booking)


async def test_a_group_that_has_set_off_keeps_its_officer(booking: Booking) -> None:
    slot_id = await a_group(booking, 2, at=START + timedelta(minutes=30))
    walks = [await books(booking, slot_id) for _ in range(2)]
    assert (await booking.acts(walks[0], "start")).status_code == 200
    assert outcomes([await gives(booking, walks[1], 1)]) == ["wrong-state"]
    await agree(booking)
