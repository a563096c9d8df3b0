"""Rounds, medians and ratios.

Invariant: contestants of one row take turns within each round, and a ratio is taken inside a round, so
that what else the machine does falls on both.
"""

import math
import os
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

ROUNDS = int(os.environ.get("ROUNDS", "5"))

Round = dict[str, float]
Contest = Callable[[], Awaitable[Round]]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: what was measured, against what, and what it must and should be.

    ``values`` holds one number a round, the median of which is judged: a ratio to the yardstick where
    ``unit`` is ``x``, else the number itself. ``upward``: more is better.
    """

    name: str
    work: str
    yardstick: str
    unit: str
    values: Sequence[float]
    must: float | None = None
    aim: float | None = None
    upward: bool = True
    note: str = ""
    rounds: Sequence[Mapping[str, Any]] = field(default_factory=tuple[Mapping[str, Any], ...])

    @property
    def median(self) -> float:
        """The number that is judged."""
        return statistics.median(self.values)

    @property
    def least(self) -> float:
        """The smallest of the rounds."""
        return min(self.values)

    @property
    def most(self) -> float:
        """The largest of the rounds."""
        return max(self.values)

    def medians(self) -> dict[str, Round]:
        """Of each contestant the median of each of its numbers; of rows without contestants nothing."""
        found: dict[str, Round] = {}
        for name, first in self.rounds[0].items() if self.rounds else ():
            if isinstance(first, dict):
                numbers: Round = first
                found[name] = {
                    key: statistics.median(each[name][key] for each in self.rounds)
                    for key in numbers
                }
        return found

    def reaches(self, bound: float | None) -> bool:
        """Whether the median is at least as good as a bound."""
        if bound is None:
            return True
        return self.median >= bound if self.upward else self.median <= bound


async def in_turn(
    contestants: Mapping[str, Contest], rounds: int = ROUNDS, *, title: str = ""
) -> list[dict[str, Round]]:
    """Let each contestant run once a round; the first of a round is another one each time."""
    names = list(contestants)
    found: list[dict[str, Round]] = []
    for nth in range(rounds):
        order = names[nth % len(names) :] + names[: nth % len(names)]
        this = {name: await contestants[name]() for name in order}
        found.append({name: this[name] for name in names})
        said = ", ".join(f"{name} {_brief(this[name])}" for name in names)
        say(f"  {title} {nth + 1}/{rounds}: {said}")
    return found


def ratios(found: Sequence[Mapping[str, Round]], ours: str, other: str, of: str) -> list[float]:
    """Ours to the other's, round by round."""
    return [each[ours][of] / each[other][of] for each in found]


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which that share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]


def say(line: str) -> None:
    """Tell whoever waits."""
    print(f"[{time.strftime('%H:%M:%S')}] {line}", file=sys.stderr, flush=True)


def _brief(values: Round) -> str:
    return " ".join(f"{name}={value:,.4g}" for name, value in values.items())
