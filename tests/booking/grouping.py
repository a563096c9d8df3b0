"""What is done with groups: officers put on a slot and taken off, slots for several."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.booking.desk import POLICY, WARD, Booking, seed

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
