"""Ten minutes without Kafka under load: every booking is answered, and it is all made good twice as fast."""

import asyncio
import os

import pytest

from tests.faults.checker import check
from tests.faults.families.brokers import outage
from tests.faults.ground import Ground

SEED = 10
SECONDS = float(os.environ.get("OUTAGE_MINUTES", "10")) * 60
# Before and after it, in which the load goes on.
AROUND_SECONDS = 20
DRAIN_SECONDS = SECONDS / 2 + 60


@pytest.mark.soak
async def test_ten_minutes_without_kafka_lose_nothing_and_are_made_good_at_twice_the_inflow() -> (
    None
):
    async with Ground.running(SEED, nodes=1) as ground:
        seconds = 2 * AROUND_SECONDS + SECONDS + DRAIN_SECONDS
        volume = ground.volume(seconds)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(ground.clients.work(seconds))
            volume.start()
            await asyncio.sleep(AROUND_SECONDS)
            asked_before = len(ground.history.calls())
            inflow, drained = await outage(ground, SECONDS)
        await ground.clients.settle()
        assert await ground.rest() == ()
        findings = await check(await ground.evidence())
    assert findings.violations == []
    calls = ground.history.calls()[asked_before:]
    assert {call.outcome for call in calls} <= {"ok", "refused"}
    assert inflow > 1
    assert drained >= 2 * inflow, (inflow, drained)
