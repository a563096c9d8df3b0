"""Whoever was let down by an officer or the force comes first when she asks again; nobody else does."""

from datetime import timedelta
from typing import Any

import pytest

from booking import domain, service
from booking.domain.amends import Fallen, due, until
from tests.booking.desk import Booking, Json
from tests.booking.visiting import page
from tests.booking.wishes import DAY, NO_KEY, asks, offer_of, stands, works
from tests.factories import START

HERS = "ada@example.org"


@pytest.mark.parametrize("by", ["officer", "force"])
def test_four_weeks_long_she_comes_first(by: str) -> None:
    walk = Fallen(by, START)
    last = START + timedelta(days=28)
    assert until(walk) == last
    assert due([walk], last - timedelta(seconds=1))
    assert not due([walk], last)


@pytest.mark.parametrize("by", ["participant", "weather", "safety"])
def test_what_was_not_our_doing_owes_her_nothing(by: str) -> None:
    assert until(Fallen(by, START)) is None
    assert not due([Fallen(by, START)], START)
    assert until(None) is None


async def falls(booking: Booking, how: str) -> Json:
    """A walk of hers that does not take place."""
    walk = await booking.walk(email=HERS)
    if how in ("officer", "participant"):
        booking.clock.at = START + timedelta(hours=1)
        answer = await booking.acts(walk, "no-show", json={"party": how})
    else:
        answer = await booking.acts(walk, "cancel", json={"reason": how})
    assert answer.status_code == 200, answer.text
    return walk


@pytest.mark.parametrize(
    ("how", "first"),
    [("officer", True), ("force", True), ("participant", False), ("weather", False)],
)
async def test_a_wish_after_a_walk_that_fell_through_is_first_or_not(
    booking: Booking,
    how: str,
    first: bool,  # noqa: FBT001 - a case of the table
) -> None:
    await falls(booking, how)
    wish = await asks(booking)
    assert (await stands(booking, wish)).request.priority is first
    text = await page(booking, wish["manage_url"])
    assert ("you come first in the line" in text) is first


async def test_she_is_offered_the_next_slot_before_who_asked_earlier(booking: Booking) -> None:
    earlier = await asks(booking, "bea")
    await falls(booking, "officer")
    hers = await asks(booking)
    await booking.slot(at=booking.clock.at + DAY)
    await works(booking)
    assert await offer_of(booking, hers)
    assert (await stands(booking, earlier)).offer is None


async def test_nobody_else_comes_first_for_it(booking: Booking) -> None:
    await falls(booking, "officer")
    other = await asks(booking, "bea")
    assert (await stands(booking, other)).request.priority is False


async def test_after_four_weeks_she_waits_as_anybody(booking: Booking) -> None:
    await falls(booking, "officer")
    booking.clock.advance(timedelta(days=28))
    wish = await asks(booking)
    assert (await stands(booking, wish)).request.priority is False


async def test_a_cancellation_of_hers_that_was_undone_owes_nothing(booking: Booking) -> None:
    walk = await booking.walk(email=HERS)
    token = walk["manage_url"].rsplit("/", 1)[-1]
    await booking.http.get(walk["manage_url"])
    await service.cancel_by_link(booking.desk, token, NO_KEY)
    await service.undo_cancel_by_link(booking.desk, token, NO_KEY)
    assert domain.amends.fallen(await service.walk_of_link(booking.desk, token)) is None


@pytest.mark.parametrize(
    ("how", "until_day"), [("officer", "2027-02-09"), ("participant", None), ("weather", None)]
)
async def test_the_mail_is_told_until_when_she_comes_first(
    booking: Booking, how: str, until_day: str | None
) -> None:
    walk = await falls(booking, how)
    contact: dict[str, Any] = (
        await booking.http.get(
            f"/booking/v1/walks/{walk['id']}/contact",
            headers=booking.issuer.bearer_service("notifications", audience="booking"),
        )
    ).json()
    assert (contact["first_until"] or "")[:10] == (until_day or "")
    assert contact["calendar_url"] == f"{walk['manage_url']}/walk.ics"
