"""I9: no planted string anywhere.

Invariant: every byte that a stranger could read is searched, in blocks, for every planted string.
"""

import json
from collections.abc import Sequence

from tests.faults.checker.evidence import Evidence
from tests.faults.checker.findings import Gathered


class Planted:
    """The strings that must be nowhere."""

    def __init__(self, strings: Sequence[str], gathered: Gathered) -> None:
        self._strings = {each: each.encode() for each in strings}
        self._gathered = gathered

    def look(self, where: str, block: bytes) -> None:
        """Search one block."""
        for string, sought in self._strings.items():
            if sought in block:
                self._gathered.add("I9", where, f"holds the planted {string!r}")

    def look_in_texts(self, evidence: Evidence) -> None:
        """Search logs, metrics pages, and the bodies of all that was refused or failed."""
        for name, text in evidence.texts.items():
            self.look(name, text.encode())
        problems = [
            json.dumps(call.answer, ensure_ascii=False)
            for call in evidence.calls
            if call.outcome != "ok" and call.answer is not None
        ]
        self.look("the bodies of problems", "\n".join(problems).encode())
        self._gathered.counted["texts searched"] += len(evidence.texts)
