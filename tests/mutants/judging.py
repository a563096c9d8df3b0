"""What counts as a catch.

Invariant: a mutant is caught only by a named test that ran and found messages, rows or answers to be
wrong: an assertion of the test's own, a refusal that it waited for in vain, or a wait with a deadline
that ran out. A fault in a fixture, an import, another exception, or a run that never ended catches
nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.mutants.copies import Run

Report = Mapping[str, Any]

WAITING = "tests/infra.py"  # until(): a poll with a deadline
NOT_REFUSED = "DID NOT RAISE"  # what pytest.raises says
STARTING = "tests/kafka_node.py"  # a Kafka that does not come up is no answer of ours


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a mutant was caught; ``by`` is the test, or what happened instead."""

    caught: bool
    by: str
    words: str = ""


def is_catch(report: Report) -> bool:
    """Whether a test itself found something wrong."""
    if report["phase"] != "call" or report["outcome"] != "failed":
        return False
    through = report["through"]
    if not through or STARTING in through:
        return False
    if report["is_assertion"] or report["words"].startswith(NOT_REFUSED):
        return through[-1].startswith("tests/")
    return report["kind"] == "Failed" and through[-1] == WAITING


def judge(run: Run) -> Verdict:
    """What a run in a mutant's copy has shown."""
    failed = [report for report in run.reports if report["outcome"] == "failed"]
    for report in failed:
        if is_catch(report):
            return Verdict(True, report["test"], report["words"])
    if failed:
        first = failed[0]
        return Verdict(False, f"only {first['kind']} in {first['phase']}", first["words"])
    if not run.ended:
        return Verdict(False, "never ended")
    if not run.reports:
        return Verdict(False, "no test ran", run.output[-300:])
    return Verdict(False, "SURVIVED")


def not_green(run: Run, tests: Sequence[str]) -> list[str]:
    """The named tests that do not pass, or do not run, while nothing has been changed."""
    outcomes: dict[str, set[str]] = {}
    for report in run.reports:
        outcomes.setdefault(report["test"], set()).add(report["outcome"])
    passed = {test for test, found in outcomes.items() if found == {"passed"}}
    bad = outcomes.keys() - passed
    return [test for test in tests if not _of(test, passed) or _of(test, bad)]


def _of(test: str, found: set[str]) -> list[str]:
    """The runs of a named test: itself, or its cases where it is one of many."""
    return [each for each in found if each == test or each.startswith(f"{test}[")]
