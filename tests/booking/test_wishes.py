"""A wish itself: how many, by which link, for how long, and who is known by it."""

import json
from datetime import timedelta

import pytest

from booking import domain, service
from shared.errors import NotFound
from shared.events.requests import INTERNAL
from tests.booking.desk import Booking
from tests.booking.wishes import (
    DAY,
    NO_KEY,
    accepts,
    agrees,
    asks,
    stands,
    token_of,
    works,
)
from tests.factories import START


async def test_a_wish_that_nobody_could_meet_is_closed_after_eight_weeks(booking: Booking) -> None:
    wish = await asks(booking)
    booking.clock.at = START + domain.requests.WAITS_AT_MOST - timedelta(seconds=1)
    await works(booking)
    assert (await stands(booking, wish)).request.state == "waitlisted"
    booking.clock.advance(timedelta(seconds=1))
    await works(booking)
    assert (await stands(booking, wish)).request.state == "closed"
    last = (await booking.events(INTERNAL))[-1]
    assert json.loads(last["value"])["reason"] == "too_late"


async def test_a_contact_has_so_many_open_wishes_and_none_while_barred(booking: Booking) -> None:
    for _ in range(2):
        await asks(booking)
    with pytest.raises(domain.TooManyWalks):
        await asks(booking, "Ada+again")
    await asks(booking, "bea")
    walk = await booking.walk(email="cat@example.org")
    bar = {"reference": walk["reference"], "reason": "see log 12"}
    await booking.http.post("/booking/v1/bars", json=bar, headers=booking.coordinator)
    with pytest.raises(domain.TooManyWalks):
        await asks(booking, "cat")


async def test_who_has_all_the_walks_that_she_may_accepts_no_other(booking: Booking) -> None:
    wish = await asks(booking)
    await booking.slot(at=START + DAY)
    await works(booking)
    for hours in (2, 4):
        await booking.walk(officer=1, at=START + timedelta(hours=hours), email="ada@example.org")
    with pytest.raises(domain.TooManyWalks):
        await accepts(booking, wish)
    await agrees(booking)


async def test_a_link_leads_to_one_wish_and_ends_with_it(booking: Booking) -> None:
    first, second = await asks(booking, "ada"), await asks(booking, "bea")
    parts, others = token_of(first).split("."), token_of(second).split(".")
    with pytest.raises(NotFound):
        await service.wish_of_link(booking.desk, ".".join((*parts[:2], others[2])))
    walk = await booking.walk()
    with pytest.raises(NotFound):
        await service.wish_of_link(booking.desk, walk["manage_url"].rsplit("/", 1)[-1])
    with pytest.raises(NotFound):
        await service.walk_of_link(booking.desk, token_of(first))
    await service.withdraw_by_link(booking.desk, token_of(first), NO_KEY)
    booking.clock.advance(timedelta(days=28))
    await stands(booking, first)
    booking.clock.advance(timedelta(seconds=1))
    with pytest.raises(domain.LinkOver):
        await stands(booking, first)


async def test_who_made_a_wish_is_sealed_and_forgotten(booking: Booking) -> None:
    wish = await asks(booking, note="I stammer")
    [row] = await booking.rows("select * from request")
    # "ada" alone may stand in the digits of an id.
    assert not any(word in str(row) for word in ("Ada", "ada@", "stammer", "example.org"))
    await service.withdraw_by_link(booking.desk, token_of(wish), NO_KEY)
    booking.clock.advance(timedelta(days=28))
    assert await service.count_what_is_old(booking.desk) == 0
    booking.clock.advance(timedelta(seconds=1))
    assert await service.count_what_is_old(booking.desk) == 1
    assert await service.forget_what_is_old(booking.desk) == 1
    [row] = await booking.rows("select sealed, wrapped_key, key_name, contact_hmac from request")
    assert set(row.values()) == {None}


# Either side gets a head start in turn, and neither: without it the shorter way always comes first.
