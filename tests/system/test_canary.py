"""Planted personal strings are nowhere but where they belong: not from good, refused or failing requests.

Searched: every topic from its first byte, every log of every process, every metric, every problem body.
"""

import json
from typing import Any

import asyncpg

from shared.clock import new_id
from shared.events import OWNERS
from tests.factories import SERVICES
from tests.infra import until
from tests.shared.otherclient import on_topic
from tests.system.acts import People
from tests.system.installation import Installation

NAME = "Zephyrine Canarywood"
ADDRESS = "zephyrine.canarywood@example.org"
PHONE = "07700900461"
NOTE = f"The man at 14 Plover Row follows me; ring {PHONE}"
POINT = [-0.2358713, 51.4261937]
PLANTED = ("anarywood", "CANARYWOOD", PHONE, "Plover Row", "2358713", "4261937")
OFFICER = "PC Usual"
OF_THE_FORCE = (OFFICER, "Boathouse steps")


async def everything_said(installation: Installation) -> str:
    """What a stranger with every topic, log and metric before him could read."""
    texts = [installation.logs()]
    for topic in OWNERS:
        for record in await on_topic(installation.bootstrap, topic):
            value = (record.value or b"").decode(errors="replace")
            texts.append(f"{record.key} {json.dumps(record.headers)} {value}")
    for name in SERVICES:
        texts += await installation.metrics(name)
    return "\n".join(texts)


async def good_requests(people: People) -> None:
    """A booking with all that she says, a walk, a capture with a note at an exact point."""
    slot = await people.open_slot()
    walk = await people.book(slot, name=NAME, email=ADDRESS, note=NOTE)
    await people.act(walk["id"], "start")
    place = {"type": "Point", "coordinates": POINT}
    await people.capture(walk["id"], place=place, note=NOTE)
    await people.act(walk["id"], "end")
    cancelled = await people.book(await people.open_slot(), name=NAME, email=ADDRESS)
    await people.act(cancelled["id"], "cancel")


async def refused_requests(people: People) -> list[str]:
    """The same strings where they are refused; the bodies of the answers."""
    slot = await people.open_slot()
    mine: dict[str, Any] = {"name": NAME, "email": ADDRESS, "note": NOTE}
    answers = [
        await people.try_to_book(slot, **mine, adult=False),
        await people.try_to_book(slot, **mine | {"email": f"{ADDRESS} {PHONE}"}),
        await people.try_to_book(slot, **mine | {"name": NAME * 100}),
        await people.try_to_book(slot, **mine | {"name": f"{NAME}\x00"}),
        await people.try_to_book(slot, **mine, **{PHONE: NAME}),
        await people.try_to_book(NAME, **mine),
        await people.try_to_book(str(new_id()), **mine),
    ]
    installation = people.installation
    for path in ("/booking/v1/walks", "/concerns/v1/concerns"):
        broken = f'{{"name": "{NAME}", "note": "{NOTE}'.encode()
        answers.append(
            await installation.ask("POST", path, role="officer", once=True, content=broken)
        )
    body = {"categories": [NAME], "severity": 2, "note": NOTE, "place": {"coordinates": POINT}}
    answers.append(
        await installation.ask(
            "POST", "/concerns/v1/concerns", role="officer", once=True, json=body
        )
    )
    answers.append(await installation.ask("GET", f"/booking/v1/walks/{ADDRESS}"))
    answers.append(await installation.ask("GET", f"/booking/v1/slots?ward={NAME}&from={PHONE}"))
    assert all(400 <= answer.status_code < 500 for answer in answers), answers
    return [answer.text for answer in answers]


async def failing_requests(people: People) -> list[str]:
    """The same strings when the database itself refuses the row, quoting it in its DETAIL."""
    installation = people.installation
    bodies: list[str] = []
    for service, table in (("booking", "participant"), ("concerns", "concern")):
        url = installation.environments[service][f"{service.upper()}_DATABASE_URL"]
        connection = await asyncpg.connect(url)
        await connection.execute(
            f"alter table {table} add constraint nothing_more check (false) not valid"
        )
        try:
            bodies.append(await _failing(people, service))
        finally:
            await connection.execute(f"alter table {table} drop constraint nothing_more")
            await connection.close()
    return bodies


async def _failing(people: People, service: str) -> str:
    if service == "booking":
        slot = await people.open_slot()
        answer = await people.try_to_book(slot, name=NAME, email=f"x{ADDRESS}", note=NOTE)
    else:
        place = {"type": "Point", "coordinates": POINT}
        body = {"categories": ["badly_lit"], "severity": 2, "place": place, "note": NOTE}
        answer = await people.installation.ask(
            "POST", "/concerns/v1/concerns", role="officer", once=True, json=body
        )
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.text


async def test_nothing_planted_is_told(installation: Installation, people: People) -> None:
    before = len(installation.mailbox.to(ADDRESS))
    await good_requests(people)
    problems = await refused_requests(people) + await failing_requests(people)
    await until(lambda: len(installation.mailbox.to(ADDRESS)) > before, 30)
    for name in SERVICES:
        await until(lambda name=name: installation.has_caught_up(name), 30)
    said = await everything_said(installation)
    assert "walk.started.v1" in said  # the topics were read
    assert "http.answered" in said  # the logs were read
    assert "nothing_more" in said  # the failing requests failed, and were noted
    found = [planted for planted in (*PLANTED, *OF_THE_FORCE) if planted in said]
    assert found == []
    assert [planted for planted in PLANTED if planted in "\n".join(problems)] == []
