"""``python -m tests.faults.report``: writes REPORT.md from runs.jsonl and found.toml.

Invariant: every number in it comes from a run; what is written by hand (found.toml) names the commit that
mended what was found, and a finding without one is an open one.
"""

import json
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from tests.faults.families import FAMILIES
from tests.faults.schedule import RUNS

HERE = Path(__file__).parent
FOUND = HERE / "found.toml"
REPORT = HERE / "REPORT.md"

Runs = Sequence[dict[str, Any]]

INVARIANTS = {
    "I1": "what was committed is on its topic",
    "I2": "what is on a topic was committed",
    "I3": "per topic and key, first occurrences are 1, 2, 3 ...",
    "I4": "each effect in our databases exactly once; no mail missing, none twice but where we died sending",
    "I5": "a parked key never overtakes itself, and no other key waits for it",
    "I6": "after the fault heals lag is 0 without hands",
    "I7": "a call that was asked again has one effect, and an answered one has it",
    "I8": "figures rebuilt are the live figures",
    "I9": "no planted personal string anywhere",
}
NOT_COVERED = (
    "Clocks that jump, full disks, a failover of PostgreSQL to a replica, and a restore to a point in time.",
    "More than one machine: the network between processes is the loopback, and what a proxy does to it.",
    "Power loss: PostgreSQL ran without fsync, Kafka with the page cache; what was killed were processes.",
    "The shared topics' held-back events, beyond their being held back: hours pass before they are due.",
    "Order in a topic that was deleted and made again beside a working relay, for who reads it from its start.",
    "Runs of hours or days.",
)


def render(runs: Runs, found: Sequence[dict[str, str]]) -> str:
    """The whole report."""
    parts = [_head(runs), _runs(runs), _families(runs), _recoveries(runs), _judged(runs)]
    return "\n\n".join([*parts, _found(found), _open(runs), _uncovered()]) + "\n"


def _head(runs: Runs) -> str:
    events = sum(run["counted"].get("events committed", 0) for run in runs)
    records = sum(run["counted"].get("records", 0) for run in runs)
    faults = sum(len(each) for run in runs for each in run["families"].values())
    broken = sum(len(run["violations"]) for run in runs)
    minutes = sum(run["minutes"] for run in runs)
    return f"""# Faults: what was tried and what was found

Written by `python -m tests.faults.report` from `runs.jsonl`, one line a run of `make faults`; no number is
typed in. Four services as twelve processes (an api and two workers each) on one machine, with a Kafka and a
PostgreSQL of their own, under the load of clients over HTTP and of captured concerns, while faults happen
one after the other. Then the load ends, the system is left alone until nothing is under way, and a checker
that shares no code with the product reads the clients' histories, the databases, and every topic from its
first record with another client.

**{len(runs)} runs, {minutes:g} minutes, {faults:,} faults, {events:,} events committed, {records:,} records read back,
{broken} violations.**"""


def _runs(runs: Runs) -> str:
    rows = [
        (
            run["began"],
            run["seed"],
            f"{run['minutes']:g}",
            run["nodes"],
            f"{run['counted'].get('events committed', 0):,}",
            f"{run['events_a_second']:g}",
            sum(len(each) for each in run["families"].values()),
            f"{run['rest_seconds']:g}",
            len(run["violations"]),
            ", ".join(f"{name} {number}" for name, number in run["versions"].items()),
            run["machine"],
        )
        for run in runs
    ]
    head = ("began", "seed", "minutes", "Kafka nodes", "events", "events/s", "faults")
    more = ("s to rest", "violations", "versions", "machine")
    return f"## Runs\n\n{_table((*head, *more), rows)}"


def _families(runs: Runs) -> str:
    times: Counter[str] = Counter()
    for run in runs:
        times.update({name: len(each) for name, each in run["families"].items()})
    rows = [(name, times[name]) for name in FAMILIES if times[name]]
    never = "; ".join(name for name in FAMILIES if not times[name])
    text = f"## Faults\n\n{_table(('family', 'times'), rows)}"
    return text + (f"\n\nNever drawn: {never}." if never else "")


def _recoveries(runs: Runs) -> str:
    taken: dict[str, list[float]] = {}
    for run in runs:
        for name, seconds in run["recoveries"].items():
            taken.setdefault(name, []).extend(seconds)
    rows = [
        (name, len(each), f"{median(each):.1f}", f"{max(each):.1f}")
        for name, each in sorted(taken.items())
    ]
    text = f"## How long until it was over\n\n{_table(('from -> to', 'times', 'median s', 'most s'), rows)}"
    rates = [(inflow, drained) for run in runs for inflow, drained in run["rates"]]
    if rates:
        listed = ", ".join(f"{inflow:g} -> {drained:g}" for inflow, drained in rates)
        text += f"\n\nOutages of Kafka, events a second coming in meanwhile -> going out afterwards: {listed}."
    return text


def _judged(runs: Runs) -> str:
    counted: Counter[str] = Counter()
    for run in runs:
        counted.update(run["counted"])
    broken = Counter(line.split(" ", 1)[0] for run in runs for line in run["violations"])
    promises = [(name, words, broken[name]) for name, words in INVARIANTS.items()]
    looked = [(name, f"{number:,}") for name, number in sorted(counted.items())]
    return (
        f"## Promises\n\n{_table(('', 'promise', 'violations'), promises)}"
        f"\n\nLooked at, over all runs:\n\n{_table(('what', 'number'), looked)}"
    )


def _found(found: Sequence[dict[str, str]]) -> str:
    rows = [
        (each["what"], each["by"], each.get("mended", "**open**"), each["how"]) for each in found
    ]
    return f"## Found, and how it was mended\n\n{_table(('what', 'by', 'commit', 'how'), rows)}"


def _open(runs: Runs) -> str:
    lines = [f"- seed {run['seed']}: {line}" for run in runs for line in run["violations"]]
    notes = [
        f"- seed {run['seed']}: {line}"
        for run in runs
        for line in run["notes"]
        if not line.startswith("kept: ")
    ]
    said = "\n".join(lines) or "None."
    return f"## Violations in these runs\n\n{said}" + (
        "\n\nNoted:\n\n" + "\n".join(notes) if notes else ""
    )


def _uncovered() -> str:
    return "## Not covered\n\n" + "\n".join(f"- {each}" for each in NOT_COVERED)


def _table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    names = list(head)
    lines = [names, ["---"] * len(names), *([str(each) for each in row] for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def main() -> None:
    """Write it."""
    runs = [json.loads(line) for line in RUNS.read_text().splitlines()] if RUNS.exists() else []
    found = tomllib.loads(FOUND.read_text()).get("found", [])
    REPORT.write_text(render(runs, found))


if __name__ == "__main__":
    main()
