"""CI goes with the real things or not at all: where one is missing, the session ends and says which."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REFUSED = 3
# What asks for the session's Kafka, and what asks for a node of its own.
ON_KAFKA = "tests/shared/test_kafka_clients.py"
ON_ITS_OWN = "tests/shared/test_relay_faults.py::test_a_missing_topic_holds_back_only_its_own_rows"


def run_on(path: Path, what: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run some tests with nothing but what lies in a folder."""
    kept = {name: said for name, said in os.environ.items() if not name.startswith("KAFKA_")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", what],
        cwd=ROOT,
        env={**kept, "PATH": str(path), **more},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder of programs where a browser and promtool seem to be, and no engine, Java or Maven."""
    for name in ("chromium", "promtool"):
        (tmp_path / name).touch(0o700)
    return tmp_path


def test_ci_does_not_go_without_a_browser(tmp_path: Path) -> None:
    ended = run_on(tmp_path, "tests/architecture/test_sizes.py", CI="true")
    assert (ended.returncode, "no Chromium" in ended.stdout + ended.stderr) == (REFUSED, True)


def test_ci_does_not_go_without_a_real_kafka(bare: Path) -> None:
    ended = run_on(bare, ON_KAFKA, CI="true")
    assert (ended.returncode, "no real Kafka" in ended.stdout + ended.stderr) == (REFUSED, True)


def test_elsewhere_it_says_loudly_that_there_was_none(bare: Path) -> None:
    ended = run_on(bare, ON_KAFKA, CI="")
    assert "NO REAL KAFKA" in ended.stdout
    assert "has NOT been shown on Kafka" in ended.stdout


def test_ci_does_not_go_without_a_kafka_to_stop_and_wipe(bare: Path) -> None:
    ended = run_on(bare, ON_ITS_OWN, CI="true")
    said = "no Kafka to stop and wipe" in ended.stdout + ended.stderr
    assert (ended.returncode, said) == (REFUSED, True)
