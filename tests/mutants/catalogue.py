"""The mutants: each takes one fence out of the code, and names the tests that must notice.

Invariant: a mutant whose text is not found exactly once does not apply, and that is an error: the
code has moved on, and the mutant must follow.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CATALOGUE = Path(__file__).parent / "catalogue.toml"


class DoesNotApply(Exception):
    """A mutant's text is not in its file, or is there more than once."""


@dataclass(frozen=True, slots=True)
class Change:
    """One replacement in one file; ``before`` stands there exactly once."""

    file: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Mutant:
    """A fence taken out: ``fence`` says what it keeps, ``tests`` which node ids must catch it."""

    name: str
    fence: str
    tests: Sequence[str]
    changes: Sequence[Change]


def load(path: Path = CATALOGUE) -> list[Mutant]:
    """Every mutant of the catalogue, in its order."""
    found = [_mutant(entry) for entry in tomllib.loads(path.read_text())["mutant"]]
    names = [mutant.name for mutant in found]
    if len(names) != len(set(names)):
        raise ValueError("two mutants of one name")
    return found


def _mutant(entry: dict[str, Any]) -> Mutant:
    changes = [Change(**change) for change in entry["change"]]
    return Mutant(entry["name"], entry["fence"], entry["tests"], changes)


def apply(mutant: Mutant, tree: Path) -> None:
    """Change the copy at ``tree``. Raises DoesNotApply."""
    for change in mutant.changes:
        path = tree / change.file
        text = path.read_text() if path.is_file() else ""
        number = text.count(change.before)
        if number != 1:
            raise DoesNotApply(f"{change.file} has its text {number} times")
        path.write_text(text.replace(change.before, change.after))
