"""Wishes and offers against the database: who is offered what, and what her answer does."""

import json
from dataclasses import replace
from datetime import time, timedelta
from uuid import UUID

import pytest

from booking import domain, service, store
from shared.errors import Forbidden
from shared.events.requests import INTERNAL
from shared.events.walks import INTERNAL as WALKS
from shared.idempotency import once
from tests.booking.desk import OTHER_WARD, WARD, Booking
from tests.booking.wishes import (
    COORDINATOR,
    DAY,
    NO_KEY,
    accepts,
    agrees,
    asks,
    declines,
    offer_of,
    officer_is,
    stands,
    token_of,
    types,
    works,
)
from tests.factories import START


async def test_an_accepted_offer_is_a_walk_whose_first_event_is_the_confirmation(
    booking: Booking,
) -> None:
    slot_id = await booking.slot(at=START + DAY)
    wish = await asks(booking)
    assert wish["state"] == "asked"
    await works(booking)
    offer = await offer_of(booking, wish)
    assert (str(offer.slot_id), offer.number, offer.made_by) == (slot_id, 1, "booking")
    assert "Has 0 walks in the last four weeks and ahead" in offer.why[-1]
    assert await booking.slots() == []  # kept for her
    assert await booking.types(WALKS) == []  # and told to nobody as a walk
    await agrees(booking)

    walk = await accepts(booking, wish)
    assert walk["state"] == "confirmed"
    assert walk["meeting_point"]["name"] == "Mill Lane bus stop"
    [told] = await booking.events(WALKS)
    assert (told["type"], told["sequence"], told["key"]) == ("walk.confirmed.v1", 1, walk["id"])
    assert await types(booking, wish) == ["walk.requested", "offer.made"]
    person = await booking.person(walk["id"])
    assert (person.name, person.email) == ("Ada Example", "ada@example.org")
    [row] = await booking.rows("select * from request")
    assert (row["state"], row["sealed"], row["contact_hmac"]) == ("confirmed", None, None)
    await agrees(booking)


async def test_nothing_told_of_a_wish_is_about_her(booking: Booking) -> None:
    await booking.slot(at=START + DAY)
    wish = await asks(booking)
    await works(booking)
    await declines(booking, wish)
    for event in await booking.events(INTERNAL):
        assert not {"ada", "Ada"} & set(json.loads(event["value"]))
        # "ada" alone may stand in the digits of an id.
        assert not any(word in bytes(event["value"]) for word in (b"Ada", b"ada@"))


async def test_a_declined_offer_goes_to_the_next_and_she_keeps_her_place(booking: Booking) -> None:
    first_slot = await booking.slot(at=START + DAY)
    first, second = await asks(booking, "ada"), await asks(booking, "bea")
    await works(booking)
    assert str((await offer_of(booking, first)).slot_id) == first_slot
    assert (await stands(booking, second)).request.state == "waitlisted"

    await declines(booking, first)
    await works(booking)
    assert str((await offer_of(booking, second)).slot_id) == first_slot
    # The same officer at another time is nobody for her; another officer is, and she is first for her.
    await booking.slot(at=START + 2 * DAY)
    await works(booking)
    waits = (await stands(booking, first)).request
    assert (waits.state, waits.reason) == ("waitlisted", "declined")
    other = await booking.slot(at=START + 3 * DAY, officer=1)
    third = await asks(booking, "cat")
    await works(booking)
    assert str((await offer_of(booking, first)).slot_id) == other
    assert (await offer_of(booking, third)).officer_id == UUID(booking.officers[0])
    assert await types(booking, first) == [
        "walk.requested",
        "offer.made",
        "request.waitlisted",
        "offer.made",
    ]
    await agrees(booking)


async def test_an_offer_that_expires_moves_the_slot_to_the_next_in_line(booking: Booking) -> None:
    slot_id = await booking.slot(at=START + DAY)
    first, second = await asks(booking, "ada"), await asks(booking, "bea")
    await works(booking)
    expires = (await offer_of(booking, first)).expires_at
    booking.clock.at = expires - timedelta(seconds=1)
    await works(booking)
    assert (await stands(booking, first)).offer
    booking.clock.at = expires
    with pytest.raises(domain.OfferOver):
        await accepts(booking, first)
    await works(booking)
    assert str((await offer_of(booking, second)).slot_id) == slot_id
    waits = (await stands(booking, first)).request
    assert (waits.state, waits.reason, waits.asked_at) == ("waitlisted", "expired", START)
    assert (await types(booking, first))[1:] == [
        "offer.made",
        "offer.expired",
        "request.waitlisted",
    ]
    await agrees(booking)


async def test_two_offers_expire_and_the_third_is_accepted(booking: Booking) -> None:
    for days, officer in ((2, 0), (2, 1), (3, 0)):
        await booking.slot(at=START + days * DAY, officer=officer)
    wish = await asks(booking)
    officers = list[UUID]()
    for _ in range(2):
        await works(booking)
        offer = await offer_of(booking, wish)
        officers.append(offer.officer_id)
        booking.clock.at = offer.expires_at
    assert len(set(officers)) == 2  # the next officer before the first one again
    await works(booking)
    walk = await accepts(booking, wish)
    assert walk["local"]["date"] == "2027-01-15"
    await agrees(booking)


async def test_the_wish_for_a_woman_is_never_set_aside(booking: Booking) -> None:
    await officer_is(booking, 0, sex="male")
    man_s = await booking.slot(at=START + DAY)
    wish = await asks(booking, officer_sex="female")
    await works(booking)
    waits = (await stands(booking, wish)).request
    assert (waits.state, waits.reason) == ("waitlisted", "no_woman")
    [_, told] = [json.loads(event["value"]) for event in await booking.events(INTERNAL)]
    assert (told["reason"], told["ahead"]) == ("no_woman", "none")
    with pytest.raises(domain.DoesNotFit) as refusal:
        await service.make_offer(booking.desk, UUID(wish["id"]), UUID(man_s), COORDINATOR, NO_KEY)
    assert refusal.value.members == {"lacks": ["sex"]}
    assert len(await booking.slots()) == 1

    await officer_is(booking, 1, sex="female")
    hers = await booking.slot(at=START + DAY, officer=1)
    await works(booking)
    assert str((await offer_of(booking, wish)).slot_id) == hers


async def test_ward_light_hours_and_codes_narrow_what_is_offered(booking: Booking) -> None:
    for officer in (0, 1):
        await booking.slot(at=START + DAY, officer=officer)
    evening = domain.WishedHours((3,), time(18), time(19))
    wrong = [
        await asks(booking, "a", wards=(OTHER_WARD,)),
        await asks(booking, "b", light="day"),
        await asks(booking, "c", hours=(replace(evening, since=time(19), until=time(20)),)),
        await asks(booking, "d", language="cy"),
        await asks(booking, "e", needs=("wheelchair",)),
    ]
    right = await asks(booking, "f", hours=(evening,), light="dark")
    await works(booking)
    assert [(await stands(booking, each)).request.reason for each in wrong] == [
        "no_slot",
        "no_slot",
        "no_slot",
        "needs",
        "needs",
    ]
    assert (await stands(booking, right)).offer


async def test_who_was_let_down_comes_first(booking: Booking) -> None:
    first, second = await asks(booking, "ada"), await asks(booking, "bea")
    async with booking.database.transaction() as connection:
        await connection.execute(
            "update request set priority = true where id = $1", UUID(second["id"])
        )
    await booking.slot(at=START + DAY)
    await works(booking)
    assert (await stands(booking, second)).offer
    assert not (await stands(booking, first)).offer


async def test_a_neighbour_s_officer_is_borrowed_and_it_is_told(booking: Booking) -> None:
    [team] = await booking.rows("select id from team")
    async with booking.database.transaction() as connection:
        wards = domain.Wards(own=(OTHER_WARD,), borrowed=(WARD,))
        await store.teams.set_wards(connection, team["id"], wards)
    await booking.slot(at=START + DAY)
    wish = await asks(booking)
    await works(booking)
    assert "Helps out in" in (await offer_of(booking, wish)).why[0]
    assert json.loads((await booking.events(INTERNAL))[-1]["value"])["borrowed"] is True


async def test_a_wish_withdrawn_lets_go_of_its_place(booking: Booking) -> None:
    await booking.slot(at=START + DAY)
    first, second = await asks(booking, "ada"), await asks(booking, "bea")
    await works(booking)
    key = once("withdraw", "a-key", b"")
    for _ in range(2):
        answer = await service.withdraw_by_link(booking.desk, token_of(first), key)
        assert answer["state"] == "withdrawn"
    with pytest.raises(domain.RequestOver):
        await service.withdraw_by_link(booking.desk, token_of(first), NO_KEY)
    await works(booking)
    assert (await stands(booking, second)).offer
    assert (await types(booking, first))[-1] == "request.withdrawn"
    await agrees(booking)


async def test_what_can_no_longer_be_kept_is_not_confirmed(booking: Booking) -> None:
    await booking.slot(at=START + DAY)
    wish = await asks(booking)
    await works(booking)
    sick = {"officer_id": booking.officers[0], "kind": "sick", "from": START.isoformat()}
    answer = await booking.http.post("/booking/v1/absences", json=sick, headers=booking.coordinator)
    assert answer.status_code == 201, answer.text
    with pytest.raises(domain.OfferOver):
        await accepts(booking, wish)
    assert (await stands(booking, wish)).request.reason == "expired"
    assert await booking.rows("select from walk") == []
    await agrees(booking)


async def test_her_slot_given_to_another_officer_is_not_what_she_was_offered(
    booking: Booking,
) -> None:
    slot_id = await booking.slot(at=START + DAY)
    wish = await asks(booking)
    await works(booking)
    async with booking.database.transaction() as connection:
        await connection.execute(
            "update slot set officer_id = $2 where id = $1",
            UUID(slot_id),
            UUID(booking.officers[1]),
        )
    with pytest.raises(domain.OfferOver):
        await accepts(booking, wish)
    await agrees(booking)


async def test_a_booking_that_meets_an_expired_offer_releases_it(booking: Booking) -> None:
    slot_id = await booking.slot(at=START + DAY)
    wish = await asks(booking)
    await works(booking)
    assert (await booking.books(slot_id)).status_code == 409
    booking.clock.at = (await offer_of(booking, wish)).expires_at
    answer = await booking.books(slot_id)
    assert answer.status_code == 201, answer.text
    assert (await types(booking, wish))[-2:] == ["offer.expired", "request.waitlisted"]
    await agrees(booking)


async def test_a_held_walk_is_not_cancelled_by_staff_or_told_of(booking: Booking) -> None:
    await booking.slot(at=START + DAY)
    wish = await asks(booking)
    await works(booking)
    walk = {"id": (await offer_of(booking, wish)).walk_id}
    answer = await booking.acts(walk, "cancel", headers=booking.coordinator)
    assert answer.status_code == 409
    assert await booking.types(WALKS) == []


async def test_a_coordinator_offers_any_slot_that_meets_the_needs(booking: Booking) -> None:
    wish = await asks(booking, light="day")
    await works(booking)
    slot_id = await booking.slot(at=START + DAY)  # in the dark, which she may decline
    elsewhere = replace(COORDINATOR, wards=frozenset({OTHER_WARD}))
    offer = (booking.desk, UUID(wish["id"]), UUID(slot_id))
    with pytest.raises(Forbidden):
        await service.make_offer(*offer, elsewhere, NO_KEY)
    answer = await service.make_offer(*offer, COORDINATOR, NO_KEY)
    assert (answer["state"], answer["offer"]["slot"]["id"]) == ("offered", slot_id)
    assert (await offer_of(booking, wish)).made_by == "c-1"
    with pytest.raises(domain.RequestOver):
        await service.make_offer(*offer, COORDINATOR, NO_KEY)
    await accepts(booking, wish)
    await agrees(booking)
