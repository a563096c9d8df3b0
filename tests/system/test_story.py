"""The main job, end to end, over HTTP only, through four services as processes on a real Kafka."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx

from shared.events import concerns, walks
from tests.infra import until
from tests.shared.otherclient import OnTopic
from tests.system.acts import LARKFIELD, People, an_address
from tests.system.installation import Installation
from tests.system.mailbox import text_of

ENVELOPE = {
    "ce_specversion",
    "ce_id",
    "ce_source",
    "ce_type",
    "ce_subject",
    "ce_time",
    "ce_sequence",
    "ce_dataschema",
}
IN_LARKFIELD = ("L05000002",)


async def test_the_main_job_from_an_open_slot_to_the_dashboard(
    installation: Installation, people: People
) -> None:
    walked = await people.figures("walks", "ward")
    said = await people.figures("concerns", "ward,category,light")

    slot_id = await people.open_slot(ward=LARKFIELD)
    listed = await people.do("GET", "/booking/v1/slots?ward=L05000002", 200)
    offered = next(each for each in listed["items"] if each["id"] == slot_id)
    assert offered["near"] == "the lido"
    assert "meeting_point" not in offered

    walk = await booked_and_told(installation, people, slot_id)
    await people.act(walk["id"], "start")
    captured = await people.capture(walk["id"], ward=LARKFIELD, note="two lamps are out")
    assert captured["ward"]["code"] == "L05000002"
    await people.capture(walk["id"], ward=LARKFIELD, categories=["badly_lit", "isolated"])
    ended = await people.act(walk["id"], "end")
    assert ended["state"] == "ended"

    dark = {("L05000002", "badly_lit", "dark"): 2, ("L05000002", "isolated", "dark"): 1}
    await until(
        lambda: people.figures_become("concerns", said + Counter(dark), "ward,category,light")
    )
    await until(lambda: people.figures_become("walks", walked + Counter({IN_LARKFIELD: 1}), "ward"))


async def booked_and_told(
    installation: Installation, people: People, slot_id: str
) -> dict[str, Any]:
    """A booking that says all it must, on the page and by mail, and takes the slot."""
    address = an_address()
    walk = await people.book(slot_id, email=address)
    assert walk["meeting_point"]["name"] == "Boathouse steps"
    assert walk["officer"]["display_name"].startswith("PC ")
    assert walk["next_steps"]
    refused = await people.try_to_book(slot_id)
    assert refused.status_code == 409
    assert refused.json()["type"].endswith("/slot-taken")
    (mail,) = await until(lambda: installation.mailbox.to(address))
    for told in (
        walk["meeting_point"]["name"],
        walk["officer"]["display_name"],
        walk["manage_url"],
    ):
        assert told in text_of(mail)
    return walk


async def test_the_dashboards_stream_shows_a_walk_as_it_starts(
    installation: Installation, people: People
) -> None:
    headers = {"Authorization": f"Bearer {await installation.token('analyst')}"}
    url = f"{installation.origin('reporting')}/reporting/v1/live"
    walk_id = await people.book_one()
    async with (
        httpx.AsyncClient(timeout=15, trust_env=False) as http,
        http.stream("GET", url, headers=headers) as stream,
    ):
        lines = stream.aiter_lines()
        before = walks_in(await next_figures(lines))
        await people.act(walk_id, "start")
        async with asyncio.timeout(20):
            while walks_in(await next_figures(lines)) <= before:
                pass


async def next_figures(lines: AsyncIterator[str]) -> dict[str, Any]:
    """The next ``figures`` of a stream of server-sent events."""
    event = ""
    async for line in lines:
        name, _, value = line.partition(": ")
        if name == "event":
            event = value
        if name == "data" and event == "figures":
            return json.loads(value)
    raise AssertionError("the stream ended")


def walks_in(figures: dict[str, Any]) -> int:
    """How many started walks a frame counts."""
    return sum(row["count"] for row in figures["walks"])


async def test_another_police_system_reads_the_walk_with_a_plain_client(
    installation: Installation, people: People
) -> None:
    before = await installation.records(walks.SHARED)
    await people.book_one(begins_in=timedelta(days=2))

    async def arrived() -> list[OnTopic]:
        known = {record.headers["ce_id"] for record in before}
        found = await installation.records(walks.SHARED)
        return [record for record in found if record.headers["ce_id"] not in known]

    (record,) = await until(arrived)
    assert set(record.headers) - {"content-type"} == ENVELOPE
    assert record.headers["ce_type"] == "uk.walkandtalk.walk.confirmed.v1"
    assert record.headers["ce_subject"] == record.key
    assert record.headers["ce_sequence"] == "000000000001"
    assert record.value is not None
    assert set(json.loads(record.value)) == {"ward", "local_date", "band", "officer_role"}


async def test_what_other_systems_may_not_know_yet_is_not_on_their_topic(
    installation: Installation, people: People
) -> None:
    walk_id = await people.walk_one()
    await people.capture(walk_id)
    internal = await until(lambda: of_key(installation, walks.INTERNAL, walk_id, 2))
    assert internal
    assert [record.headers["ce_type"].split(".")[-2] for record in internal] == [
        "confirmed",
        "started",
    ]
    told = {record.headers["ce_type"] for record in await installation.records(walks.SHARED)}
    assert "uk.walkandtalk.walk.started.v1" not in told
    assert await installation.records(concerns.SHARED) == []


async def of_key(
    installation: Installation, topic: str, key: str, number: int
) -> list[OnTopic] | None:
    """The records of a key once there are so many."""
    found = [record for record in await installation.records(topic) if record.key == key]
    return found if len(found) >= number else None
