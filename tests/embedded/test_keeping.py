"""What the embedded platform keeps to itself: keys, databases, the server's log, its one origin."""

import stat
from collections.abc import AsyncGenerator
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import asyncpg
import httpx
import pytest
from starlette.responses import PlainTextResponse

from embedded import postgres
from embedded.keys import Keys
from embedded.origin import Origin

PLANTED = "Ada-Planted"


@pytest.fixture(scope="module")
async def server() -> AsyncGenerator[tuple[postgres.Postgres, Path]]:
    """PostgreSQL with the databases of two services, and where it lies."""
    data = Path(mkdtemp(prefix="walkandtalk-embedded-")) / "postgres"
    running = await postgres.start(data, ("booking", "concerns"))
    yield running, data
    await running.stop()


async def ask(url: str, statement: str) -> Any:
    """The answer to a statement, or the SQLSTATE of its refusal."""
    try:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()
    except asyncpg.PostgresError as error:
        return error.sqlstate


async def test_a_role_is_let_into_its_own_database_only(
    server: tuple[postgres.Postgres, Path],
) -> None:
    running, _ = server
    own = running.url("booking")
    assert await ask(own, "select current_user") == "booking"
    insufficient_privilege = "42501"
    others = own.replace("/booking?", "/concerns?")
    assert await ask(others, "select current_user") == insufficient_privilege


async def test_the_servers_log_quotes_no_row_and_no_statement(
    server: tuple[postgres.Postgres, Path],
) -> None:
    running, data = server
    url = running.url("concerns")
    await ask(url, "create table once (name text unique)")
    statement = f"insert into once values ('{PLANTED}')"
    assert await ask(url, statement) is None
    unique_violation = "23505"
    assert await ask(url, statement) == unique_violation
    log = (data / "log").read_text()
    assert "unique constraint" in log
    assert PLANTED not in log


def test_a_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    secret = Keys(tmp_path).secret("session")
    assert Keys(tmp_path).secret("session") == secret
    assert Keys(tmp_path).secret("links") != secret
    assert stat.S_IMODE((tmp_path / "session").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("host", "status"),
    [("127.0.0.1:8080", 200), ("localhost:8080", 307), ("evil.example", 421), ("", 421)],
)
async def test_a_request_for_another_host_is_refused(host: str, status: int) -> None:
    origin = Origin("http://127.0.0.1:8080", {"mail": PlainTextResponse("her mail")})
    transport = httpx.ASGITransport(origin)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
        answer = await client.get("/mail/", headers={"Host": host})
    assert answer.status_code == status
    assert ("her mail" in answer.text) is (status == 200)
