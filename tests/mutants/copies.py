"""Copies of the tree to be changed and thrown away, and how tests are run in one.

Invariant: in a copy only the copy's own sources are imported, whatever the virtual environment points
to; what was imported is in the report, and a run that used other sources counts for nothing.
"""

import asyncio
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.factories import ROOT
from tests.mutants import forked
from tests.sources import PACKAGES

LIMIT_SECONDS = 120
# Made, not written, and needed by some tests: Kafka's jars, and what the pages look like.
MADE = (".tools", "shared/src/shared/pages/assets")
TRACKED = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
PYTEST = (
    *("-q", "-x", "-p", "no:cacheprovider", "-p", "tests.mutants.witness", "--tb=short"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),  # of the libraries imported before
)
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(list(forked.LIBRARIES))


@dataclass(frozen=True, slots=True)
class Run:
    """What a run of tests left behind: the witness's reports, its output, and whether it ended."""

    reports: Sequence[Mapping[str, Any]]
    output: str
    ended: bool


class ForeignSources(Exception):
    """A run has imported other sources than those of its copy."""


def snapshot(to: Path) -> None:
    """Copy every file of the working tree that is not ignored; what is made is linked."""
    to.mkdir(parents=True)
    listed = subprocess.run(TRACKED, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)
    for name in MADE:
        if (ROOT / name).exists() and not (to / name).exists():
            (to / name).symlink_to(ROOT / name)


def clone(snapshot: Path, to: Path) -> None:
    """Another copy of a snapshot."""
    shutil.copytree(snapshot, to, symlinks=True)


def discard(tree: Path) -> None:
    """Throw a copy away."""
    shutil.rmtree(tree, ignore_errors=True)


async def run_tests(tree: Path, tests: Sequence[str], servers: Mapping[str, str]) -> Run:
    """Run tests in a copy until the first that fails. Raises ForeignSources."""
    if not tests:
        return Run([], "", ended=True)
    report, output = tree.with_suffix(".jsonl"), tree.with_suffix(".txt")
    environment = _environment(tree, report) | dict(servers)
    process = FORKS.Process(
        target=forked.run, args=(tree, output, [*PYTEST, *tests], environment), daemon=True
    )
    process.start()
    await asyncio.to_thread(process.join, LIMIT_SECONDS * len(tests))
    ended = process.exitcode is not None
    assert process.pid is not None
    with suppress(ProcessLookupError):  # whatever it has started ends with it
        os.killpg(process.pid, signal.SIGKILL)
    await asyncio.to_thread(process.join)
    said = output.read_text(errors="replace") if output.exists() else ""
    return Run(_read(report, tree), said, ended)


def _environment(tree: Path, report: Path) -> dict[str, str]:
    """This process's environment, with the copy's sources before all others."""
    folders = dict.fromkeys(str(tree / path.parent.relative_to(ROOT)) for path in PACKAGES.values())
    path = os.pathsep.join([*folders, str(tree)])
    return dict(os.environ) | {"PYTHONPATH": path, "MUTANTS_REPORT": str(report)}


def _read(report: Path, tree: Path) -> list[dict[str, Any]]:
    lines = report.read_text().splitlines() if report.exists() else []
    found = [json.loads(line) for line in lines]
    for sources in (line["imported"] for line in found if "imported" in line):
        for name, file in sources.items():
            if not Path(file).is_relative_to(tree.resolve()):
                raise ForeignSources(f"{name} came from {file}")
    return [line for line in found if "imported" not in line]
