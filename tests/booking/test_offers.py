"""Wishes and offers against the database: who is offered what, what her answer does, and races."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import time, timedelta
from itertools import cycle
from typing import Any
from uuid import UUID

import pytest

from booking import domain, service, store
from shared.auth import Principal
from shared.errors import Forbidden, NotFound
from shared.events.requests import INTERNAL
from shared.events.walks import INTERNAL as WALKS
from shared.idempotency import once
from tests.booking.desk import OTHER_WARD, WARD, Booking, Json
from tests.booking.test_races import OFTEN
from tests.booking.wishes import (
    DAY,
    NO_KEY,
    agrees,
    asks,
    offer_of,
    officer_is,
    stands,
    token_of,
    types,
    works,
)
from tests.factories import START

COORDINATOR = Principal("c-1", "Coordinator", frozenset({"coordinator"}), frozenset({"*"}))


async def accepts(booking: Booking, answer: Json) -> Json:
    return await service.accept_by_link(booking.desk, token_of(answer), NO_KEY)


async def declines(booking: Booking, answer: Json) -> Json:
    return await service.decline_by_link(booking.desk, token_of(answer), NO_KEY)


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
        assert b"ada" not in bytes(event["value"]).lower()


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


async def test_a_wish_that_nobody_could_meet_is_closed_after_eight_weeks(booking: Booking) -> None:
    wish = await asks(booking)
    booking.clock.at = START + domain.requests.WAITS_AT_MOST
    await works(booking)
    assert (await stands(booking, wish)).request.state == "closed"
    last = (await booking.events(INTERNAL))[-1]
    assert json.loads(last["value"])["reason"] == "too_late"


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
    assert not any(word in str(row).lower() for word in ("ada", "stammer", "example.org"))
    await service.withdraw_by_link(booking.desk, token_of(wish), NO_KEY)
    booking.clock.advance(timedelta(days=28))
    assert await service.count_what_is_old(booking.desk) == 0
    booking.clock.advance(timedelta(seconds=1))
    assert await service.count_what_is_old(booking.desk) == 1
    assert await service.forget_what_is_old(booking.desk) == 1
    [row] = await booking.rows("select sealed, wrapped_key, key_name, contact_hmac from request")
    assert set(row.values()) == {None}


# Either side gets a head start in turn, and neither: without it the shorter way always comes first.
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
