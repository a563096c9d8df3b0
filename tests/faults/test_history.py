"""A history survives whoever writes it."""

import signal
import subprocess
import sys
from pathlib import Path

from tests.factories import ROOT
from tests.faults.canary import Canary
from tests.faults.clients import unanswered
from tests.faults.history import History

DIES_WAITING = """
import os, sys
from pathlib import Path
from tests.faults.history import History

history = History(Path(sys.argv[1]))
history.answered(history.asked("a", "1", "POST", "/x", {"n": 1}), "ok", 201, {"id": "7"})
history.asked("a", "2", "POST", "/x")
os.kill(os.getpid(), 9)
"""


def test_a_client_that_is_killed_leaves_what_it_asked_as_unknown(tmp_path: Path) -> None:
    file = tmp_path / "calls.jsonl"
    died = subprocess.run([sys.executable, "-c", DIES_WAITING, str(file)], cwd=ROOT, check=False)
    assert died.returncode == -signal.SIGKILL
    answered, cut_short = History(file).calls()
    assert (answered.outcome, answered.status, answered.answer) == ("ok", 201, {"id": "7"})
    assert answered.body == {"n": 1}
    assert (cut_short.key, cut_short.outcome, cut_short.answered_at) == ("2", "unknown", None)


def test_a_line_that_was_cut_short_spoils_no_other(tmp_path: Path) -> None:
    file = tmp_path / "calls.jsonl"
    history = History(file)
    first = history.asked("a", "1", "POST", "/x")
    with file.open("ab") as half:
        half.write(b'["' + first.encode() + b'","2027-01-12T18:')
    again = History(file)
    again.answered(first, "refused", 409)
    again.asked("a", "2", "POST", "/x")
    assert [(call.key, call.outcome) for call in again.calls()] == [
        ("1", "refused"),
        ("2", "unknown"),
    ]


def test_what_nobody_answered_is_known_by_its_key_and_asked_again_once(tmp_path: Path) -> None:
    history = History(tmp_path / "calls.jsonl")
    for key, outcomes in {"1": ["unknown", "ok"], "2": ["unknown", "unknown"]}.items():
        for outcome in outcomes:
            name = history.asked("a", key, "POST", "/x")
            history.answered(name, "ok" if outcome == "ok" else "unknown")
    assert [call.key for call in unanswered(history.calls())] == ["2"]


def test_whatever_is_said_carries_something_that_is_sought() -> None:
    canary = Canary.of(3)
    assert canary == Canary.of(3)
    assert canary != Canary.of(4)
    for said in (canary.name, canary.email("x"), canary.note("x"), *map(str, canary.point)):
        assert any(sought in said for sought in canary.planted), said
