"""Journeys: two women meet at the last slot, over HTTP, on processes."""

import asyncio
from datetime import timedelta
from typing import Any

from tests.infra import until
from tests.system.acts import People, an_address
from tests.system.installation import Installation

QUARRY_RISE = {"code": "L05000004", "point": [-0.1579, 51.426075]}
ALL_DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
TOMORROW = timedelta(days=1)
# A worker looks for what expired and for whom to offer every five seconds.
PATIENCE = 60


def a_wish(ward: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A wish for any hour of any day in a ward."""
    hours = [{"days": ALL_DAYS, "from": "00:00", "to": "24:00"}]
    wish = {"wards": [ward["code"]], "hours": hours, "name": "Ada Example", "adult": True}
    return wish | {"email": an_address()} | changes


async def asks(people: People, wish: dict[str, Any]) -> str:
    """Somebody asks for a walk; the path of her wish."""
    answer = await people.do("POST", "/booking/v1/requests", 201, once=True, json=wish)
    return f"/booking/v1/requests/by-link/{answer['manage_url'].rsplit('/', 1)[-1]}"


async def the_offer(people: People, wish: str, number: int) -> dict[str, Any]:
    """Her offer of this number, once it is made."""

    async def made() -> dict[str, Any] | None:
        found = (await people.do("GET", wish, 200))["offer"]
        return found if found and found["number"] == number else None

    offer = await until(made, PATIENCE)
    assert offer
    return offer


async def test_of_two_at_the_last_slot_one_is_confirmed_and_the_other_may_wait(
    installation: Installation, people: People
) -> None:
    slot_id = await people.open_slot(ward=QUARRY_RISE, begins_in=TOMORROW)
    answers = await asyncio.gather(*(people.try_to_book(slot_id) for _ in range(2)))
    assert sorted(each.status_code for each in answers) == [201, 409]
    (walk,) = (each.json() for each in answers if each.status_code == 201)
    (gone,) = (each.json() for each in answers if each.status_code == 409)
    assert gone["type"].endswith("/slot-taken")
    assert "alternatives" in gone
    wish = await asks(people, a_wish(QUARRY_RISE))

    async def waits() -> bool:
        return (await people.do("GET", wish, 200))["state"] == "waitlisted"

    await until(waits, PATIENCE)
    listed = await people.do(
        "GET", f"/booking/v1/walks?ward={QUARRY_RISE['code']}", 200, role="coordinator"
    )
    assert [each["id"] for each in listed["items"]] == [walk["id"]]
    await people.act(walk["id"], "cancel")
    again = await people.open_slot(ward=QUARRY_RISE, begins_in=TOMORROW)
    assert (await the_offer(people, wish, 1))["slot"]["id"] == again
