"""The report says what runs.jsonl holds and nothing else; what was found and not mended shows as open."""

import json
from dataclasses import asdict

from tests.faults.report import render
from tests.faults.schedule import Run, as_line


def a_run(**changes: object) -> Run:
    run = Run(7, 30, 3, began="2027-01-12T18:00:00+00:00", machine="2 cores")
    run.families = {"zombie": [20.1, 22.0], "worker killed": [9.0]}
    run.recoveries = {"consumer killed -> taken over": [13.0, 15.0, 20.0]}
    run.counted = {"events committed": 600_000, "records": 610_000}
    for name, value in changes.items():
        setattr(run, name, value)
    return run


def rendered(*runs: Run, found: list[dict[str, str]] | None = None) -> str:
    return render([json.loads(as_line(run)) for run in runs], found or [])


def test_what_runs_hold_is_added_up() -> None:
    text = rendered(a_run(), a_run(seed=8))
    assert "**2 runs, 60 minutes, 6 faults, 1,200,000 events committed" in text
    assert "0 violations.**" in text
    assert "| zombie | 4 |" in text
    assert "| consumer killed -> taken over | 6 | 15.0 | 20.0 |" in text


def test_a_violation_is_counted_by_its_promise_and_told_with_its_seed() -> None:
    text = rendered(a_run(violations=["I3 internal.booking.walks.v1: key k: 3 after 1"]))
    assert "1 violations.**" in text
    assert "3 ... | 1 |" in text
    assert "- seed 7: I3 internal.booking.walks.v1: key k: 3 after 1" in text


def test_families_that_never_happened_are_named() -> None:
    never = rendered(a_run()).partition("Never drawn: ")[2].partition("\n")[0]
    assert "killed before commit; killed after commit;" in never
    assert "zombie" not in never


def test_a_finding_without_a_commit_is_open() -> None:
    mended = {"what": "a", "by": "seed 1", "how": "b", "mended": "relay: c"}
    text = rendered(a_run(), found=[mended, {"what": "d", "by": "seed 2", "how": "-"}])
    assert "| a | seed 1 | relay: c | b |" in text
    assert "| d | seed 2 | **open** | - |" in text


def test_a_line_is_all_of_a_run() -> None:
    run = a_run(rates=[(10, 40)])
    assert json.loads(as_line(run)) == json.loads(json.dumps(asdict(run)))
