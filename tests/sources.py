"""The product's own files, as the architecture tests walk them."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.factories import ROOT, SERVICES

PACKAGES = {
    "shared": ROOT / "shared" / "src" / "shared",
    "embedded": ROOT / "deploy" / "embedded",
    **{name: ROOT / "services" / name / "src" / name for name in SERVICES},
}


def files(*packages: str) -> Iterator[Path]:
    """Every Python file of the named packages, of all of them when none is named."""
    for package in packages or PACKAGES:
        yield from sorted(PACKAGES[package].rglob("*.py"))


@cache
def tree(path: Path) -> ast.Module:
    """The parsed file."""
    return ast.parse(path.read_text())


def module_name(package: str, path: Path) -> str:
    """The dotted name of a file: ``booking.store.walks``."""
    steps = path.relative_to(PACKAGES[package]).with_suffix("").parts
    return ".".join([package, *(step for step in steps if step != "__init__")])
