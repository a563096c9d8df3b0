"""A slot kept while its form is filled: by one, for ten minutes, and told to nobody."""

from datetime import timedelta
from typing import Any

import httpx

from booking import service
from shared.events.walks import INTERNAL
from tests.booking.desk import OTHER_WARD, Booking, problem, some_id
from tests.booking.holding import TEN_MINUTES, agrees, held, holds
from tests.booking.wishes import DAY, asks, offer_of, works
from tests.factories import START


async def test_a_held_slot_is_hers_for_ten_minutes_and_nobody_is_told(booking: Booking) -> None:
    slot_id = await booking.slot(at=START + DAY)
    answer = await holds(booking, slot_id)
    assert answer.status_code == 201, answer.text
    assert answer.json()["expires_at"] == "2027-01-12T18:10:00+00:00"
    assert await booking.slots() == []
    refused = await booking.books(slot_id)
    assert (refused.status_code, problem(refused)) == (409, "slot-taken")
    assert problem(await holds(booking, slot_id)) == "slot-taken"
    assert await booking.rows("select from event_log") == []
    await agrees(booking)

    walk = await booking.books(slot_id, hold=answer.json()["hold"])
    assert walk.status_code == 201, walk.text
    [told] = await booking.events(INTERNAL)
    assert (told["type"], told["sequence"]) == ("walk.confirmed.v1", 1)
    await agrees(booking)


async def test_a_hold_that_is_over_is_let_go_by_the_worker(booking: Booking) -> None:
    slot_id = await booking.slot(at=START + DAY)
    await held(booking, slot_id)
    booking.clock.advance(TEN_MINUTES - timedelta(seconds=1))
    await works(booking)
    assert await booking.slots() == []
    booking.clock.advance(timedelta(seconds=1))
    await works(booking)
    assert len(await booking.slots()) == 1
    assert await booking.rows("select from walk") == []
    await agrees(booking)


async def test_a_booking_that_meets_a_hold_that_is_over_releases_it(booking: Booking) -> None:
    first = await booking.slot(at=START + DAY)
    beside = await booking.slot(at=START + DAY + timedelta(minutes=20))
    await held(booking, first)
    assert (await booking.books(beside)).status_code == 409  # the officer's time is kept
    booking.clock.advance(TEN_MINUTES)
    assert (await booking.books(beside)).status_code == 201
    await agrees(booking)
    assert (await booking.books(first)).status_code == 409


async def test_a_hold_that_meets_one_that_is_over_releases_it(booking: Booking) -> None:
    slot_id = await booking.slot(at=START + DAY)
    await held(booking, slot_id)
    booking.clock.advance(TEN_MINUTES)
    await held(booking, slot_id)
    await agrees(booking)


async def test_with_her_hold_over_the_slot_is_tried_plainly(booking: Booking) -> None:
    slot_id = await booking.slot(at=START + DAY)
    mine = await held(booking, slot_id)
    booking.clock.advance(TEN_MINUTES)
    assert (await booking.books(slot_id, hold=mine)).status_code == 201  # nobody else came
    other = await booking.slot(at=START + 2 * DAY)
    mine = await held(booking, other)
    booking.clock.advance(TEN_MINUTES)
    assert (await booking.books(other)).status_code == 201
    refused = await booking.books(other, hold=mine)
    assert (refused.status_code, problem(refused)) == (409, "slot-taken")
    await agrees(booking)


async def test_a_hold_keeps_one_slot_and_gives_way_to_a_booking_of_another(
    booking: Booking,
) -> None:
    first, second = [await booking.slot(at=START + days * DAY) for days in (1, 2)]
    mine = await held(booking, first)
    assert (await booking.books(second, hold=mine)).status_code == 201
    assert [slot["id"] for slot in await booking.slots()] == [first]
    await agrees(booking)


async def test_a_refused_booking_keeps_the_hold(booking: Booking) -> None:
    slot_id = await booking.slot(at=START + DAY)
    mine = await held(booking, slot_id)
    for days in (2, 3):
        assert await booking.walk(at=START + days * DAY, email="ada@example.org")
    refused = await booking.books(slot_id, hold=mine, email="ada@example.org")
    assert refused.status_code == 429
    assert len(await booking.rows("select from walk where state = 'held'")) == 1
    assert (await booking.books(slot_id, hold=mine)).status_code == 201


async def test_a_hold_can_be_let_go(booking: Booking) -> None:
    slot_id = await booking.slot(at=START + DAY)
    mine = await held(booking, slot_id)
    for hold in ("not-mine", mine, mine):
        answer = await booking.http.delete(f"/booking/v1/holds/{hold}")
        assert answer.status_code == 204
        assert len(await booking.slots()) == (hold == mine)
    assert mine not in booking.parts.lines.getvalue()
    await agrees(booking)


async def test_a_hold_ends_where_the_slot_can_no_longer_be_booked(booking: Booking) -> None:
    slot_id = await booking.slot(at=START + timedelta(minutes=4))
    answer = await holds(booking, slot_id)
    assert answer.json()["expires_at"] == "2027-01-12T18:04:00+00:00"


async def test_what_cannot_be_booked_cannot_be_held(booking: Booking) -> None:
    assert (await holds(booking, str(some_id()))).status_code == 404
    slot_id = await booking.slot(at=START + DAY)
    async with booking.database.transaction() as connection:
        await connection.execute("update slot set state = 'withdrawn'")
    assert problem(await holds(booking, slot_id)) == "slot-taken"
    assert await booking.rows("select from walk") == []


async def test_a_held_walk_counts_towards_an_officer_s_day(booking: Booking) -> None:
    first, second = [await booking.slot(at=START + DAY + n * timedelta(hours=1)) for n in (0, 1)]
    async with booking.database.transaction() as connection:
        await connection.execute("update policy set daily_limit = 1")
    await held(booking, first)
    assert await booking.slots() == []
    assert (await booking.books(second)).status_code == 409


async def test_a_request_for_a_hold_that_is_repeated_keeps_one_slot(booking: Booking) -> None:
    slot_id = await booking.slot(at=START + DAY)
    asked: dict[str, Any] = {
        "json": {"slot_id": slot_id},
        "headers": {"Idempotency-Key": "one"},
    }
    first, again = [await booking.http.post("/booking/v1/holds", **asked) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()


async def test_forms_leave_as_many_of_a_ward_s_slots_as_they_keep(booking: Booking) -> None:
    slots = [await booking.slot(at=START + days * DAY) for days in range(1, 6)]
    elsewhere = await booking.slot(at=START + DAY + timedelta(hours=4), ward=OTHER_WARD, officer=1)
    answers = [await holds(booking, slot_id) for slot_id in slots]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 429, 429]
    assert answers[-1].json()["detail"] == (await _too_many(booking)).json()["detail"]
    assert len(await booking.rows("select from walk where state = 'held'")) == 3
    await held(booking, elsewhere)
    assert (await booking.books(slots[-1])).status_code == 201  # nobody's booking is refused for it


async def _too_many(booking: Booking) -> httpx.Response:
    for days in (11, 12):
        await booking.walk(at=START + days * DAY, email="ada@example.org", officer=1)
    slot_id = await booking.slot(at=START + 13 * DAY, officer=1)
    return await booking.books(slot_id, email="ada@example.org")


async def test_a_process_takes_so_many_holds_a_minute(booking: Booking) -> None:
    slot_id = await booking.slot(at=START + DAY)
    for _ in range(60):
        booking.desk.holds.take(booking.clock.at)
    refused = await holds(booking, slot_id)
    assert (refused.status_code, problem(refused)) == (429, "too-many")
    assert (await booking.books(slot_id)).status_code == 201  # bookings are counted apart


async def test_an_offer_is_not_made_of_a_held_slot(booking: Booking) -> None:
    slot_id = await booking.slot(at=START + DAY)
    await held(booking, slot_id)
    wish = await asks(booking)
    await works(booking)
    assert await booking.rows("select from offer") == []
    booking.clock.advance(TEN_MINUTES)
    await works(booking)
    assert str((await offer_of(booking, wish)).slot_id) == slot_id


async def test_what_is_held_for_a_form_is_no_walk_that_an_absence_touches(
    booking: Booking,
) -> None:
    slot_id = await booking.slot(at=START + DAY)
    mine = await held(booking, slot_id)
    absence = {
        "officer_id": booking.officers[0],
        "kind": "sick",
        "from": booking.clock.at.isoformat(),
    }
    answer = await booking.http.post(
        "/booking/v1/absences", json=absence, headers=booking.coordinator
    )
    assert answer.json()["walks"] == []
    assert (await booking.books(slot_id, hold=mine)).status_code == 409


async def test_staff_see_no_walk_before_there_is_one(booking: Booking) -> None:
    slot_id = await booking.slot(at=START + DAY)
    mine = await held(booking, slot_id)
    listed = await booking.http.get("/booking/v1/walks", headers=booking.coordinator)
    assert listed.json()["items"] == []
    assert (await booking.books(slot_id, hold=mine)).status_code == 201
    listed = await booking.http.get("/booking/v1/walks", headers=booking.coordinator)
    assert len(listed.json()["items"]) == 1


async def test_erasing_what_is_old_leaves_holds_alone(booking: Booking) -> None:
    await held(booking, await booking.slot(at=START + DAY))
    assert await service.count_what_is_old(booking.desk) == 0
    await service.forget_what_is_old(booking.desk)
    await agrees(booking)
    assert len(await booking.rows("select from walk where state = 'held'")) == 1
