"""What clients make of an answer, and captures that a killed client left half way."""

from functools import partial
from pathlib import Path

import asyncpg
import pytest

from tests.conftest import FreshDatabase
from tests.faults.checker import calls
from tests.faults.checker.findings import Gathered
from tests.faults.clients import outcome_of, unanswered
from tests.faults.history import History, Outcome
from tests.faults.volume import volume
from tests.infra import until

RUNNING = {"type": "https://walkandtalk.uk/problems/still-running"}
TAKEN = {"type": "https://walkandtalk.uk/problems/slot-taken"}


@pytest.mark.parametrize(
    ("status", "said", "outcome"),
    [
        (201, {"id": "1"}, "ok"),
        (409, TAKEN, "refused"),
        (422, {}, "refused"),
        (409, RUNNING, "unknown"),
        (401, {}, "unknown"),
        (429, {}, "unknown"),
        (500, {}, "unknown"),
        (503, {}, "unknown"),
    ],
)
def test_only_an_answer_that_settles_the_matter_ends_the_asking(
    status: int, said: dict[str, str], outcome: Outcome
) -> None:
    assert outcome_of(status, said) == outcome


async def test_captures_of_a_killed_client_are_asked_again_and_kept_once(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    url, file = await fresh_database("concerns"), tmp_path / "calls.jsonl"
    history = History(file)
    of_this = partial(volume, database=url, history=file, log=tmp_path / "volume.log", seed=1)
    killed = of_this(seconds=60)
    killed.start()
    await until(lambda: sum(call.outcome == "ok" for call in history.calls()) > 20, 30, every=0.1)
    await killed.kill()
    assert unanswered(history.calls())  # four tasks: one at least was waiting
    settling = of_this(seconds=0)
    settling.start()
    await until(lambda: not settling.alive, 30, every=0.1)
    assert not unanswered(history.calls()), settling.log.read_text()
    connection = await asyncpg.connect(url)
    gathered = Gathered()
    await calls.judge({"concerns": connection}, history.calls(), gathered)
    kept = await connection.fetchval("select count(*) from concern")
    await connection.close()
    assert gathered.findings().violations == []
    assert kept == gathered.counted["keys asked with"]
