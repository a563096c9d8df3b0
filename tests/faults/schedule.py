"""A run: an installation under load, faults one after the other as a seed draws them, then the checker.

Invariant: the same seed on the same number of nodes draws the same families with the same chances, in the
same order; how many of them happen is the machine's speed and the minutes given.
"""

import asyncio
import json
import platform
import random
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from shared.clock import now
from tests.factories import ROOT
from tests.faults.checker import Violation, check
from tests.faults.families import FAMILIES, Family
from tests.faults.ground import Ground
from tests.kafka_node import JARS

RUNS = Path(__file__).parent / "runs.jsonl"
PEOPLE = 4
BREATH_SECONDS = 2, 6
WARM_SECONDS = 5
# No fault begins so shortly before the load ends: some are over only when somebody has booked meanwhile.
LAST_SECONDS = 45

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Step:
    """One fault to come: its family, the seed of its own chance, and the breath before it."""

    family: Family
    seed: str
    breath: float


@dataclass
class Run:
    """What a run was and what came of it: one line of runs.jsonl."""

    seed: int
    minutes: float
    nodes: int
    began: str = field(default_factory=lambda: now().isoformat(timespec="seconds"))
    machine: str = ""
    versions: dict[str, str] = field(default_factory=dict[str, str])
    families: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    recoveries: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    rates: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    events_a_second: float = 0
    rest_seconds: float = 0
    counted: dict[str, int] = field(default_factory=dict[str, int])
    violations: list[str] = field(default_factory=list[str])
    notes: list[str] = field(default_factory=list[str])


def drawn(seed: int, nodes: int) -> Iterator[Step]:
    """Faults without end: every family once in some order, then all but the dear ones again, and so on."""
    chance = random.Random(f"schedule {seed}")
    bag = [family for family in FAMILIES.values() if family.nodes <= nodes]
    for round_ in range(10_000):
        chance.shuffle(bag)
        for family in bag:
            yield Step(family, f"{seed} {round_} {family.name}", chance.uniform(*BREATH_SECONDS))
        bag = [family for family in bag if not family.once]


def named(seed: int, *names: str) -> Iterator[Step]:
    """Just these, in this order."""
    for nth, name in enumerate(names):
        yield Step(FAMILIES[name], f"{seed} {nth} {name}", BREATH_SECONDS[0])


async def play(run: Run, steps: Iterator[Step], tell: Tell) -> Run:
    """Play a run to its end; what it found is in it."""
    tell(f"seed {run.seed}, {run.minutes:g} minutes, Kafka on {run.nodes} nodes")
    async with Ground.running(run.seed, run.nodes) as ground:
        run.machine, run.versions = machine(), versions()  # Kafka's jars are there by now
        run.versions["PostgreSQL"] = await version_of_postgres(ground)
        tell("up; the load begins")
        try:
            await _under_load(ground, run, steps, tell)
            left = await _judge(ground, run, tell)
        except BaseException:
            tell(f"kept: {keep(ground, run)}")
            raise
        if left or run.violations:
            run.notes.append(f"kept: {keep(ground, run)}")
    return run


async def _judge(ground: Ground, run: Run, tell: Tell) -> Sequence[Violation]:
    """Wait for rest and check; what is still under way when patience has ended."""
    tell("no more load; waiting for rest")
    began = time.monotonic()
    left = await ground.rest()
    run.rest_seconds = round(time.monotonic() - began, 1)
    tell(f"at rest after {run.rest_seconds:.0f} s; checking")
    findings = await check(await ground.evidence())
    run.counted = dict(findings.counted)
    run.violations += _told(ground, findings.violations)
    run.recoveries = {
        name: [round(each, 1) for each in taken] for name, taken in ground.recoveries.items()
    }
    run.rates = [(round(inflow), round(drained)) for inflow, drained in ground.rates]
    run.notes += ground.notes
    run.events_a_second = round(run.counted.get("events committed", 0) / (run.minutes * 60), 1)
    return left


async def _under_load(ground: Ground, run: Run, steps: Iterator[Step], tell: Tell) -> None:
    seconds = run.minutes * 60
    volume = ground.volume(seconds)
    volume.start()
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(ground.clients.work(seconds, people=PEOPLE))
            await asyncio.sleep(WARM_SECONDS)
            await _happen(ground, run, steps, seconds - WARM_SECONDS - LAST_SECONDS, tell)
        await ground.clients.settle()
        while volume.alive:
            await asyncio.sleep(0.2)
        if volume.code:
            run.violations.append(f"the load itself failed: {volume.log.read_text()[-1000:]}")
    finally:
        await volume.kill()


async def _happen(
    ground: Ground, run: Run, steps: Iterator[Step], seconds: float, tell: Tell
) -> None:
    """One fault after the other, until the time is over or there are no more."""
    deadline = time.monotonic() + seconds
    for step in steps:
        await asyncio.sleep(step.breath)
        if time.monotonic() > deadline:
            return
        began = time.monotonic()
        tell(f"{step.family.name} ...")
        try:
            await step.family.happen(ground, random.Random(step.seed))
        except (Exception, pytest.fail.Exception) as fault:  # noqa: BLE001 - said, and judged, at the end
            run.violations.append(f"{step.family.name} did not heal: {fault!r}")
            tell(run.violations[-1])
        took = time.monotonic() - began
        run.families.setdefault(step.family.name, []).append(round(took, 1))


def _told(ground: Ground, violations: Sequence[Violation]) -> list[str]:
    """Violations in words, but for an order that nobody promises."""
    return [
        f"{each.invariant} {each.what}"
        for each in violations
        if not (each.invariant == "I3" and any(topic in each.what for topic in ground.unordered))
    ]


def keep(ground: Ground, run: Run) -> str:
    """Put logs and histories aside for whoever looks for the cause; the name of the folder."""
    kept = ROOT / ".data" / "faults" / f"{run.seed}-{run.began.replace(':', '')}"
    kept.mkdir(parents=True, exist_ok=True)
    for each in (*ground.installation.folder.glob("*.log"), ground.history.file):
        (kept / each.name).write_bytes(each.read_bytes())
    (kept / "run.json").write_text(json.dumps(vars(run), indent=1))
    return str(kept.relative_to(ROOT))


def machine() -> str:
    """Where it ran, in a line."""
    gigabytes = psutil.virtual_memory().total / 2**30
    return (
        f"{psutil.cpu_count()} cores, {gigabytes:.0f} GB, {platform.system()} {platform.machine()}"
    )


def versions() -> dict[str, str]:
    """Of what ran."""
    words = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--tags"]
    found = subprocess.run(words, capture_output=True, text=True, check=False)
    return {
        "Walk and Talk": found.stdout.strip() or "unknown",
        "Python": platform.python_version(),
        "Kafka": next(JARS.glob("kafka_2*.jar")).stem.partition("-")[2],
    }


async def version_of_postgres(ground: Ground) -> str:
    """As it says itself."""
    (row,) = await ground.rows("booking", "show server_version")
    return str(row["server_version"])


def as_line(run: Run) -> str:
    """A run as runs.jsonl holds it."""
    values: dict[str, Any] = vars(run)
    return json.dumps(values, separators=(", ", ": ")) + "\n"
