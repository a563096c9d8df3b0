"""Every statement is prepared against the migrated schema: an unknown column fails here, not at night."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from tests.conftest import FreshDatabase
from tests.factories import ROOT, SERVICES
from tests.sources import files, module_name, tree

STATEMENT = re.compile(
    r"\s*(with\s+(recursive\s+)?\w+\s+(\([^)]*\)\s+)?as\b|select\b.*\bfrom\b|select\s+\w+\("
    r"|insert\s+into\b|update\s+\w+.*\bset\b|delete\s+from\b)",
    re.DOTALL,
)


def is_statement(text: str) -> bool:
    """Whether a text is SQL that can be prepared; ours is written in lower case."""
    return bool(STATEMENT.match(text))


def statements(package: str) -> Iterator[tuple[str, str]]:
    """Name and text of each statement that a package keeps in an UPPERCASE constant."""
    for path in files(package):
        if "migrations" in path.parts:
            continue
        module = __import__(module_name(package, path), fromlist=["*"]) if has_sql(path) else None
        for name, value in vars(module).items() if module else ():
            if name.isupper() and isinstance(value, str) and is_statement(value):
                yield f"{module_name(package, path)}.{name}", value


def has_sql(path: Path) -> bool:
    """Whether a file holds any statement; only then is it imported."""
    return any(is_statement(text) for text in texts(path))


def texts(path: Path) -> Iterator[str]:
    """The string constants of a file that are not docstrings."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree(path)):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in docstrings
        ):
            yield node.value


async def refused(url: str, package: str) -> dict[str, str]:
    """The statements of a package that PostgreSQL does not understand, and why."""
    connection = await asyncpg.connect(url)
    found: dict[str, str] = {}
    try:
        for name, text in statements(package):
            try:
                await connection.prepare(text)
            except asyncpg.PostgresError as error:
                found[name] = str(error)
    finally:
        await connection.close()
    return found


@pytest.mark.parametrize("service", SERVICES)
async def test_every_statement_of_a_service_fits_its_schema(
    service: str, fresh_database: FreshDatabase
) -> None:
    assert list(statements(service))
    assert await refused(await fresh_database(service), service) == {}


async def test_every_shared_statement_fits_the_shared_schema(fresh_database: FreshDatabase) -> None:
    assert await refused(await fresh_database("shared"), "shared") == {}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_keeps_its_sql_in_its_store(service: str) -> None:
    elsewhere = {
        str(path.relative_to(ROOT))
        for path in files(service)
        if has_sql(path) and not {"store", "migrations"} & {*path.parts, path.stem}
    }
    assert elsewhere == set()


async def test_a_statement_with_an_unknown_column_would_be_refused(
    fresh_database: FreshDatabase,
) -> None:
    connection = await asyncpg.connect(await fresh_database("shared"))
    with pytest.raises(asyncpg.UndefinedColumnError):
        await connection.prepare("select nonsense from outbox")
    await connection.close()


def test_prose_is_not_taken_for_sql() -> None:
    for prose in ("Select a slot", "select what feels unsafe", "with care", "update your details"):
        assert not is_statement(prose)
    for sql in (
        "\n with due as (select 1) select * from due",
        "with recursive up (id) as (select 1) select id from up",
        "select true from slot",
        "select pg_advisory_lock($1)",
        "update slot\n set state = $1",
    ):
        assert is_statement(sql)
