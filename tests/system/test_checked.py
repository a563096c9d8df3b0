"""People at work for a few seconds, nothing breaks: the checker that trusts nothing finds nothing."""

from collections.abc import Sequence
from pathlib import Path

from tests.faults.checker import at_rest, check
from tests.faults.clients import Clients
from tests.faults.gathering import evidence_of
from tests.faults.history import Call, History
from tests.infra import until
from tests.system.installation import Installation

SECONDS = 6
SEED = 4


async def test_the_checker_finds_nothing_where_nothing_broke(
    installation: Installation, tmp_path: Path
) -> None:
    history = History(tmp_path / "calls.jsonl")
    async with Clients.open(installation, history, SEED) as clients:
        for _ in range(10):  # on a slow machine a turn may meet no refusal, or nobody overdue
            await clients.work(SECONDS)
            if met(history.calls()):
                break
        planted = clients.planted

    async def rests() -> bool:
        evidence = await evidence_of(installation, history.calls(), planted)
        return not await at_rest(evidence)

    await until(rests, 60, every=0.5)
    found = await check(await evidence_of(installation, history.calls(), planted))
    assert found.violations == []
    assert found.counted["calls ok"] > found.counted["calls refused"] > 0
    for looked_at in ("records", "keys", "mails", "facts", "alerts", "capture windows"):
        assert found.counted[looked_at] > 0, looked_at


def met(calls: Sequence[Call]) -> bool:
    """Whether somebody was refused something, and an alert was taken on."""
    refused = any(call.outcome == "refused" for call in calls)
    return refused and any(call.path.endswith("/acknowledge") for call in calls)
