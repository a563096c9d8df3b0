"""A journey: a walk runs past its end and the team's grace, and its alert's service is stopped and started meanwhile."""

from typing import Any

from shared.events import alerts, walks
from tests.infra import until
from tests.system.acts import PATIENCE, People
from tests.system.installation import Installation
from tests.system.mailbox import ALERT, words_of

# No other walk of these tests is overdue there: mails of an alert name its ward and nothing nearer.
ASHMOOR = {"code": "L05000007", "point": [-0.1839, 51.410575]}
RUNGS = ("supervisor@force.example", "control-room@force.example")

DUE = "update walk set end_due_at = now() where id = $1"
# What five minutes do when nobody acknowledges it.
CLIMBS = "update alert set climbs_at = now() where walk_id = $1 and climbs_at > now()"


async def test_the_ladder_reaches_the_control_room_over_a_restart_and_a_late_end_clears_it(
    installation: Installation, people: People
) -> None:
    walk_id = await people.walk_one(ward=ASHMOOR)
    await installation.in_database("booking", DUE, walk_id)
    raised = await comes_to(people, walk_id, "raised")
    assert raised["missing"] == "end"
    await until(lambda: told(installation) == (1, 0), PATIENCE)

    await installation.stop("notifications")
    assert walk_id in await people.duty_list()
    await installation.in_database("notifications", CLIMBS, walk_id)
    await installation.start("notifications")
    escalated = await comes_to(people, walk_id, "escalated")
    assert escalated["id"] == raised["id"]
    await until(lambda: told(installation) == (1, 1), PATIENCE)

    ended = await people.act(walk_id, "end")
    assert ended["state"] == "ended"
    cleared = await comes_to(people, walk_id, "cleared")
    assert cleared["acknowledged"] is None
    assert walk_id not in await people.duty_list()
    assert told(installation) == (1, 1)
    assert await installation.told(walks.INTERNAL, walk_id) == [
        f"walk.{what}" for what in ("confirmed", "started", "overdue", "ended", "overdue_cleared")
    ]

    async def climbed() -> bool:
        of_alert = await installation.told(alerts.INTERNAL, raised["id"])
        return of_alert == ["alert.raised", "alert.escalated"]

    await until(climbed, PATIENCE)


async def comes_to(people: People, walk_id: str, state: str) -> dict[str, Any]:
    """The alert of a walk, once it has come to a state."""

    async def found() -> dict[str, Any] | None:
        alert = await people.alert_of(walk_id)
        return alert if alert and alert["state"] == state else None

    alert = await until(found, PATIENCE)
    assert alert
    return alert


def told(installation: Installation) -> tuple[int, ...]:
    """How many mails each rung has had of an alert in the ward."""
    return tuple(
        sum(
            mail["Subject"] == ALERT and "a walk in Ashmoor was not ended" in words_of(mail)
            for mail in installation.mailbox.to(rung)
        )
        for rung in RUNGS
    )
