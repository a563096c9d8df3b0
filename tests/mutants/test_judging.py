"""What is a catch and what is not; and that the catalogue still fits the code."""

from pathlib import Path
from typing import Any

import pytest

from tests.factories import ROOT
from tests.mutants import catalogue
from tests.mutants.catalogue import Change, DoesNotApply, Mutant
from tests.mutants.copies import Run
from tests.mutants.judging import judge, not_green

TEST = "tests/shared/test_x.py"


def failed(**changes: Any) -> dict[str, Any]:
    """A report of a test whose own assertion has failed."""
    usual = {
        "test": f"{TEST}::test_a",
        "phase": "call",
        "outcome": "failed",
        "is_assertion": True,
        "kind": "AssertionError",
        "words": "assert 1 == 2",
        "through": [TEST],
    }
    return usual | changes


def passed(name: str = "test_a", phase: str = "call") -> dict[str, Any]:
    return {"test": f"{TEST}::{name}", "phase": phase, "outcome": "passed"}


WAIT = {"is_assertion": False, "kind": "Failed", "words": "still False after 10 s"}


@pytest.mark.parametrize(
    "report",
    [
        failed(),
        failed(is_assertion=False, kind="Failed", words="DID NOT RAISE <class 'Refusal'>"),
        failed(**WAIT, through=[TEST, "tests/shared/eventpath.py", "tests/infra.py"]),
    ],
)
def test_an_assertion_a_refusal_missed_or_a_wait_that_ran_out_is_a_catch(
    report: dict[str, Any],
) -> None:
    verdict = judge(Run([passed(phase="setup"), report], "", ended=True))
    assert (verdict.caught, verdict.by) == (True, f"{TEST}::test_a")


@pytest.mark.parametrize(
    "report",
    [
        failed(phase="setup"),
        failed(phase="teardown"),
        failed(is_assertion=False, kind="ImportError"),
        failed(is_assertion=False, kind="TimeoutError"),
        failed(is_assertion=False, kind="Failed", words="odd"),
        failed(through=[TEST, "shared/src/shared/relay/queue.py"]),
        failed(**WAIT, through=[TEST, "tests/kafka_node.py", "tests/infra.py"]),
        failed(through=[]),
    ],
)
def test_any_other_failure_is_no_catch(report: dict[str, Any]) -> None:
    verdict = judge(Run([report], "", ended=True))
    assert not verdict.caught
    assert verdict.by == f"only {report['kind']} in {report['phase']}"


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (Run([passed()], "", ended=True), "SURVIVED"),
        (Run([passed(phase="setup")], "", ended=False), "never ended"),
        (Run([], "ERROR collecting", ended=True), "no test ran"),
    ],
)
def test_what_fails_nothing_is_no_catch(run: Run, said: str) -> None:
    assert (judge(run).caught, judge(run).by) == (False, said)


def test_a_test_that_is_skipped_fails_or_does_not_run_is_no_ground_to_judge_on() -> None:
    names = [f"{TEST}::{name}" for name in ("test_a", "test_b", "test_c", "test_d", "test_e")]
    reports = [
        passed("test_a"),
        {"test": names[1], "phase": "setup", "outcome": "skipped"},
        failed(test=names[2]),
        passed("test_e[one]"),
        passed("test_e[two]"),
    ]
    assert not_green(Run(reports, "", ended=True), names) == names[1:4]


@pytest.mark.parametrize("text", ["", "a fence", "the fence the fence"])
def test_a_mutant_that_does_not_fit_just_once_does_not_apply(tmp_path: Path, text: str) -> None:
    (tmp_path / "code.py").write_text(text)
    mutant = Mutant("one", "a fence", [TEST], [Change("code.py", "the fence", "")])
    with pytest.raises(DoesNotApply):
        catalogue.apply(mutant, tmp_path)
    assert (tmp_path / "code.py").read_text() == text


def test_the_catalogue_fits_the_code_and_names_tests_that_there_are() -> None:
    for mutant in catalogue.load():
        changed = catalogue.changed(mutant, ROOT)
        assert changed, mutant.name
        for path, text in changed.items():
            assert text != path.read_text(), mutant.name
            if path.suffix == ".py":
                compile(text, str(path), "exec")
        assert mutant.tests, mutant.name
        missing = [test for test in mutant.tests if not catalogue.is_there(test, ROOT)]
        assert not missing, mutant.name


def test_every_catalogue_file_is_read() -> None:
    assert sorted(path.stem for path in catalogue.CATALOGUE.iterdir()) == sorted(catalogue.FILES)


@pytest.mark.parametrize(
    ("test", "there"),
    [
        ("tests/mutants/test_judging.py::test_every_catalogue_file_is_read", True),
        ("tests/mutants/test_judging.py::test_nothing", False),
        ("tests/mutants/test_nothing.py::test_nothing", False),
    ],
)
def test_a_test_that_is_not_there_is_noticed(test: str, *, there: bool) -> None:
    assert catalogue.is_there(test, ROOT) is there
