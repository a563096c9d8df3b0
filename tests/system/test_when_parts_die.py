"""What the platform promises when parts of it die: nothing lost, nothing doubled, nothing out of order."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta

from shared.events import concerns, walks
from tests.factories import SERVICES
from tests.infra import until
from tests.shared.otherclient import first_occurrences
from tests.system.acts import People
from tests.system.installation import GRACE_SECONDS, Installation

# From a walk's due time: its team's grace is in that already.
ALERT_SECONDS = 30
# A group waits half a minute for a member that was killed.
PATIENCE = 120
BOOKINGS = 12
SAYING = ("booking", "concerns", "notifications")
IN_MERE_END = ("L05000001",)

Act = Callable[[People], Awaitable[object]]


async def a_walk(people: People) -> None:
    await people.walk_one()


async def a_concern(people: People) -> None:
    await people.capture(None)


async def the_alerts(people: People) -> None:
    await people.do("GET", "/notifications/v1/alerts", 200, role="duty")


async def the_figures(people: People) -> None:
    await people.figures("walks")


WORKS: dict[str, Act] = {
    "booking": a_walk,
    "concerns": a_concern,
    "notifications": the_alerts,
    "reporting": the_figures,
}


async def caught_up(people: People, measure: str, expected: int) -> None:
    """Wait until a figure is just so much, which is what happened and no more."""
    await until(
        lambda: people.figures_become(measure, Counter({(): expected})), PATIENCE, every=0.2
    )


async def total(people: People, measure: str) -> int:
    return (await people.figures(measure))[()]


async def test_each_service_killed_in_turn_leaves_the_others_working_and_misses_nothing(
    installation: Installation, people: People
) -> None:
    walked, said = await settled(people, "walks"), await settled(people, "concerns")
    for victim in SERVICES:
        await installation.kill(victim)
        for name in SERVICES:
            if name != victim:
                await WORKS[name](people)
        await installation.start(victim)
        await WORKS[victim](people)
    await caught_up(people, "walks", walked + len(SERVICES))
    await caught_up(people, "concerns", said + len(SERVICES))


async def test_every_booking_is_answered_while_kafka_is_stopped_and_every_event_arrives(
    installation: Installation, people: People
) -> None:
    walked = await settled(people, "walks")
    before = first_occurrences(await installation.records(walks.INTERNAL))
    await people.walk_one()
    await installation.node.stop()
    walk_ids: list[str] = []
    for _ in range(BOOKINGS):
        asked = time.monotonic()
        walk_ids.append(await people.walk_one())
        assert time.monotonic() - asked < 5
    await installation.node.start()
    await caught_up(people, "walks", walked + BOOKINGS + 1)
    await arrived_once_and_in_order(installation, dict.fromkeys(walk_ids, 2))
    after = first_occurrences(await installation.records(walks.INTERNAL))
    assert len(after) == len(before) + BOOKINGS + 1


async def arrived_once_and_in_order(installation: Installation, events: dict[str, int]) -> None:
    """Read the topic back with another client: each key's events are 1, 2 ... and none twice."""
    records = await installation.records(walks.INTERNAL)
    for key, number in events.items():
        found = [record.sequence for record in records if record.key == key]
        assert found == list(range(1, number + 1))


async def test_kafkas_data_thrown_away_and_republished_leaves_the_figures_as_they_were(
    installation: Installation, people: People
) -> None:
    walk_id = await people.walk_one()
    await people.capture(walk_id)
    walked, said = await settled(people, "walks"), await settled(people, "concerns")
    await installation.node.wipe()
    await installation.node.start()
    await asyncio.gather(*(say_all_again(installation, name) for name in SAYING))
    others = await people.walk_one()
    await people.capture(others)
    await caught_up(people, "walks", walked + 1)
    await caught_up(people, "concerns", said + 1)
    again = first_occurrences(await installation.records(walks.INTERNAL))
    assert again[walk_id] == [1, 2]
    assert len(again) >= walked
    assert await installation.records(concerns.INTERNAL)


async def say_all_again(installation: Installation, name: str) -> None:
    """What an operator does for a service once Kafka has come back empty."""
    words = ("topics", "apply"), ("events", "republish", "--since", "2020-01-01T00:00:00Z")
    for each in words:
        done = await installation.command(name, *each)
        assert done.returncode == 0, done


async def settled(people: People, measure: str) -> int:
    """A figure once it has stopped moving for a second."""
    seen = [await total(people, measure)]

    async def still() -> bool:
        await asyncio.sleep(1)
        seen.append(await total(people, measure))
        return seen[-1] == seen[-2]

    await until(still, 30)
    return seen[-1]


async def test_an_overdue_walk_raises_an_alert_while_kafka_is_stopped(
    installation: Installation, people: People
) -> None:
    walk_id = await people.book_one(team="Impatient", begins_in=timedelta(seconds=4), minutes=1)
    await installation.node.stop()
    try:
        due_in = 4 + GRACE_SECONDS
        alert = await until(lambda: people.alert_of(walk_id), due_in + ALERT_SECONDS)
        assert alert
        assert alert["missing"] == "start"
        assert alert["state"] in ("raised", "escalated")
        acknowledged = await people.do(
            "POST", f"/notifications/v1/alerts/{alert['id']}/acknowledge", 200, role="duty"
        )
        assert acknowledged["acknowledged"]["name"] == "Lena Marsh"
    finally:
        await installation.node.start()
    await until(lambda: is_told(installation, walk_id, "overdue"), PATIENCE, every=0.5)
    await until(lambda: installation.has_caught_up("notifications"), PATIENCE, every=0.2)
    found = await people.do("GET", "/notifications/v1/alerts", 200, role="duty")
    assert [each["walk_id"] for each in found["items"]].count(walk_id) == 1


async def is_told(installation: Installation, walk_id: str, what: str) -> bool:
    """Whether the internal topic says so of a walk."""
    kind = f"uk.walkandtalk.walk.{what}.v1"
    records = await installation.records(walks.INTERNAL)
    return any(each.key == walk_id and each.headers["ce_type"] == kind for each in records)


async def test_with_kafka_and_notifications_down_the_duty_list_of_booking_shows_the_walk(
    installation: Installation, people: People
) -> None:
    walk_id = await people.book_one(team="Impatient", begins_in=timedelta(seconds=3), minutes=1)
    await installation.node.stop()
    await installation.kill("notifications")
    try:

        async def shown() -> bool:
            return walk_id in await people.duty_list()

        await until(shown, 3 + GRACE_SECONDS + ALERT_SECONDS)
    finally:
        await installation.start("notifications")
        await installation.node.start()
    await until(lambda: people.alert_of(walk_id), ALERT_SECONDS)
