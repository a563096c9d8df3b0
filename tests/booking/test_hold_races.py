"""Two who would have one slot at the same time, one of them with a form open: one outcome, every time."""

import asyncio
from datetime import timedelta
from uuid import UUID

from booking import service
from tests.booking.desk import OTHER_WARD, WARD, Booking
from tests.booking.holding import TEN_MINUTES, agrees, held, holds
from tests.booking.test_races import OFTEN
from tests.booking.wishes import DAY, NO_KEY, works
from tests.factories import START


@OFTEN
async def test_of_two_who_would_hold_one_slot_one_does(booking: Booking, rounds: int) -> None:
    for nth in range(rounds):
        booking.clock.at = START + nth * 2 * DAY
        slot_id = await booking.slot(at=booking.clock.at + DAY)
        answers = await asyncio.gather(holds(booking, slot_id), holds(booking, slot_id))
        assert sorted(answer.status_code for answer in answers) == [201, 409]
        await agrees(booking)
        await nothing_left(booking)


@OFTEN
async def test_one_holder_who_chooses_twice_at_once_keeps_one(
    booking: Booking, rounds: int
) -> None:
    for nth in range(rounds):
        booking.clock.at = START + nth * 3 * DAY
        slots = [await booking.slot(at=booking.clock.at + days * DAY) for days in (1, 2)]
        found = await asyncio.gather(
            *(service.hold(booking.desk, UUID(slot), NO_KEY, "mine") for slot in slots),
            return_exceptions=True,
        )
        assert [each for each in found if isinstance(each, BaseException)] == []
        assert len(await booking.rows("select from walk where state = 'held'")) == 1
        await agrees(booking)
        await nothing_left(booking)


@OFTEN
async def test_a_hold_against_a_booking_of_the_slot(booking: Booking, rounds: int) -> None:
    for nth in range(rounds):
        booking.clock.at = START + nth * 2 * DAY
        slot_id = await booking.slot(at=booking.clock.at + DAY)
        answers = await asyncio.gather(holds(booking, slot_id), booking.books(slot_id))
        assert sorted(answer.status_code for answer in answers) == [201, 409]
        await agrees(booking)
        await nothing_left(booking)


@OFTEN
async def test_two_who_would_book_what_the_other_holds_both_keep_theirs(
    booking: Booking, rounds: int
) -> None:
    for nth in range(rounds):
        booking.clock.at = START + nth * 3 * DAY
        slots = [
            await booking.slot(at=booking.clock.at + days * DAY, ward=ward)
            for days, ward in ((1, WARD), (2, OTHER_WARD))
        ]
        kept = [await held(booking, slot_id) for slot_id in slots]
        answers = await asyncio.gather(
            booking.books(slots[0], hold=kept[1]), booking.books(slots[1], hold=kept[0])
        )
        assert [answer.status_code for answer in answers] == [409, 409]
        assert len(await booking.rows("select from walk where state = 'held'")) == 2
        await agrees(booking)
        await nothing_left(booking)


@OFTEN
async def test_her_booking_against_the_end_of_her_hold_and_another_s(
    booking: Booking, rounds: int
) -> None:
    first = set[bool]()
    for nth in range(rounds):
        booking.clock.at = START + nth * 2 * DAY
        slot_id = await booking.slot(at=booking.clock.at + DAY)
        mine = await held(booking, slot_id)
        booking.clock.advance(TEN_MINUTES)
        hers, others, _ = await asyncio.gather(
            booking.books(slot_id, hold=mine), booking.books(slot_id), works(booking)
        )
        assert sorted([hers.status_code, others.status_code]) == [201, 409]
        first.add(hers.is_success)
        await agrees(booking)
        await nothing_left(booking)
    assert first


async def nothing_left(booking: Booking) -> None:
    async with booking.database.transaction() as connection:
        await connection.execute("truncate walk, slot, assignment, event_log, outbox cascade")
    booking.clock.advance(timedelta(minutes=2))
