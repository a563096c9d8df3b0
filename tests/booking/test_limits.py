"""A key is good for one booking, a contact for a few: whoever asks too often is told whom to call."""

from datetime import timedelta

from booking import service
from shared import idempotency
from tests.booking.desk import Booking, pointers, problem, some_id
from tests.factories import START


async def test_a_booking_needs_a_key(booking: Booking) -> None:
    wish = booking.wish(await booking.slot())
    answer = await booking.http.post("/booking/v1/walks", json=wish)
    assert answer.status_code == 422
    assert pointers(answer)[0].lower() == "#/header/idempotency-key"


async def test_a_key_with_another_body_is_refused(booking: Booking) -> None:
    slot_id = await booking.slot()
    await booking.books(slot_id, key="one")
    answer = await booking.books(slot_id, key="one", name="Another")
    assert (answer.status_code, problem(answer)) == (422, "idempotency-key-reused")


async def test_a_key_whose_first_request_still_runs_is_refused(booking: Booking) -> None:
    slot_id = await booking.slot()
    async with booking.database.transaction() as connection:
        scope = "POST /booking/v1/walks public"
        assert await connection.fetchval(idempotency.BEGIN, scope, "one")
        answer = await booking.books(slot_id, key="one")
    assert (answer.status_code, problem(answer)) == (409, "still-running")
    assert (await booking.books(slot_id, key="one")).status_code == 201


async def test_a_refused_booking_does_not_use_up_its_key(booking: Booking) -> None:
    slot_id = await booking.slot()
    walk = (await booking.books(slot_id)).json()
    assert (await booking.books(slot_id, key="one", email="a@example.org")).status_code == 409
    token = walk["manage_url"].rsplit("/", 1)[-1]
    await cancel_by_link(booking, token)
    answer = await booking.books(slot_id, key="one", email="a@example.org")
    assert answer.status_code == 201


async def cancel_by_link(booking: Booking, token: str) -> None:
    request = idempotency.once("cancel", None, b"")
    await service.cancel_by_link(booking.desk, token, request)


async def test_a_third_open_walk_of_one_contact_is_refused(booking: Booking) -> None:
    walks = [
        (await booking.walk(at=START + timedelta(days=day), email=email))
        for day, email in ((1, "ada@example.org"), (2, "ADA+walks@Example.org"))
    ]
    slot_id = await booking.slot(at=START + timedelta(days=3))
    answer = await booking.books(slot_id, email="ada@example.org")
    assert (answer.status_code, problem(answer)) == (429, "too-many")
    assert answer.headers["retry-after"] == "3600"
    assert "101" in answer.json()["detail"]
    assert len(await booking.slots()) == 1
    assert await booking.rows("select from participant") == [{}, {}]
    assert len(await booking.rows("select from outbox")) == 2 * len(walks)  # on both tiers
    await booking.acts(walks[0], "cancel")
    assert (await booking.books(slot_id, email="ada@example.org")).status_code == 201


async def test_a_walk_whose_end_has_passed_counts_as_open_only_when_started(
    booking: Booking,
) -> None:
    for minutes in (60, 120):
        await booking.walk(at=START + timedelta(minutes=minutes), email="ada@example.org")
    booking.clock.advance(timedelta(minutes=95))
    slot_id = await booking.slot(at=START + timedelta(days=1))
    assert (await booking.books(slot_id, email="ada@example.org")).status_code == 201


async def test_the_eleventh_try_of_a_contact_within_an_hour_is_refused_alike(
    booking: Booking,
) -> None:
    gone, free = await booking.slot(), await booking.slot(at=START + timedelta(days=1))
    await booking.books(gone)
    for _ in range(10):
        assert (await booking.books(gone, email="ada@example.org")).status_code == 409
    first = await booking.books(free, email="ada@example.org")
    assert first.status_code == 429
    booking.clock.advance(timedelta(minutes=61))
    assert (await booking.books(free, email="ada@example.org")).status_code == 201


async def test_a_burst_is_refused_with_the_same_words(booking: Booking) -> None:
    for _ in range(60):
        await booking.books(str(some_id()))
    burst = await booking.books(str(some_id()))
    assert burst.status_code == 429
    booking.clock.advance(timedelta(minutes=1))
    for day in (1, 2):
        await booking.walk(at=START + timedelta(days=day), email="ada@example.org")
    third = await booking.slot(at=START + timedelta(days=3))
    assert (await booking.books(third, email="ada@example.org")).json() == burst.json()
