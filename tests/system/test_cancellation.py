"""A journey: she cancels twenty minutes before her walk, over HTTP, on processes."""

from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.booking import calendars
from tests.provider import hidden_fields
from tests.system.acts import People, an_address
from tests.system.installation import Installation
from tests.system.mailbox import CANCELLED, CONFIRMED

# Nobody else of these tests opens slots there.
CINDER_LANE = {"code": "L05000006", "point": [-0.2099, 51.410575]}


async def presses(installation: Installation, link: str, verb: str) -> httpx.Response:
    """She opens her page and presses the button of its last form, as a browser does."""
    parts = urlsplit(link)
    service = installation.origin("booking")
    async with httpx.AsyncClient(base_url=service, timeout=15, trust_env=False) as window:
        shown = await window.get(parts.path)
        assert f'action="{parts.path}/{verb}"' in shown.text
        # Her browser says where the form came from: the address under which people know the platform.
        headers = {"Origin": f"{parts.scheme}://{parts.netloc}"}
        form = hidden_fields(shown.text)
        return await window.post(f"{parts.path}/{verb}", data=form, headers=headers)


async def listed(people: People) -> list[str]:
    """The times that anybody may book there."""
    found = await people.do("GET", f"/booking/v1/slots?ward={CINDER_LANE['code']}", 200)
    return [each["id"] for each in found["items"]]


async def scanned(people: People, address: str, walk_id: str) -> None:
    """A scanner at all her mails changes nothing of the walk, and nothing of what is free."""

    async def stands() -> list[Any]:
        path = f"/booking/v1/walks/{walk_id}"
        return [await people.do("GET", path, 200, role="coordinator"), await listed(people)]

    before = await stands()
    assert await people.scan(people.installation.mailbox.to(address))
    assert await stands() == before


async def test_whoever_cancels_at_the_last_minute_is_heard_in_time_and_her_time_is_another_s(
    installation: Installation, people: People
) -> None:
    officer_id, address = await people.free_officer(), an_address()
    slot_id = await people.open_slot(officer_id=officer_id, ward=CINDER_LANE)
    walk = await people.book(slot_id, email=address)
    made = await people.do(
        "POST", f"/booking/v1/officers/{officer_id}/feed", 201, role="coordinator"
    )

    async def in_her_calendar() -> dict[str, str]:
        read = calendars.read(await installation.ask("GET", urlsplit(made["url"]).path))
        return {each.uid: each.status for each in read}

    assert walk["manage_url"] in await installation.mailbox.said(address, CONFIRMED)
    await scanned(people, address, walk["id"])
    assert await in_her_calendar() == {walk["id"]: "CONFIRMED"}

    answer = await presses(installation, walk["manage_url"], "cancel")
    assert answer.status_code == 303, answer.text
    assert await in_her_calendar() == {walk["id"]: "CANCELLED"}
    assert "You cancelled it." in await installation.mailbox.said(address, CANCELLED)
    await scanned(people, address, walk["id"])

    assert await listed(people) == [slot_id]
    other = await people.book(slot_id)
    assert await in_her_calendar() == {walk["id"]: "CANCELLED", other["id"]: "CONFIRMED"}
    refused = await presses(installation, walk["manage_url"], "undo")
    assert (refused.status_code, "Somebody else has this time now" in refused.text) == (409, True)
