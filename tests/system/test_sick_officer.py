"""A journey: an officer goes sick at 16:00 with three walks that evening, over HTTP, on processes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.events import walks
from tests.infra import until
from tests.system.acts import PATIENCE, People, an_address, on_the_wall
from tests.system.installation import Installation
from tests.system.mailbox import ANOTHER_OFFICER, CANCELLED, CONFIRMED, IN_THE_LINE, KEPT, LINK

# Nobody else of these tests opens slots there, nor so far ahead: who is on duty then is known here.
PEPPER_GREEN = {"code": "L05000005", "point": [-0.2359, 51.410575]}
THAT_DAY, A_WEEK_LATER = 10, 17
# Dark all the year round, and no later walk would be as dark a week on otherwise.
EVENING = ((22, 0), (22, 30), (23, 0))


@dataclass(frozen=True, slots=True)
class Woman:
    """Somebody with a walk that evening, and where she is written to."""

    address: str
    walk: dict[str, Any]


async def books(people: People, officer_id: str, starts_at: datetime) -> Woman:
    """A slot of an officer is opened, somebody books it, and is told so."""
    address = an_address()
    slot = await people.open_slot(
        officer_id=officer_id, ward=PEPPER_GREEN, starts_at=starts_at, minutes=30
    )
    walk = await people.book(slot, email=address)
    await people.installation.mailbox.said(address, CONFIRMED)
    return Woman(address, walk)


async def goes_sick(people: People, officer_id: str) -> dict[str, Any]:
    """The officer is away from 16:00 on, nobody knows for how long; the plan for her walks."""
    body = {"officer_id": officer_id, "kind": "sick"}
    body["from"] = on_the_wall(THAT_DAY, 16).isoformat()
    path = "/booking/v1/absences"
    recorded = await people.do("POST", path, 201, role="coordinator", json=body)
    absence = recorded["absence"]["id"]
    return await people.do("POST", f"{path}/{absence}/plans", 201, role="coordinator", once=True)


async def carried_out(people: People, plan: dict[str, Any]) -> dict[str, Any]:
    """What came of a plan."""
    path = f"/booking/v1/absences/{plan['absence_id']}/plans/{plan['id']}/carry-out"
    return await people.do("POST", path, 200, role="coordinator", once=True)


async def test_one_walk_is_given_on_one_offered_again_one_waits_and_nobody_hears_a_false_thing(
    installation: Installation, people: People
) -> None:
    ill, mailbox = await people.free_officer(), installation.mailbox
    first, second, third = [await books(people, ill, on_the_wall(THAT_DAY, *at)) for at in EVENING]
    # One colleague is on duty at the first of these times; another has one time, a week later.
    await people.open_slot(ward=PEPPER_GREEN, starts_at=on_the_wall(THAT_DAY, *EVENING[0]))
    later = await people.open_slot(
        ward=PEPPER_GREEN, starts_at=on_the_wall(A_WEEK_LATER, *EVENING[1])
    )

    plan = await goes_sick(people, ill)
    assert [each["choice"] for each in plan["walks"]] == ["reassign", "reoffer", "waitlist"]
    report = await carried_out(people, plan)
    assert report["outcomes"] == {"done": 3}

    changed = await mailbox.said(first.address, ANOTHER_OFFICER)
    assert "Your walk takes place as planned." in changed
    assert plan["walks"][0]["officer"]["display_name"] in changed
    for woman in (second, third):
        assert "We are sorry: we had to cancel it." in await mailbox.said(woman.address, CANCELLED)

    links = LINK.findall(await mailbox.said(second.address, KEPT))
    wish = next(link for link in links if "/wish/" in link)
    assert (await people.offer_of(wish, 1))["slot"]["id"] == later
    await people.accept(wish)
    await mailbox.said(second.address, CONFIRMED, number=2)
    assert "You come first in the line." in await mailbox.said(third.address, IN_THE_LINE)

    await until(lambda: installation.has_caught_up("notifications"), PATIENCE)
    assert mailbox.subjects(first.address) == [CONFIRMED, ANOTHER_OFFICER]
    # Of a walk and of a wish she is told apart: which of the two mails comes first is not promised.
    assert sorted(mailbox.subjects(second.address)) == sorted(
        [CONFIRMED, CANCELLED, KEPT, CONFIRMED]
    )
    assert sorted(mailbox.subjects(third.address)) == sorted([CONFIRMED, CANCELLED, IN_THE_LINE])
    told = [await installation.told(walks.INTERNAL, each.walk["id"]) for each in (first, second)]
    assert told == [["walk.confirmed", "walk.reassigned"], ["walk.confirmed", "walk.cancelled"]]
