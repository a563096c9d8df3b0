"""Walks over HTTP: started, ended, cancelled, listed and read by those who may."""

from datetime import timedelta
from uuid import uuid4

from booking import service
from tests.booking.desk import OTHER_WARD, Booking, problem
from tests.factories import START


async def test_an_officer_starts_and_ends_a_walk(booking: Booking) -> None:
    walk = await booking.walk()
    started = await booking.acts(walk, "start")
    assert started.status_code == 200
    assert started.json()["state"] == "started"
    assert started.json()["started"] == {
        "at": "2027-01-12T18:00:00+00:00",
        "by": "officer-1",
        "late": False,
    }
    booking.clock.advance(timedelta(hours=1))
    another = booking.issuer.bearer("officer", subject="officer-2")
    ended = await booking.acts(walk, "end", headers=another)
    assert ended.json()["state"] == "ended"
    assert ended.json()["ended"]["by"] == "officer-2"


async def test_a_walk_is_not_started_an_hour_and_a_minute_early(booking: Booking) -> None:
    walk = await booking.walk(at=START + timedelta(minutes=61))
    answer = await booking.acts(walk, "start")
    assert (answer.status_code, problem(answer)) == (409, "too-early")
    booking.clock.advance(timedelta(minutes=1))
    assert (await booking.acts(walk, "start")).status_code == 200


async def test_a_walk_is_not_started_after_its_end(booking: Booking) -> None:
    walk = await booking.walk()
    booking.clock.advance(timedelta(minutes=90))
    answer = await booking.acts(walk, "start")
    assert (answer.status_code, problem(answer)) == (409, "too-late")


async def test_each_act_happens_once_by_state(booking: Booking) -> None:
    walk = await booking.walk()
    assert problem(await booking.acts(walk, "end")) == "wrong-state"
    assert (await booking.acts(walk, "start")).status_code == 200
    for verb in ("start", "cancel"):
        answer = await booking.acts(walk, verb)
        assert (answer.status_code, problem(answer)) == (409, "wrong-state")


async def test_an_act_with_a_key_is_answered_again(booking: Booking) -> None:
    walk = await booking.walk()
    headers = booking.officer | {"Idempotency-Key": "start-1"}
    first = await booking.acts(walk, "start", headers=headers)
    again = await booking.acts(walk, "start", headers=headers)
    assert (again.status_code, again.json()) == (200, first.json())


async def test_the_force_cancels_with_a_reason_or_without(booking: Booking) -> None:
    walk = await booking.walk()
    answer = await booking.acts(walk, "cancel", json={"reason": "weather"})
    assert (answer.json()["state"], answer.json()["cancelled_for"]) == ("cancelled", "weather")
    assert await booking.slots() == []
    other = await booking.walk()
    answer = await booking.acts(other, "cancel", headers=booking.coordinator)
    assert answer.json()["cancelled_for"] == "force"


async def test_walks_are_listed_by_day_state_and_ward(booking: Booking) -> None:
    walk = await booking.walk()
    later = await booking.walk(at=START + timedelta(days=1))
    await booking.acts(walk, "start")

    async def ids(**query: str) -> list[str]:
        answer = await booking.http.get(
            "/booking/v1/walks", params=query, headers=booking.coordinator
        )
        return [each["id"] for each in answer.json()["items"]]

    assert await ids() == [walk["id"], later["id"]]
    assert await ids(date="2027-01-13") == [later["id"]]
    assert await ids(state="started") == [walk["id"]]
    assert await ids(ward=OTHER_WARD) == []


async def test_a_walk_is_read_with_its_etag_and_without_who_booked_it(booking: Booking) -> None:
    walk = await booking.walk(email="planted@example.org")
    path = f"/booking/v1/walks/{walk['id']}"
    before = await booking.http.get(path, headers=booking.officer)
    await booking.acts(walk, "start")
    after = await booking.http.get(path, headers=booking.officer)
    assert before.headers["etag"] != after.headers["etag"]
    assert "planted@example.org" not in after.text
    assert "Ada" not in after.text


async def test_the_duty_list_shows_overdue_walks(booking: Booking) -> None:
    walk = await booking.walk()
    booking.clock.advance(timedelta(hours=1, minutes=15))
    assert await service.mark_next_overdue(booking.desk)
    headers = booking.issuer.bearer("duty")
    answer = await booking.http.get("/booking/v1/walks/overdue", headers=headers)
    [found] = answer.json()["items"]
    assert found["id"] == walk["id"]
    assert found["overdue"] == {
        "due_at": "2027-01-12T19:15:00+00:00",
        "missing": "start",
        "level": "supervisor",
        "acknowledged_at": None,
    }


async def test_notifications_reads_a_contact_and_it_is_written_down(booking: Booking) -> None:
    walk = await booking.walk(email="her@example.org")
    path = f"/booking/v1/walks/{walk['id']}/contact"
    headers = booking.issuer.bearer_service("notifications", audience="booking")
    contact = (await booking.http.get(path, headers=headers)).json()
    assert contact["email"] == "her@example.org"
    assert contact["name"] == "Ada Example"
    assert contact["sequence"] == 0
    assert contact["manage_url"] == walk["manage_url"]
    assert set(contact) >= {
        "state", "starts_at", "ends_at", "local", "meeting_point", "officer", "next_steps",
    }  # fmt: skip
    audited = await booking.rows("select actor, action, subject from audit where reason <> ''")
    subject = f"walk {walk['id']}"
    assert [tuple(row.values()) for row in audited] == [("notifications", "contact.read", subject)]


async def test_a_contact_that_was_erased_is_not_found(booking: Booking) -> None:
    walk = await booking.walk()
    async with booking.database.transaction() as connection:
        await connection.execute("delete from participant")
    headers = booking.issuer.bearer_service("notifications", audience="booking")
    for walk_id in (walk["id"], uuid4()):
        path = f"/booking/v1/walks/{walk_id}/contact"
        assert (await booking.http.get(path, headers=headers)).status_code == 404
