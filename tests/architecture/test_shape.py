"""Know one service, know all; and the top level is fixed."""

import ast
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.factories import ROOT, SERVICES
from tests.sources import PACKAGES, files, tree

REQUIRED = {
    "__init__",
    "__main__",
    "api",
    "app",
    "domain",
    "migrations",
    "py.typed",
    "schemas",
    "service",
    "settings",
    "store",
    "worker",
}
WHERE_NEEDED = {"pages", "languages", "gateway", "templates", "static", "fixtures"}
BESIDE_THE_CODE = {"README.md", "alembic.ini", "pyproject.toml", "src"}
TOP_LEVEL = {
    ".ci",
    ".gitignore",
    ".npmrc",
    "CHANGELOG.md",
    "DECISIONS.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "SECURITY.md",
    "deploy",
    "package-lock.json",
    "package.json",
    "pyproject.toml",
    "requirements",
    "services",
    "shared",
    "tests",
}


def names_in(folder: Path) -> set[str]:
    """What a package holds: modules and packages by the same name."""
    found = {path.name.removesuffix(".py") for path in folder.iterdir()}
    return found - {"__pycache__"}


def tracked(pattern: str = ".") -> list[str]:
    """The paths in the repository's index."""
    asked = ["git", "-C", str(ROOT), "ls-files", pattern]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_the_same_files_and_no_others(service: str) -> None:
    found = names_in(PACKAGES[service])
    assert found >= REQUIRED
    assert found <= REQUIRED | WHERE_NEEDED


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_the_same_files_beside_its_code(service: str) -> None:
    folder = ROOT / "services" / service
    assert {path.split("/")[2] for path in tracked(f"services/{service}")} == BESIDE_THE_CODE
    project = tomllib.loads((folder / "pyproject.toml").read_text())
    assert project["project"]["name"] == f"walkandtalk-{service}"
    assert project["tool"]["uv"]["build-backend"]["module-name"] == service


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_starts_in_three_lines(service: str) -> None:
    body = [
        node
        for node in tree(PACKAGES[service] / "__main__.py").body
        if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    ]
    assert [ast.unparse(node) for node in body] == [
        f"from {service}.app import SERVICE",
        "from shared.run import main",
        "main(SERVICE)",
    ]


def undocumented(path: Path) -> str | None:
    """What is missing at the head of a module: what it is for, and the invariant it keeps.

    A package's ``__init__``, a ``__main__``, a revision and a module of constants only say the first.
    """
    module = tree(path)
    head = ast.get_docstring(module) or ""
    if not head:
        return "says nothing of what it is for"
    acts = any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for node in ast.walk(module)
    )
    if path.stem in {"__init__", "__main__"} or "versions" in path.parts or not acts:
        return None
    return None if "Invariant" in head else "names no invariant"


def test_every_module_says_what_it_is_for_and_what_it_keeps() -> None:
    found = {
        str(path.relative_to(ROOT)): fault for path in files() if (fault := undocumented(path))
    }
    assert found == {}


def test_the_look_at_heads_sees_a_missing_one(tmp_path: Path) -> None:
    bare, silent = tmp_path / "bare.py", tmp_path / "silent.py"
    bare.write_text("A = 1\n")
    silent.write_text('"""Does something."""\n\ndef act() -> None: ...\n')
    assert undocumented(bare) == "says nothing of what it is for"
    assert undocumented(silent) == "names no invariant"


def test_the_top_level_is_fixed() -> None:
    assert {path.split("/")[0] for path in tracked()} <= TOP_LEVEL


def test_no_lock_file_says_where_to_fetch_from() -> None:
    locks = [path for path in tracked() if "lock" in Path(path).name]
    assert locks
    for path in locks:
        text = (ROOT / path).read_text()
        assert '"resolved"' not in text, path
        assert "://" not in text or Path(path).name == "package-lock.json", path
