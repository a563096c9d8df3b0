"""Holds as tests make them, and what is so at any time."""

from datetime import timedelta

import httpx

from tests.booking.desk import Booking

TEN_MINUTES = timedelta(minutes=10)


async def holds(booking: Booking, slot_id: str) -> httpx.Response:
    """Somebody who calls the API opens a form."""
    return await booking.http.post("/booking/v1/holds", json={"slot_id": slot_id})


async def held(booking: Booking, slot_id: str) -> str:
    """What a slot is now held by."""
    answer = await holds(booking, slot_id)
    assert answer.status_code == 201, answer.text
    return answer.json()["hold"]


async def agrees(booking: Booking) -> None:
    """An officer's time is taken exactly where somebody walks or holds; a held walk is nobody's yet."""
    walked = await booking.rows("select distinct slot_id from walk where state <> 'cancelled'")
    assert sorted(row["slot_id"] for row in walked) == sorted(
        row["slot_id"] for row in await booking.rows("select slot_id from assignment")
    )
    found = await booking.rows(
        "select from walk left join participant on participant.walk_id = walk.id"
        " where (walk.state = 'held') = (participant.id is not null)"
    )
    assert found == []
