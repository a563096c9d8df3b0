"""A pytest plugin for the copies: writes what each phase of each test came to, one JSON line each.

Invariant: it says where the sources came from before any test runs.
"""

import json
import os
from collections.abc import Generator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.sources import PACKAGES


def _write(line: dict[str, Any]) -> None:
    with Path(os.environ["MUTANTS_REPORT"]).open("a") as report:
        report.write(json.dumps(line) + "\n")


def pytest_sessionstart() -> None:
    """Say which sources are under test."""
    files = {name: str(import_module(name).__file__) for name in (*PACKAGES, "tests.sources")}
    _write({"imported": {name: str(Path(file).resolve()) for name, file in files.items()}})


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: "pytest.CallInfo[None]"
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say what a phase came to, and for a failure what was raised and through which files."""
    report = yield
    line: dict[str, Any] = {"test": item.nodeid, "phase": report.when, "outcome": report.outcome}
    if call.excinfo is not None and report.failed:
        root = item.config.rootpath
        paths = [Path(str(entry.path)) for entry in call.excinfo.traceback]
        line["is_assertion"] = issubclass(call.excinfo.type, AssertionError)
        line["kind"] = call.excinfo.type.__name__
        line["words"] = str(call.excinfo.value).strip()[:300]
        line["through"] = [
            str(path.relative_to(root)) for path in paths if path.is_relative_to(root)
        ]
    _write(line)
    return report
