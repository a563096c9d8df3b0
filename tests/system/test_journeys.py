"""Journeys of women who wait, meet another at the last slot, cancel, or walk too long; over HTTP, on processes.

Time is moved in booking's own tables: its processes go by the real clock.
"""

import asyncio
import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx

from shared.events import requests, walks
from tests.infra import until
from tests.provider import hidden_fields
from tests.system.acts import People, an_address
from tests.system.installation import Installation
from tests.system.mailbox import text_of

TALLOW_BRIDGE = {"code": "L05000003", "point": [-0.1839, 51.426075]}
QUARRY_RISE = {"code": "L05000004", "point": [-0.1579, 51.426075]}
PEPPER_GREEN = {"code": "L05000005", "point": [-0.2359, 51.410575]}
ALL_DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
TOMORROW = timedelta(days=1)
LINK = re.compile(r"http://127\.0\.0\.1:\d+/booking/\S+")
# A worker looks for what expired and for whom to offer every five seconds.
PATIENCE = 60


async def booking_says(installation: Installation, statement: str, *arguments: Any) -> str:
    """Change booking's database, as time would."""
    connection = await asyncpg.connect(installation.environments["booking"]["BOOKING_DATABASE_URL"])
    try:
        return str(await connection.execute(statement, *arguments))
    finally:
        await connection.close()


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


async def kinds_of(installation: Installation, topic: str, key: str) -> list[str]:
    """What was told of a walk or a wish, in order."""
    records = [each for each in await installation.records(topic) if each.key == key]
    assert [each.sequence for each in records] == list(range(1, len(records) + 1))
    return [each.headers["ce_type"].removeprefix("uk.walkandtalk.") for each in records]


async def test_two_offers_expire_and_the_third_is_accepted(
    installation: Installation, people: People
) -> None:
    for nth in range(3):
        begins_in = TOMORROW + nth * timedelta(hours=2)
        await people.open_slot(ward=TALLOW_BRIDGE, begins_in=begins_in)
    wish = await asks(people, a_wish(TALLOW_BRIDGE))
    slots: list[str] = []
    for number in (1, 2, 3):
        offer = await the_offer(people, wish, number)
        slots.append(offer["slot"]["id"])
        assert "meeting_point" not in offer["slot"]
        if number < 3:
            await booking_says(
                installation,
                "update offer set made_at = made_at - interval '1 day', expires_at = now()"
                " where state = 'made'",
            )
    assert len(set(slots)) == 3, "after an offer that expired the next officer comes first"
    walk = await people.do("POST", f"{wish}/accept", 200)
    assert walk["state"] == "confirmed"
    assert walk["meeting_point"]["name"] == "Boathouse steps"
    found = await people.do("GET", wish, 200)
    assert (found["state"], found["offer"]) == ("confirmed", None)

    async def told() -> bool:
        heard = await kinds_of(installation, requests.INTERNAL, found["id"])
        offers = [kind for kind in heard if "offer" in kind]
        return offers == [
            "request.offer_made.v1",
            "request.offer_expired.v1",
        ] * 2 + ["request.offer_made.v1"]

    await until(told, PATIENCE)
    assert await kinds_of(installation, walks.INTERNAL, walk["id"]) == ["walk.confirmed.v1"]


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


async def test_who_cancels_twenty_minutes_before_frees_her_slot_and_a_scanner_changes_nothing(
    installation: Installation, people: People
) -> None:
    address = an_address()
    slot_id = await people.open_slot(ward=PEPPER_GREEN, begins_in=timedelta(minutes=20))
    walk = await people.book(slot_id, email=address)
    (mail,) = await until(lambda: installation.mailbox.to(address))
    await scanned(installation, text_of(mail))
    shown = await people.do("GET", f"/booking/v1/walks/{walk['id']}", 200, role="officer")
    assert (shown["state"], shown["version"]) == ("confirmed", 1)

    async with httpx.AsyncClient(trust_env=False) as browser:
        cancelling = f"{here(installation, walk['manage_url'])}/cancel"
        asked = await browser.get(cancelling)
        done = await browser.post(
            cancelling,
            data=hidden_fields(asked.text),
            headers={"Origin": installation.origin("booking")},
        )
        assert done.status_code == 303, done.text
    shown = await people.do("GET", f"/booking/v1/walks/{walk['id']}", 200, role="officer")
    assert (shown["state"], shown["cancelled"]["initiator"]) == ("cancelled", "participant")
    listed = await people.do("GET", f"/booking/v1/slots?ward={PEPPER_GREEN['code']}", 200)
    assert slot_id in [each["id"] for each in listed["items"]], "it is offered on"
    mails = await until(lambda: len(installation.mailbox.to(address)) > 1)
    assert mails


def here(installation: Installation, address: str) -> str:
    """An address of the one origin at which all services are, at booking's own."""
    return f"{installation.origin('booking')}{urlsplit(address).path}"


async def scanned(installation: Installation, text: str) -> None:
    """What a mail scanner does with a mail: it follows every link, twice, by HEAD and by GET."""
    links = [here(installation, link) for link in LINK.findall(text)]
    assert links
    async with httpx.AsyncClient(trust_env=False, follow_redirects=True) as scanner:
        for link in links * 2:
            for method in ("HEAD", "GET"):
                assert (await scanner.request(method, link)).status_code == 200


async def test_a_walk_that_is_not_over_climbs_to_the_control_room_and_is_cleared_late(
    installation: Installation, people: People
) -> None:
    walk_id = await people.walk_one(team="Impatient")
    await booking_says(
        installation, "update walk set end_due_at = now() where id = $1::text::uuid", walk_id
    )
    alert = await until(lambda: people.alert_of(walk_id), PATIENCE)
    assert alert
    assert alert["missing"] == "end"
    # The service dies in between, and comes back with a ladder that climbs sooner.
    await installation.kill("notifications")
    sooner = {"NOTIFICATIONS_LADDER_CONTROL_ROOM_SECONDS": "1"}
    for role in ("api", "worker"):
        installation.processes["notifications", role].start(changes=sooner)
    try:
        await until(lambda: told_the_control_room(installation, walk_id), PATIENCE)
        ended = await people.act(walk_id, "end")
        assert ended["state"] == "ended"

        async def cleared() -> bool:
            found = await people.alert_of(walk_id)
            return found is None or found["state"] == "cleared"

        await until(cleared, PATIENCE)
        assert await kinds_of(installation, walks.INTERNAL, walk_id) == [
            "walk.confirmed.v1",
            "walk.started.v1",
            "walk.overdue.v1",
            "walk.overdue_cleared.v1",
            "walk.ended.v1",
        ]
    finally:
        await installation.kill("notifications")
        await installation.start("notifications")


async def told_the_control_room(installation: Installation, walk_id: str) -> bool:
    """Whether the control room has a mail of this walk's alert."""
    mails = installation.mailbox.to("control-room@force.example")
    return any(walk_id in text_of(mail) for mail in mails)
