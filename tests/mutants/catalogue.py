"""The mutants: each takes one fence out of the code, and names the tests that must notice.

Invariant: a mutant whose text is not found exactly once does not apply, and that is an error: the
code has moved on, and the mutant must follow. So is one that names a test that there is not.
"""

import ast
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

# In the order in which an event travels, then what stands around it.
FILES = (
    "relay",
    "consumer",
    "watching",
    "plumbing",
    "access",
    "booking",
    "rosters",
    "wishes",
    "holds",
    "groups",
    "returns",
    "replans",
    "concerns",
    "notifications",
    "news",
    "reporting",
    "embedded",
)
CATALOGUE = Path(__file__).parent / "catalogue"


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


def load(folder: Path = CATALOGUE) -> list[Mutant]:
    """Every mutant of the catalogue, in its order."""
    texts = [(folder / f"{name}.toml").read_text() for name in FILES]
    found = [_mutant(entry) for text in texts for entry in tomllib.loads(text)["mutant"]]
    names = [mutant.name for mutant in found]
    if len(names) != len(set(names)):
        raise ValueError("two mutants of one name")
    return found


def _mutant(entry: dict[str, Any]) -> Mutant:
    changes = [Change(**change) for change in entry["change"]]
    return Mutant(entry["name"], entry["fence"], entry["tests"], changes)


def changed(mutant: Mutant, tree: Path) -> dict[Path, str]:
    """The files of a tree as the mutant has them. Raises DoesNotApply."""
    texts: dict[Path, str] = {}
    for change in mutant.changes:
        path = tree / change.file
        text = texts.get(path, path.read_text() if path.is_file() else "")
        number = text.count(change.before)
        if number != 1:
            raise DoesNotApply(f"{change.file} has its text {number} times")
        texts[path] = text.replace(change.before, change.after)
    return texts


def apply(mutant: Mutant, tree: Path) -> None:
    """Change the copy at ``tree``. Raises DoesNotApply, and then nothing is changed."""
    for path, text in changed(mutant, tree).items():
        path.write_text(text)


def is_there(test: str, tree: Path) -> bool:
    """Whether a tree holds the test that a node id names."""
    file, _, name = test.partition("::")
    return (tree / file).is_file() and name in _tests_in(tree / file)


@cache
def _tests_in(path: Path) -> frozenset[str]:
    body = ast.parse(path.read_text()).body
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in body if isinstance(node, kinds))
