"""Two who want one place by an offer at the same time: exactly one outcome, whoever comes first."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from itertools import cycle
from typing import Any
from uuid import UUID

import pytest

from booking import domain, service
from shared.events.walks import INTERNAL as WALKS
from tests.booking.desk import Booking
from tests.booking.test_races import OFTEN
from tests.booking.wishes import (
    COORDINATOR,
    DAY,
    NO_KEY,
    accepts,
    agrees,
    asks,
    offer_of,
    stands,
    token_of,
    types,
    works,
)
from tests.factories import START

HEAD_STARTS = cycle(((0.0, 0.0), (0.0, 0.02), (0.02, 0.0)))

# Answers who came first.
Race = Callable[[Booking], Awaitable[str]]


async def outcomes(*doings: Awaitable[Any]) -> list[Any]:
    """What became of two things done at once: answers, and refusals."""

    async def late(doing: Awaitable[Any], by: float) -> Any:
        await asyncio.sleep(by)
        return await doing

    both = [late(doing, by) for doing, by in zip(doings, next(HEAD_STARTS), strict=True)]
    found = await asyncio.gather(*both, return_exceptions=True)
    for each in found:
        assert not isinstance(each, BaseException) or isinstance(
            each, domain.OfferOver | domain.SlotTaken | domain.RequestOver
        ), repr(each)
    return found


async def an_offer_is_accepted_while_it_expires(booking: Booking) -> str:
    await booking.slot(at=booking.clock.at + DAY)
    wish = await asks(booking)
    await works(booking)
    due = (await offer_of(booking, wish)).expires_at
    # The worker's clock is a moment ahead of the api's: both are in time by their own.
    ahead = replace(booking.desk, clock=lambda: due)
    booking.clock.at = due - timedelta(microseconds=1)
    accepted, _ = await outcomes(accepts(booking, wish), service.expire_next(ahead))
    state = (await stands(booking, wish)).request.state
    confirmed = (await booking.types(WALKS)).count("walk.confirmed.v1")
    expired = (await types(booking, wish)).count("offer.expired")
    if isinstance(accepted, domain.OfferOver):
        assert (state, confirmed, expired) == ("waitlisted", 0, 1)
        return "expired"
    assert (state, confirmed, expired) == ("confirmed", 1, 0)
    return "accepted"


async def two_offers_of_one_slot(booking: Booking) -> str:
    wishes = [await asks(booking, who) for who in ("ada", "bea")]
    slot_id = UUID(await booking.slot(at=booking.clock.at + DAY))
    made = await outcomes(
        *(
            service.make_offer(booking.desk, UUID(each["id"]), slot_id, COORDINATOR, NO_KEY)
            for each in wishes
        )
    )
    assert sum(isinstance(each, domain.SlotTaken) for each in made) == 1
    [offer] = await booking.rows("select request_id from offer")
    return "first" if str(offer["request_id"]) == wishes[0]["id"] else "second"


async def an_offer_against_a_booking(booking: Booking) -> str:
    wish = await asks(booking)
    slot_id = await booking.slot(at=booking.clock.at + DAY)
    booked, _ = await outcomes(booking.books(slot_id), service.match_next(booking.desk))
    offered = bool((await stands(booking, wish)).offer)
    assert (booked.status_code == 201) is not offered
    return "offered" if offered else "booked"


async def accepted_against_withdrawn(booking: Booking) -> str:
    await booking.slot(at=booking.clock.at + DAY)
    wish = await asks(booking)
    await works(booking)
    found = await outcomes(
        accepts(booking, wish),
        service.withdraw_by_link(booking.desk, token_of(wish), NO_KEY),
    )
    assert sum(isinstance(each, domain.RequestOver) for each in found) == 1
    return (await stands(booking, wish)).request.state.value


async def accepted_twice(booking: Booking) -> str:
    await booking.slot(at=booking.clock.at + DAY)
    wish = await asks(booking)
    await works(booking)
    found = await outcomes(accepts(booking, wish), accepts(booking, wish))
    assert sum(isinstance(each, domain.RequestOver) for each in found) == 1
    assert len(await booking.rows("select from walk")) == 1
    return "second" if isinstance(found[0], domain.RequestOver) else "first"


RACES: tuple[Race, ...] = (
    an_offer_is_accepted_while_it_expires,
    two_offers_of_one_slot,
    an_offer_against_a_booking,
    accepted_against_withdrawn,
    accepted_twice,
)


async def next_round(booking: Booking, nth: int) -> None:
    """Nothing of the round before; the same hour, since no slot may cross midnight: hours do not."""
    async with booking.database.transaction() as connection:
        await connection.execute(
            "truncate request, walk, slot, assignment, event_log, outbox cascade"
        )
    booking.clock.at = START + 3 * nth * DAY


@OFTEN
@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
async def test_exactly_one_outcome_whoever_comes_first(
    booking: Booking, race: Race, rounds: int
) -> None:
    first = set[str]()
    for nth in range(rounds):
        await next_round(booking, nth)
        first.add(await race(booking))
        await agrees(booking)
    assert len(first) == 2, first


@OFTEN
async def test_two_workers_offer_one_slot_to_the_first_in_line(
    booking: Booking, rounds: int
) -> None:
    for nth in range(rounds):
        await next_round(booking, nth)
        first, second = [await asks(booking, who) for who in ("ada", "bea")]
        await booking.slot(at=booking.clock.at + DAY)
        # A refusal would be a failed timer: whoever comes second looks again.
        assert await outcomes(*(service.match_next(booking.desk) for _ in range(2))) == [True] * 2
        assert (await stands(booking, first)).offer
        assert not (await stands(booking, second)).offer
        await agrees(booking)
