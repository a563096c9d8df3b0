"""Further officers of a slot: their time, who may put them on, and who is needed for those who are booked."""

from datetime import timedelta

from booking import service
from booking.store.teams import NewOfficer
from tests.booking.desk import POLICY, Booking, pointers, problem, some_id
from tests.booking.grouping import HOUR, SHIFT, a_group, listed, puts, takes_off, two_to_an_officer


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
