"""People who walk together: companions take places, further officers make them, and nobody learns of the others."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from booking import domain, service, store
from booking.store.teams import NewOfficer
from tests.booking.desk import POLICY, WARD, Booking, Json, pointers, problem, seed, some_id
from tests.booking.visiting import page
from tests.booking.wishes import DAY, accepts, asks, offer_of, works
from tests.factories import START
from tests.infra import until

HOUR = timedelta(hours=1)
SHIFT = {
    "weekday": "wednesday",
    "from": "18:00",
    "to": "20:00",
    "from_date": "2027-01-13",
    "ward": WARD,
    "near": "the old mill",
}


async def two_to_an_officer(booking: Booking, **changes: Any) -> None:
    """From now on the team lets two people walk with an officer."""
    await seed(booking.desk, policy=replace(POLICY, people_per_officer=2, **changes))


async def puts(booking: Booking, slot_id: str, officer: int = 1, **more: Any) -> Any:
    """A coordinator puts another officer on a slot."""
    return await booking.http.post(
        f"/booking/v1/slots/{slot_id}/officers",
        json={"officer_id": booking.officers[officer]} | more,
        headers=booking.coordinator,
    )


async def takes_off(booking: Booking, slot_id: str, officer: int = 1) -> Any:
    """A coordinator takes an officer off a slot."""
    return await booking.http.delete(
        f"/booking/v1/slots/{slot_id}/officers/{booking.officers[officer]}",
        headers=booking.coordinator,
    )


async def a_group(booking: Booking) -> str:
    """A slot for four people with two officers, two people to each."""
    await two_to_an_officer(booking)
    slot_id = await booking.slot(capacity=2)
    answer = await puts(booking, slot_id, capacity=4)
    assert answer.status_code == 200, answer.text
    return slot_id


async def sick(booking: Booking, officer: int) -> None:
    """An officer falls sick."""
    answer = await booking.http.post(
        "/booking/v1/absences",
        json={
            "officer_id": booking.officers[officer],
            "kind": "sick",
            "from": booking.clock.at.isoformat(),
        },
        headers=booking.coordinator,
    )
    assert answer.status_code == 201, answer.text


async def listed(booking: Booking, **query: Any) -> list[str]:
    return [slot["id"] for slot in await booking.slots(**query)]


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


async def test_a_further_officer_s_time_is_taken_while_somebody_walks(booking: Booking) -> None:
    slot_id = await a_group(booking)
    hers = await booking.slot(officer=1)
    assert hers in await listed(booking)
    walk = (await booking.books(slot_id)).json()
    assert hers not in await listed(booking)
    assert problem(await booking.books(hers)) == "slot-taken"
    await booking.acts(walk, "cancel", headers=booking.coordinator)
    assert await booking.rows("select from assignment") == []
    assert hers in await listed(booking)


async def test_whoever_is_not_free_cannot_be_put_on_a_slot(booking: Booking) -> None:
    slot_id = await booking.slot(capacity=2)
    await booking.walk(officer=1)
    busy = await puts(booking, slot_id)
    assert (busy.status_code, problem(busy)) == (409, "officer-busy")
    first = await puts(booking, slot_id, officer=0)
    unknown = await booking.http.post(
        f"/booking/v1/slots/{slot_id}/officers",
        json={"officer_id": str(some_id())},
        headers=booking.coordinator,
    )
    assert pointers(first) == pointers(unknown) == ["#/officer_id"]
    stranger = NewOfficer(some_id(), "officer-9", "PC Sam 9", "PC", "020 7946 0000")
    await service.seed(booking.desk, "Heath", POLICY, [stranger])
    booking.officers.append(str(stranger.id))
    other = await puts(booking, slot_id, officer=2)
    assert (other.status_code, problem(other)) == (403, "not-in-team")
    assert await booking.rows("select from slot_officer") == []
    nowhere = await puts(booking, str(some_id()))
    assert nowhere.status_code == 404


async def test_a_capacity_needs_its_officers_and_is_not_below_who_is_booked(
    booking: Booking,
) -> None:
    slot_id = await a_group(booking)
    assert pointers(await puts(booking, slot_id, capacity=5)) == ["#/capacity"]
    for _ in range(3):
        assert (await booking.books(slot_id)).status_code == 201
    assert pointers(await puts(booking, slot_id, capacity=2)) == ["#/capacity"]
    again = await puts(booking, slot_id)
    assert again.json() == {
        "slot_id": slot_id,
        "capacity": 4,
        "people": 3,
        "officers": [
            {"id": officer, "display_name": f"PC Robin {nth}"}
            for nth, officer in enumerate(booking.officers, start=1)
        ],
    }


async def test_nobody_is_taken_off_who_is_needed(booking: Booking) -> None:
    slot_id = await a_group(booking)
    walk = (await booking.books(slot_id, companions=1)).json()
    assert (await booking.books(slot_id)).status_code == 201
    needed = await takes_off(booking, slot_id)
    assert (needed.status_code, problem(needed)) == (409, "too-few-officers")
    assert len(await booking.rows("select from assignment")) == 2
    await booking.acts(walk, "cancel", headers=booking.coordinator)
    taken_off = await takes_off(booking, slot_id)
    assert (taken_off.json()["capacity"], len(taken_off.json()["officers"])) == (2, 1)
    assert len(await booking.rows("select from assignment")) == 1
    assert (await takes_off(booking, slot_id)).status_code == 404
    booking.clock.advance(2 * HOUR)
    assert problem(await puts(booking, slot_id)) == "too-late"


async def test_officers_of_a_slot_are_a_coordinator_s_to_choose(booking: Booking) -> None:
    slot_id = await a_group(booking)
    url = f"/booking/v1/slots/{slot_id}/officers"
    body = {"officer_id": booking.officers[1]}
    assert (await booking.http.get(url, headers=booking.officer)).status_code == 200
    elsewhere = booking.issuer.bearer("coordinator", wards=["L05000002"])
    for headers in (booking.officer, elsewhere):
        answers = [
            await booking.http.post(url, json=body, headers=headers),
            await booking.http.delete(f"{url}/{booking.officers[1]}", headers=headers),
        ]
        assert [each.status_code for each in answers] == [403, 403]
    assert (await booking.http.get(url)).status_code == 401


async def test_a_roster_leaves_a_group_as_its_coordinator_made_it(booking: Booking) -> None:
    await two_to_an_officer(booking)
    shift = SHIFT | {"meeting_point": {"name": "x", "coordinates": booking.place()}}
    url = f"/booking/v1/officers/{booking.officers[0]}/shifts"
    await booking.http.post(url, json=shift, headers=booking.coordinator)
    slot_id = (await booking.slots())[0]["id"]
    assert (await puts(booking, slot_id, capacity=4)).status_code == 200
    booking.clock.advance(timedelta(hours=5))
    await two_to_an_officer(booking, horizon=timedelta(days=27))
    while await service.open_next_shift(booking.desk):
        pass
    [row] = await booking.rows(
        "select state, capacity from slot where starts_at = (select min(starts_at) from slot)"
    )
    assert (row["state"], row["capacity"]) == ("open", 4)


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
