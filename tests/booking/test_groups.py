"""People who walk together: companions take places, further officers make them, and nobody learns of the others."""

import asyncio
from dataclasses import replace

import pytest

from booking import domain, store
from tests.booking.desk import POLICY, WARD, Booking, Json, pointers, problem, seed, some_id
from tests.booking.grouping import (
    HOUR,
    SHIFT,
    a_group,
    listed,
    sick,
    two_to_an_officer,
)
from tests.booking.visiting import page
from tests.booking.wishes import DAY, accepts, asks, offer_of, works
from tests.factories import START
from tests.infra import until


@pytest.mark.parametrize(
    ("size", "to_an_officer", "officers", "most"),
    [(1, 6, 1, 1), (6, 2, 1, 2), (6, 2, 2, 4), (6, 2, 4, 6), (20, 20, 3, 20)],
)
def test_no_more_walk_than_the_policy_has_to_its_officers(
    size: int, to_an_officer: int, officers: int, most: int
) -> None:
    policy = replace(POLICY, group_size=size, people_per_officer=to_an_officer)
    assert domain.most_places(policy, officers) == most
    assert domain.faults_of_capacity(most, policy, officers) == []
    [fault] = domain.faults_of_capacity(most + 1, policy, officers)
    assert (fault.pointer, f"at most {most}" in fault.detail) == ("#/capacity", True)
    domain.require_enough(most, policy, officers)
    with pytest.raises(domain.TooFewOfficers):
        domain.require_enough(most + 1, policy, officers)


async def test_neither_a_slot_nor_a_shift_is_for_more_than_one_officer_may_take(
    booking: Booking,
) -> None:
    await two_to_an_officer(booking)
    opened = await booking.opens(capacity=3)
    shift = SHIFT | {"meeting_point": {"name": "x", "coordinates": booking.place()}}
    url = f"/booking/v1/officers/{booking.officers[0]}/shifts"
    made = await booking.http.post(url, json=shift | {"capacity": 3}, headers=booking.coordinator)
    longitude, latitude = booking.place()
    line = f"officer-1,wednesday,18:00,20:00,2027-01-13,{WARD},the mill,x,{longitude},{latitude},3"
    head = "officer,weekday,from,to,from_date,ward,near,meeting_name,longitude,latitude,capacity"
    body = {"csv": f"{head}\n{line}\n", "dry_run": True}
    loaded = await booking.http.post("/booking/v1/rosters", json=body, headers=booking.coordinator)
    assert [(each.status_code, pointers(each)) for each in (opened, made, loaded)] == [
        (422, ["#/capacity"]),
        (422, ["#/capacity"]),
        (422, ["#/csv/2/capacity"]),
    ]
    assert (await booking.opens(capacity=2)).json()["capacity"] == 2
    made = await booking.http.post(url, json=shift | {"capacity": 2}, headers=booking.coordinator)
    assert made.status_code == 201
    changed = await booking.http.put(
        f"{url}/{made.json()['shift']['id']}",
        json=shift | {"capacity": 3},
        headers=booking.coordinator | {"If-Match": '"1"'},
    )
    assert pointers(changed) == ["#/capacity"]


async def test_companions_take_places_and_are_known_by_their_number_alone(
    booking: Booking,
) -> None:
    slot_id = await booking.slot(capacity=3)
    roomy = await booking.slot(at=START + 2 * HOUR, capacity=3)
    await booking.slot(at=START + 4 * HOUR, capacity=1)
    walk = (await booking.books(slot_id, companions=1)).json()
    assert walk["companions"] == 1
    many = await booking.books(slot_id, companions=1)
    assert (many.status_code, problem(many)) == (409, "too-few-places")
    assert [each["id"] for each in many.json()["alternatives"]] == [roomy]
    assert slot_id in await listed(booking)
    assert await listed(booking, companions=1) == [roomy]
    assert (await booking.books(slot_id)).status_code == 201
    assert problem(await booking.books(slot_id)) == "slot-taken"
    assert slot_id not in await listed(booking)
    read = await booking.http.get(f"/booking/v1/walks/{walk['id']}", headers=booking.officer)
    assert read.json()["companions"] == 1
    for wrong in (-1, 6, "1", 1.5):
        assert pointers(await booking.books(roomy, companions=wrong)) == ["#/companions"]


async def test_places_are_never_more_than_its_officers_who_are_there_may_take(
    booking: Booking,
) -> None:
    slot_id = await a_group(booking)
    assert (await booking.books(slot_id, companions=1)).status_code == 201
    await sick(booking, 1)
    assert slot_id not in await listed(booking)
    assert problem(await booking.books(slot_id)) == "slot-taken"
    # Who is booked stays booked: a coordinator is told to look after them.
    assert len(await booking.rows("select from walk where state = 'confirmed'")) == 1


async def test_an_absence_of_who_walks_along_and_a_booking_at_once_see_each_other(
    booking: Booking,
) -> None:
    slot_id, at = await a_group(booking), booking.clock.at
    waiting = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    async with booking.database.transaction() as connection:
        officer = (await store.teams.list_officers(connection, at))[1]
        await store.absences.lock_officer(connection, officer.id)
        books = asyncio.create_task(booking.books(slot_id, companions=2))
        await until(lambda: booking.rows(waiting))
        away = domain.Absence(some_id(), officer, "sick", at, None)
        await store.absences.add_absence(connection, away, by="c", at=at)
    assert problem(await books) == "too-few-places"


async def test_a_policy_with_fewer_people_to_an_officer_holds_for_the_next_booking(
    booking: Booking,
) -> None:
    slot_id = await booking.slot(capacity=4)
    assert (await booking.books(slot_id, companions=1)).status_code == 201
    await two_to_an_officer(booking)
    assert problem(await booking.books(slot_id)) == "slot-taken"
    await seed(booking.desk, policy=replace(POLICY, group_size=3))
    assert problem(await booking.books(slot_id, companions=1)) == "too-few-places"
    assert (await booking.books(slot_id)).status_code == 201


async def test_a_wish_for_several_is_offered_what_has_room_for_them(booking: Booking) -> None:
    await booking.slot(at=START + DAY, capacity=2)
    roomy = await booking.slot(at=START + 2 * DAY, capacity=3)
    answer = await asks(booking, companions=2)
    assert answer["companions"] == 2
    await works(booking)
    assert str((await offer_of(booking, answer)).slot_id) == roomy
    assert problem(await booking.books(roomy)) == "slot-taken"
    walk = await accepts(booking, answer)
    assert walk["companions"] == 2
    assert problem(await booking.books(roomy)) == "slot-taken"


async def test_a_coordinator_offers_nothing_that_has_no_room(booking: Booking) -> None:
    slot_id = await booking.slot(at=START + DAY, capacity=2)
    answer = await asks(booking, companions=2)
    await works(booking)
    offered = await booking.http.post(
        f"/booking/v1/requests/{answer['id']}/offers",
        json={"slot_id": slot_id},
        headers=booking.coordinator,
    )
    assert (problem(offered), offered.json()["lacks"]) == ("does-not-fit", ["room"])


async def test_whoever_comes_with_others_moves_only_where_there_is_room(booking: Booking) -> None:
    walk = (await booking.books(await booking.slot(capacity=3), companions=2)).json()
    narrow = await booking.slot(at=START + 3 * HOUR, capacity=2)
    roomy = await booking.slot(at=START + 5 * HOUR, capacity=3)
    moves = [
        await booking.acts(walk, "move", headers=booking.coordinator, json={"slot_id": slot_id})
        for slot_id in (narrow, roomy)
    ]
    assert [each.status_code for each in moves] == [409, 200]
    assert problem(await booking.books(roomy)) == "slot-taken"


async def told_of(booking: Booking, walk: Json) -> str:
    """Everything that somebody is shown or sent of her walk."""
    link = walk["manage_url"]
    notifications = booking.issuer.bearer_service("notifications", audience="booking")
    contact = await booking.http.get(
        f"/booking/v1/walks/{walk['id']}/contact", headers=notifications
    )
    calendar = await booking.http.get(f"{link}/walk.ics?title=plain")
    shown = [await page(booking, link), await page(booking, f"{link}/move")]
    return "\n".join([str(walk), contact.text, calendar.text, *shown])


async def test_who_walks_together_learns_nothing_of_the_others(booking: Booking) -> None:
    slot_id = await booking.slot(at=START + DAY, capacity=4)
    ada = (await booking.books(slot_id, name="Ada", email="ada@a.example", note="pram")).json()
    bea = (
        await booking.books(slot_id, name="Bea", email="bea@b.example", note="stick", companions=2)
    ).json()
    of_ada, of_bea = await told_of(booking, ada), await told_of(booking, bea)
    for known, other in (
        (of_ada, (bea, "Bea", "bea@b", "stick")),
        (of_bea, (ada, "Ada", "ada@a", "pram")),
    ):
        walk, *words = other
        for word in (*words, walk["id"], walk["reference"], walk["safe_word"]):
            assert word not in known
    assert "2 others" in of_bea
    assert "2 others" not in of_ada
