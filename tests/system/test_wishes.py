"""A wish from asking to the walk, through services as processes: her mails, the figures, and a mail scanner."""

import json
from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from shared.clock import LONDON, now
from shared.events import READERS
from tests.infra import until
from tests.system.acts import People, an_address
from tests.system.installation import Installation
from tests.system.mailbox import CONFIRMED, IN_THE_LINE, KEPT

# Nobody else of these tests opens a slot there: what is offered here is this wish's.
QUARRY_RISE = {"code": "L05000004", "point": [-0.15482, 51.422364]}


async def what_stands(people: People, wish: dict[str, Any]) -> list[Any]:
    """All that a scanner must not change, as people see it."""
    hers = await people.stands(wish["manage_url"])
    walks = await people.do("GET", "/booking/v1/walks", 200, role="coordinator")
    slots = await people.do("GET", f"/booking/v1/slots?ward={QUARRY_RISE['code']}", 200)
    return [hers, walks, slots]


async def scans(people: People, wish: dict[str, Any], address: str) -> set[str]:
    """A mail scanner is at all her mails, and changes nothing; the paths that it met."""
    before = await what_stands(people, wish)
    met = await people.scan(people.installation.mailbox.to(address))
    assert await what_stands(people, wish) == before
    return met


async def on_a_topic(installation: Installation, words: str) -> bool:
    """Whether any record of any topic says some words."""
    records = [each for topic in READERS for each in await installation.records(topic)]
    assert records
    return any(words in str(record.value) for record in records)


async def test_a_wish_is_told_offered_met_and_counted_and_no_scanner_changes_any_of_it(
    installation: Installation, people: People
) -> None:
    before = await people.figures("requests", "kind")
    address = an_address()
    wish = await people.ask(QUARRY_RISE, email=address)
    assert wish["manage_url"] in await installation.mailbox.said(address, IN_THE_LINE)

    noon = datetime.now(LONDON).replace(hour=12, minute=0) + timedelta(days=1)
    await people.open_slot(begins_in=noon - now(), ward=QUARRY_RISE)
    offer = await installation.mailbox.said(address, KEPT)
    assert "until " in offer
    assert "near the lido" in offer
    assert "Boathouse steps" not in offer
    hers = urlsplit(wish["manage_url"]).path
    assert await scans(people, wish, address) == {hers}
    assert (await what_stands(people, wish))[0]["state"] == "offered"

    walk = await people.accept(wish["manage_url"])
    confirmed = await installation.mailbox.said(address, CONFIRMED)
    assert f"Safe words: {walk['safe_word']}" in confirmed
    manage = urlsplit(walk["manage_url"]).path
    scanned = await scans(people, wish, address)
    assert scanned == {manage, f"{manage}/walk.ics", hers}

    told = dict.fromkeys(("requested", "waitlisted", "offer_made", "confirmed"), 1)
    after = before + Counter({(kind,): count for kind, count in told.items()})
    await until(lambda: people.figures_become("requests", after, "kind"))
    assert len(installation.mailbox.to(address)) == len({IN_THE_LINE, KEPT, CONFIRMED})
    assert not await on_a_topic(installation, walk["safe_word"])


async def test_whoever_our_officer_did_not_meet_is_asked_for_pardon_and_comes_first(
    installation: Installation, people: People
) -> None:
    address = an_address()
    slot_id = await people.open_slot(begins_in=timedelta(seconds=5), ward=QUARRY_RISE)
    walk = await people.book(slot_id, email=address)

    async def missed() -> bool:
        path = f"/booking/v1/walks/{walk['id']}/no-show"
        answer = await installation.ask("POST", path, role="officer", json={"party": "officer"})
        return answer.status_code == 200

    await until(missed, 60, every=0.5)
    mail = await installation.mailbox.said(address, "Your appointment")
    assert "We are sorry: our officer did not come to meet you." in mail
    assert "you come first in the line" in mail
    assert "/booking/wish" in mail

    wish = await people.ask(QUARRY_RISE, email=address)
    listed = await people.do("GET", "/booking/v1/requests", 200, role="coordinator")
    [hers] = [each for each in listed["items"] if each["id"] == wish["id"]]
    assert hers["priority"] is True
    assert "You come first in the line." in await installation.mailbox.said(address, IN_THE_LINE)
    assert json.dumps(hers).count(address) == 0
