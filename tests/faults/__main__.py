"""``python -m tests.faults --minutes 30 --seed 7 [--nodes 3] [FAMILY ...]``: play a run and note it.

Invariant: the seed is said first, so that a run that failed can be played again.
"""

import argparse
import asyncio
import random
import sys
import time

from tests.faults.families import FAMILIES
from tests.faults.schedule import RUNS, Run, Tell, as_line, drawn, named, play


def _tell_since(began: float) -> Tell:
    def tell(words: str) -> None:
        sys.stdout.write(f"{time.monotonic() - began:7.1f} s  {words}\n")
        sys.stdout.flush()

    return tell


def main() -> int:
    """Play, note, and say what was found; 1 where anything was."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--nodes", type=int, choices=(1, 3), default=3)
    parser.add_argument("families", nargs="*", metavar="FAMILY", help=", ".join(FAMILIES))
    chosen = parser.parse_args()
    run = Run(chosen.seed, chosen.minutes, chosen.nodes)
    by_name = named(chosen.seed, *chosen.families)
    steps = by_name if chosen.families else drawn(chosen.seed, chosen.nodes)
    tell = _tell_since(time.monotonic())
    asyncio.run(play(run, steps, tell))
    if not chosen.families:  # a chosen fault is somebody looking for a cause
        with RUNS.open("a") as lines:
            lines.write(as_line(run))
    for name, number in sorted(run.counted.items()):
        tell(f"{number:9} {name}")
    for name, seconds in run.recoveries.items():
        tell(f"{name}: {seconds} s")
    for line in (*run.notes, *run.violations, f"{len(run.violations)} violations"):
        tell(line)
    return 1 if run.violations else 0


if __name__ == "__main__":
    sys.exit(main())
