"""Booking over HTTP: the main job as others script it."""

import asyncio
from datetime import timedelta

from tests.booking.desk import OTHER_WARD, WARD, Booking, problem
from tests.factories import START

CAPTURED = {"id", "ward", "near", "starts_at", "ends_at", "local", "after_dark", "group"}


async def test_an_open_slot_is_listed_without_its_meeting_point(booking: Booking) -> None:
    slot_id = await booking.slot()
    [slot] = await booking.slots()
    assert slot == {
        "id": slot_id,
        "ward": {
            "code": WARD,
            "name": booking.desk.areas.by_code[WARD].name,
            "set": "larkmere-2026",
        },
        "near": "the old mill",
        "starts_at": "2027-01-12T19:00:00+00:00",
        "ends_at": "2027-01-12T19:30:00+00:00",
        "local": {
            "date": "2027-01-12",
            "from": "19:00",
            "to": "19:30",
            "timezone": "Europe/London",
        },
        "after_dark": True,
        "group": False,
    }


async def test_staff_see_the_meeting_point_in_the_list(booking: Booking) -> None:
    await booking.slot()
    answer = await booking.http.get("/booking/v1/slots", headers=booking.officer)
    [slot] = answer.json()["items"]
    assert slot["meeting_point"]["name"] == "Mill Lane bus stop"


async def test_a_partner_s_token_shows_no_meeting_point(booking: Booking) -> None:
    await booking.slot()
    headers = booking.issuer.bearer("partner")
    answer = await booking.http.get("/booking/v1/slots", headers=headers)
    assert set(answer.json()["items"][0]) == CAPTURED


async def test_a_booking_says_when_where_who_and_what_next(booking: Booking) -> None:
    answer = await booking.books(await booking.slot(), note="I will bring a pushchair.")
    assert answer.status_code == 201
    walk = answer.json()
    assert walk["state"] == "confirmed"
    assert walk["local"]["from"] == "19:00"
    assert walk["meeting_point"] == {"name": "Mill Lane bus stop", "coordinates": booking.place()}
    assert walk["officer"] == {"display_name": "PC Robin 1", "force_phone": "020 7946 0000"}
    assert walk["next_steps"]
    assert walk["manage_url"].startswith("http://127.0.0.1:8080/booking/manage/")
    assert len(walk["reference"]) == 9


async def test_a_booked_slot_is_gone_and_three_others_are_offered(booking: Booking) -> None:
    slot_id = await booking.slot()
    others = [
        await booking.slot(at=START + timedelta(hours=hours), officer=1) for hours in (2, 4, 6, 8)
    ]
    assert (await booking.books(slot_id)).status_code == 201
    answer = await booking.books(slot_id)
    assert answer.status_code == 409
    assert problem(answer) == "slot-taken"
    offered = answer.json()["alternatives"]
    assert [slot["id"] for slot in offered] == others[:3]
    assert set(offered[0]) == CAPTURED
    assert slot_id not in [slot["id"] for slot in await booking.slots()]


async def test_an_officer_s_buffers_hide_her_other_slots(booking: Booking) -> None:
    first = await booking.slot()
    await booking.slot(at=START + timedelta(hours=1, minutes=50))
    assert len(await booking.slots()) == 2
    await booking.books(first)
    assert await booking.slots() == []


async def test_a_slot_across_an_officer_s_walk_is_refused(booking: Booking) -> None:
    await booking.walk()
    answer = await booking.opens(at=START + timedelta(hours=1, minutes=50))
    assert (answer.status_code, problem(answer)) == (409, "officer-busy")


async def test_a_slot_twice_is_refused(booking: Booking) -> None:
    await booking.slot()
    answer = await booking.opens()
    assert (answer.status_code, problem(answer)) == (409, "slot-exists")


async def test_the_public_sees_a_few_slots_a_ward_and_day_and_the_rest_as_they_go(
    booking: Booking,
) -> None:
    ids = [
        await booking.slot(at=START + timedelta(minutes=minutes), officer=officer)
        for minutes, officer in ((30, 0), (40, 1), (90, 0), (100, 1), (150, 0), (160, 1))
    ]
    assert [slot["id"] for slot in await booking.slots()] == ids[:4]
    narrow = await booking.slots(**{"from": (START + timedelta(minutes=155)).isoformat()})
    assert narrow == []
    await booking.books(ids[0])
    assert [slot["id"] for slot in await booking.slots()] == ids[1:5]
    answer = await booking.http.get("/booking/v1/slots", headers=booking.coordinator)
    assert [slot["id"] for slot in answer.json()["items"]] == ids[1:]


async def test_slots_are_found_by_ward_and_time(booking: Booking) -> None:
    here = await booking.slot()
    there = await booking.slot(
        ward=OTHER_WARD,
        officer=1,
        at=START + timedelta(days=1),
        meeting_point={"name": "Gate", "coordinates": booking.place(OTHER_WARD)},
    )
    assert [slot["id"] for slot in await booking.slots(ward=OTHER_WARD)] == [there]
    assert [slot["id"] for slot in await booking.slots(to="2027-01-12")] == [here]
    assert [slot["id"] for slot in await booking.slots(**{"from": "2027-01-13"})] == [there]
    unescaped = await booking.http.get("/booking/v1/slots?from=2027-01-13T00:00:00+00:00")
    assert [slot["id"] for slot in unescaped.json()["items"]] == [there]


async def test_a_list_is_read_in_pages(booking: Booking) -> None:
    ids = [await booking.slot(at=START + timedelta(days=day)) for day in range(1, 6)]
    seen: list[str] = []
    path: str | None = "/booking/v1/slots?limit=2"
    while path:
        answer = await booking.http.get(path)
        seen += [slot["id"] for slot in answer.json()["items"]]
        assert bool(answer.links) == bool(answer.json()["next"])
        path = answer.links["next"]["url"] if answer.links else None
    assert seen == ids


async def test_slots_inside_the_notice_or_beyond_the_horizon_are_not_offered(
    booking: Booking,
) -> None:
    soon = await booking.slot(at=START + timedelta(minutes=5))
    await booking.slot(at=START + timedelta(days=29))
    assert [slot["id"] for slot in await booking.slots()] == [soon]
    async with booking.database.transaction() as connection:
        await connection.execute("update policy set min_notice = interval '1 hour'")
    assert await booking.slots() == []
    assert problem(await booking.books(soon)) == "slot-taken"


async def test_wards_and_officers_are_listed(booking: Booking) -> None:
    wards = (await booking.http.get("/booking/v1/wards")).json()["items"]
    assert {"code", "name", "set"} == set(wards[0])
    assert len(wards) >= 8
    answer = await booking.http.get("/booking/v1/officers", headers=booking.coordinator)
    assert [each["display_name"] for each in answer.json()["items"]] == ["PC Robin 1", "PC Robin 2"]


async def test_the_same_key_books_once(booking: Booking) -> None:
    slot_id = await booking.slot()
    body = booking.wish(slot_id)
    headers = {"Idempotency-Key": "book-1"}
    answers = [
        await booking.http.post("/booking/v1/walks", json=body, headers=headers) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert len(await booking.rows("select * from walk")) == 1


async def test_the_same_key_at_the_same_instant_is_still_running_or_answered(
    booking: Booking,
) -> None:
    body = booking.wish(await booking.slot())
    headers = {"Idempotency-Key": "book-1"}
    answers = await asyncio.gather(
        *(booking.http.post("/booking/v1/walks", json=body, headers=headers) for _ in range(5))
    )
    refused = [answer for answer in answers if answer.status_code != 201]
    assert {problem(answer) for answer in refused} <= {"still-running"}
    assert len(refused) < 5
    assert len(await booking.rows("select * from walk")) == 1
