"""A file fits on a few screens, a function on one."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.factories import ROOT
from tests.sources import files, tree

FILE_LINES = 300
FUNCTION_LINES = 40


def long_functions(module: ast.Module) -> Iterator[tuple[str, int]]:
    """Name and lines of each function that is too long."""
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            lines = node.end_lineno - node.lineno + 1
            if lines > FUNCTION_LINES:
                yield node.name, lines


def lines_of(path: Path) -> int:
    return len(path.read_text().splitlines())


def test_no_product_file_is_over_300_lines() -> None:
    assert {str(f.relative_to(ROOT)): n for f in files() if (n := lines_of(f)) > FILE_LINES} == {}


def test_no_product_function_is_over_40_lines() -> None:
    found = {
        f"{file.relative_to(ROOT)} {name}": lines
        for file in files()
        for name, lines in long_functions(tree(file))
    }
    assert found == {}


def test_the_measure_sees_a_long_function() -> None:
    planted = "class A:\n    async def endless(self):\n" + "        pass\n" * 40
    assert list(long_functions(ast.parse(planted))) == [("endless", 41)]
