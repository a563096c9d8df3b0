"""What may still change of a walk, over HTTP and by its link, with the rows and facts left behind."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from booking import domain, service
from shared.events.walks import INTERNAL, SHARED
from shared.idempotency import once
from tests.booking.desk import OTHER_WARD, POLICY, Booking, Json, problem, seed
from tests.booking.test_service import token_of
from tests.factories import START

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
NO_KEY = once("test", None, b"")


async def moves(booking: Booking, walk: Json, slot_id: str) -> Any:
    """A coordinator moves a walk."""
    return await booking.acts(walk, "move", headers=booking.coordinator, json={"slot_id": slot_id})


async def gives(booking: Booking, walk: Json, officer: int) -> Any:
    """A coordinator gives a walk to another officer."""
    body = {"officer_id": booking.officers[officer]}
    return await booking.acts(walk, "reassign", headers=booking.coordinator, json=body)


async def taken(booking: Booking) -> set[Any]:
    """The slots that take an officer's time."""
    return {str(row["slot_id"]) for row in await booking.rows("select slot_id from assignment")}


async def test_a_moved_walk_leaves_its_old_slot_to_others(booking: Booking) -> None:
    walk = await booking.walk()
    new = await booking.slot(at=START + DAY, officer=1)
    answer = await moves(booking, walk, new)
    assert answer.status_code == 200, answer.text
    assert answer.json()["local"]["date"] == "2027-01-13"
    assert answer.json()["officer"]["display_name"] == "PC Robin 2"
    assert await taken(booking) == {new}
    assert [slot["starts_at"][:10] for slot in await booking.slots()] == ["2027-01-12"]
    assert await booking.types(INTERNAL) == ["walk.confirmed.v1", "walk.rescheduled.v1"]
    assert await booking.types(SHARED) == ["walk.confirmed.v1", "walk.rescheduled.v1"]


async def test_a_walk_that_cannot_move_stays_where_it_was(booking: Booking) -> None:
    walk = await booking.walk()
    before = await taken(booking)
    other = await booking.slot(at=START + DAY, officer=1)
    assert (await booking.books(other)).status_code == 201
    answer = await moves(booking, walk, other)
    assert (answer.status_code, problem(answer)) == (409, "slot-taken")
    assert await taken(booking) == before | {other}
    [row] = await booking.rows(
        "select starts_at, sequence from walk where reference = $1", walk["reference"]
    )
    assert (row["starts_at"], row["sequence"]) == (START + HOUR, 0)


async def test_a_walk_may_move_into_the_time_kept_free_around_itself(booking: Booking) -> None:
    walk = await booking.walk()
    near = await booking.opens(at=START + HOUR + timedelta(minutes=20))
    assert (near.status_code, problem(near)) == (409, "officer-busy")
    async with booking.database.transaction() as connection:
        await connection.execute("delete from assignment")
    nearby = await booking.slot(at=START + HOUR + timedelta(minutes=20))
    async with booking.database.transaction() as connection:
        await connection.execute(
            "insert into assignment (slot_id, officer_no, during) select slot_id, officer_no,"
            " tstzrange(starts_at - interval '15 minutes', ends_at + interval '15 minutes')"
            " from walk join officer on officer.id = walk.officer_id"
        )
    assert (await moves(booking, walk, nearby)).status_code == 200
    assert await taken(booking) == {nearby}


async def test_two_walks_that_change_places_at_once_are_never_both_nowhere(
    booking: Booking,
) -> None:
    first, second = [await booking.walk(at=START + day * DAY) for day in (1, 2)]
    free = await booking.slot(at=START + 3 * DAY, officer=1)
    answers = await asyncio.gather(moves(booking, first, free), moves(booking, second, free))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert len(await taken(booking)) == 2


async def test_she_moves_her_walk_by_her_link(booking: Booking) -> None:
    walk = await booking.walk()
    new = await booking.slot(at=START + DAY, officer=1)
    answer = await service.move_by_link(booking.desk, token_of(walk), UUID(new), NO_KEY)
    assert answer["local"]["date"] == "2027-01-13"
    assert answer["manage_url"] == walk["manage_url"]
    with pytest.raises(domain.WrongState):
        await service.move_by_link(booking.desk, token_of(walk), UUID(new), NO_KEY)


async def test_an_undone_cancellation_is_a_confirmed_walk_again(booking: Booking) -> None:
    walk = await booking.walk()
    await service.cancel_by_link(booking.desk, token_of(walk), NO_KEY)
    assert await taken(booking) == set()
    answer = await service.undo_cancel_by_link(booking.desk, token_of(walk), NO_KEY)
    assert answer["state"] == "confirmed"
    assert len(await taken(booking)) == 1
    assert await booking.slots() == []
    assert await booking.types(INTERNAL) == [
        "walk.confirmed.v1",
        "walk.cancelled.v1",
        "walk.confirmed.v1",
    ]


async def test_a_cancellation_whose_time_has_gone_cannot_be_undone(booking: Booking) -> None:
    walk = await booking.walk()
    [slot] = await booking.rows("select slot_id from walk")
    await service.cancel_by_link(booking.desk, token_of(walk), NO_KEY)
    assert (await booking.books(str(slot["slot_id"]))).status_code == 201
    with pytest.raises(domain.SlotTaken):
        await service.undo_cancel_by_link(booking.desk, token_of(walk), NO_KEY)


async def test_another_officer_takes_the_walk_and_its_time(booking: Booking) -> None:
    walk = await booking.walk()
    answer = await gives(booking, walk, 1)
    assert answer.status_code == 200, answer.text
    assert answer.json()["officer"]["display_name"] == "PC Robin 2"
    assert await booking.types(INTERNAL) == ["walk.confirmed.v1", "walk.reassigned.v1"]
    assert (await booking.opens(at=START + HOUR + timedelta(minutes=5))).status_code == 201
    busy = await booking.opens(at=START + HOUR + timedelta(minutes=5), officer=1)
    assert problem(busy) == "officer-busy"


async def test_an_officer_who_is_not_free_does_not_take_it(booking: Booking) -> None:
    walk = await booking.walk()
    await booking.walk(at=START + HOUR + timedelta(minutes=10), officer=1)
    answer = await gives(booking, walk, 1)
    assert (answer.status_code, problem(answer)) == (409, "officer-busy")
    assert await booking.types(INTERNAL) == ["walk.confirmed.v1"] * 2


async def test_where_officers_are_women_another_one_is_too(booking: Booking) -> None:
    walk = await booking.walk()
    await seed(booking.desk, policy=replace(POLICY, officer_sex="women"))
    refused = await gives(booking, walk, 1)
    assert (refused.status_code, problem(refused)) == (409, "does-not-fit")
    assert await booking.types(INTERNAL) == ["walk.confirmed.v1"]
    async with booking.database.transaction() as connection:
        await connection.execute("update officer set sex = 'female' where subject = 'officer-2'")
    assert (await gives(booking, walk, 1)).status_code == 200


async def test_who_has_her_walks_of_the_day_takes_no_other(booking: Booking) -> None:
    walk = await booking.walk()
    await booking.walk(officer=1, at=START + timedelta(hours=3))
    await seed(booking.desk, policy=replace(POLICY, daily_limit=1))
    refused = await gives(booking, walk, 1)
    assert (refused.status_code, problem(refused)) == (409, "officer-busy")
    await seed(booking.desk, policy=replace(POLICY, daily_limit=2))
    assert (await gives(booking, walk, 1)).status_code == 200


async def test_her_own_open_slot_at_that_time_gives_way(booking: Booking) -> None:
    walk = await booking.walk()
    await booking.slot(officer=1)
    assert (await gives(booking, walk, 1)).status_code == 200
    assert await booking.slots() == []


async def test_only_an_officer_of_the_team_takes_it(booking: Booking) -> None:
    walk = await booking.walk()
    await seed(booking.desk, team="Another", officers=1)  # officer-1 and her walk move there
    answer = await gives(booking, walk, 1)
    assert (answer.status_code, problem(answer)) == (403, "not-in-team")
    unknown = {"officer_id": str(uuid4())}
    answer = await booking.acts(walk, "reassign", headers=booking.coordinator, json=unknown)
    assert answer.status_code == 422


async def test_officers_neither_move_nor_reassign_nor_do_coordinators_of_another_ward(
    booking: Booking,
) -> None:
    walk = await booking.walk()
    slot = await booking.slot(at=START + DAY)
    elsewhere = booking.issuer.bearer("coordinator", wards=[OTHER_WARD])
    for headers in (booking.officer, elsewhere):
        for verb, body in (
            ("move", {"slot_id": slot}),
            ("reassign", {"officer_id": booking.officers[1]}),
        ):
            answer = await booking.acts(walk, verb, headers=headers, json=body)
            assert answer.status_code == 403, verb


async def test_a_walk_is_broken_off_and_debriefed(booking: Booking) -> None:
    walk = await booking.walk()
    await booking.acts(walk, "start")
    answer = await booking.acts(walk, "abort", json={"reason": "weather"})
    assert (answer.json()["state"], answer.json()["aborted_for"]) == ("aborted", "weather")
    answer = await booking.acts(walk, "debrief")
    assert answer.json()["state"] == "debriefed"
    assert answer.json()["aborted_for"] == "weather"
    assert await booking.types(INTERNAL) == [
        "walk.confirmed.v1",
        "walk.started.v1",
        "walk.aborted.v1",
        "walk.debriefed.v1",
    ]


async def test_who_did_not_come_is_said_by_the_officer(booking: Booking) -> None:
    walk = await booking.walk()
    early = await booking.acts(walk, "no-show", json={"party": "participant"})
    assert problem(early) == "too-early"
    booking.clock.advance(HOUR)
    answer = await booking.acts(walk, "no-show", json={"party": "participant"})
    assert (answer.json()["state"], answer.json()["who_missed"]) == ("no_show", "participant")
    assert problem(await booking.acts(walk, "start")) == "wrong-state"


async def test_a_tap_on_a_bad_line_counts_from_when_it_was_made(booking: Booking) -> None:
    walk = await booking.walk()
    booking.clock.advance(2 * HOUR)
    said = {"at": (START + HOUR).isoformat()}
    answer = await booking.acts(walk, "start", json=said)
    assert answer.status_code == 200, answer.text
    assert answer.json()["started"]["late"] is True
    assert answer.json()["started"]["at"] == "2027-01-12T19:00:00+00:00"
    ended = (await booking.acts(walk, "end")).json()["ended"]
    assert (ended["late"], ended["at"]) == (False, "2027-01-12T20:00:00+00:00")


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("start", {"at": "yesterday"}),
        ("abort", {}),
        ("abort", {"reason": "bored"}),
        ("no-show", {"party": "nobody"}),
        ("start", {"when": "now"}),
    ],
)
async def test_what_cannot_be_understood_changes_nothing(
    booking: Booking, verb: str, body: Json
) -> None:
    walk = await booking.walk()
    answer = await booking.acts(walk, verb, json=body)
    assert (answer.status_code, problem(answer)) == (422, "invalid")
    assert await booking.types(INTERNAL) == ["walk.confirmed.v1"]
