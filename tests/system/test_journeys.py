"""Journeys at the line: offers that nobody answers, and two at the last slot, over HTTP, on processes."""

import asyncio
from datetime import timedelta
from typing import Any

from tests.infra import until
from tests.system.acts import PATIENCE, People, an_address, on_the_wall
from tests.system.installation import Installation
from tests.system.mailbox import CONFIRMED, KEPT

# Nobody else of these tests opens slots there.
TALLOW_BRIDGE = {"code": "L05000003", "point": [-0.1839, 51.426075]}
QUARRY_RISE = {"code": "L05000004", "point": [-0.1579, 51.426075]}
TOMORROW = timedelta(days=1)

EXPIRED = """
with over as (
    update offer set expires_at = now() where request_id = $1 and state = 'made' returning walk_id
)
update walk set held_until = now() from over where walk.id = over.walk_id
"""


async def test_two_offers_expire_the_third_is_accepted_and_each_keeps_another_officer_s_time(
    installation: Installation, people: People
) -> None:
    slots = [
        await people.open_slot(ward=TALLOW_BRIDGE, starts_at=on_the_wall(1, hour))
        for hour in (12, 13, 14)
    ]
    address = an_address()
    wish = await people.ask(TALLOW_BRIDGE, email=address)
    offers: list[dict[str, Any]] = []
    for number in (1, 2):
        offers.append(await people.offer_of(wish["manage_url"], number))
        await installation.mailbox.said(address, KEPT, number=number)
        await installation.in_database("booking", EXPIRED, wish["id"])
    offers.append(await people.offer_of(wish["manage_url"], 3))
    assert {each["slot"]["id"] for each in offers} == set(slots)
    assert len({each["officer"]["display_name"] for each in offers}) == len(slots)
    await installation.mailbox.said(address, KEPT, number=3)

    walk = await people.accept(wish["manage_url"])
    assert walk["starts_at"] == offers[-1]["slot"]["starts_at"]
    assert walk["manage_url"] in await installation.mailbox.said(address, CONFIRMED)
    listed = await people.do("GET", f"/booking/v1/slots?ward={TALLOW_BRIDGE['code']}", 200)
    free = {each["id"] for each in listed["items"]}
    assert free == {each["slot"]["id"] for each in offers[:-1]}, "what she let go is others'"

    counted = {"requested": 1, "offer_made": 3, "offer_expired": 2, "confirmed": 1}
    await until(lambda: counts(people, counted))


async def counts(people: People, counted: dict[str, int]) -> bool:
    """Whether the figures of the ward say this of its only wish."""
    figures, ward = await people.figures("requests", "ward,kind"), str(TALLOW_BRIDGE["code"])
    return all(figures[ward, kind] == number for kind, number in counted.items())


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
    wish = (await people.ask(QUARRY_RISE))["manage_url"]

    async def waits() -> bool:
        return (await people.stands(wish))["state"] == "waitlisted"

    await until(waits, PATIENCE)
    listed = await people.do(
        "GET", f"/booking/v1/walks?ward={QUARRY_RISE['code']}", 200, role="coordinator"
    )
    assert [each["id"] for each in listed["items"]] == [walk["id"]]
    await people.act(walk["id"], "cancel")
    again = await people.open_slot(ward=QUARRY_RISE, begins_in=TOMORROW)
    assert (await people.offer_of(wish, 1))["slot"]["id"] == again
