"""Where violations and counts are gathered while the checker looks.

Invariant: however many violations there are, all are counted and only the first of each kind are told.
"""

from collections import Counter

from tests.faults.checker.evidence import Findings, Invariant, Violation

TOLD = 20


class Gathered:
    """Violations so far; of one kind (invariant and where) the first few in words."""

    def __init__(self) -> None:
        self.counted: Counter[str] = Counter()
        self._violations: list[Violation] = []
        self._kinds: Counter[tuple[str, str]] = Counter()

    def add(self, invariant: Invariant, where: str, what: str) -> None:
        """Note one violation."""
        self.counted[f"violations of {invariant}"] += 1
        self._kinds[invariant, where] += 1
        if self._kinds[invariant, where] <= TOLD:
            self._violations.append(Violation(invariant, f"{where}: {what}"))

    def findings(self) -> Findings:
        """What was found, in the order of the invariants."""
        told = sorted(self._violations, key=lambda each: each.invariant)
        return Findings(told, dict(self.counted))
