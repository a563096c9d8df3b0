"""A program that knows booking by its description alone: a client made of it books, reads and cancels."""

import importlib
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import uuid4

import pytest

from tests.conftest import FreshDatabase
from tests.contracts import agreed
from tests.contracts.filling import fill, token_for_all
from tests.contracts.serving import Served, serving
from tests.tokens import TestIssuer

GENERATOR = Path(sys.executable).with_name("openapi-python-client")
NAME = "booking_client"


@pytest.fixture
async def served(fresh_database: FreshDatabase, issuer: TestIssuer) -> AsyncGenerator[Served]:
    """Booking, with nothing in it but its team."""
    with serving(await fresh_database("booking"), issuer) as found:
        yield found


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[str]:
    """The client, made of what has been agreed; a part that cannot be made is a failure."""
    config = tmp_path / "config.yaml"
    config.write_text("post_hooks: []\n")
    command = [GENERATOR, "generate", "--path", agreed.OPENAPI / "booking.json", "--meta", "none"]
    made = subprocess.run(
        [*command, "--output-path", tmp_path / NAME, "--config", config, "--fail-on-warning"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    monkeypatch.syspath_prepend(tmp_path)
    yield NAME
    for name in [each for each in sys.modules if each.partition(".")[0] == NAME]:
        del sys.modules[name]


def part(package: str, name: str) -> ModuleType:
    """A module of the client."""
    return importlib.import_module(f"{package}.{name}")


def test_it_books_reads_and_cancels_a_walk(
    served: Served, issuer: TestIssuer, package: str
) -> None:
    token = token_for_all(issuer)
    fill(served.url, token)
    models: Any = part(package, "models")
    clients: Any = part(package, "client")
    with (
        clients.Client(base_url=served.url) as anybody,
        clients.AuthenticatedClient(base_url=served.url, token=token) as staff,
    ):
        slots = part(package, "api.slots.list_slots").sync(client=anybody)
        assert isinstance(slots, models.SlotPage)
        who = {"name": "Ada", "email": "ada@example.org", "adult": True}
        body = models.BookWalkBody(slot_id=slots.items[0].id, **who)
        walk = booked(package, anybody, body)
        assert isinstance(walk, models.BookedWalk)
        assert walk.officer.display_name.startswith("PC Robin")

        refused = booked(package, anybody, body)
        assert isinstance(refused, models.Problem)
        assert refused.type_.endswith("/slot-taken")

        read = part(package, "api.walks.show_walk").sync(walk.id, client=staff)
        assert isinstance(read, models.StaffWalk)
        assert (read.reference, read.state) == (walk.reference, "confirmed")
        cancel: Any = part(package, "api.walks.cancel_walk")
        reason = models.CancelWalkBody(reason=models.CancelWalkBodyReason.WEATHER)
        cancelled = cancel.sync(walk.id, client=staff, body=reason)
        assert (cancelled.state, cancelled.cancelled_for) == ("cancelled", "weather")


def test_without_a_token_it_is_told_so(served: Served, package: str) -> None:
    models: Any = part(package, "models")
    with part(package, "client").Client(base_url=served.url) as anybody:
        refused = part(package, "api.walks.list_walks").sync(client=anybody)
    assert isinstance(refused, models.Problem)
    assert (refused.status, refused.type_.rpartition("/")[2]) == (401, "not-signed-in")


def booked(package: str, client: Any, body: Any) -> Any:
    """The answer to a booking."""
    book: Any = part(package, "api.walks.book_walk")
    return book.sync(client=client, body=body, idempotency_key=str(uuid4()))
