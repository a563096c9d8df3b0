import pytest

from reporting.app import SERVICE, ward_names
from shared.postgres import Database
from tests.factories import ROOT, parts_for
from tests.reporting.events import a_started_walk
from tests.reporting.test_service import apply

EDIT = "update figure set count = count + 41"


async def rebuild(database: Database, *words: str) -> int:
    return await SERVICE.commands["rebuild"](parts_for("reporting", database), words)


async def test_a_rebuild_says_equal(
    reporting_database: Database, capsys: pytest.CaptureFixture[str]
):
    await apply(reporting_database, [a_started_walk()])
    assert await rebuild(reporting_database) == 0
    live, counted, verdict = capsys.readouterr().out.splitlines()
    assert live.removeprefix("live     ") == counted.removeprefix("counted  ")
    assert verdict.startswith("equal")


async def test_a_rebuild_of_wrong_figures_says_mended_and_the_next_one_equal(
    reporting_database: Database, capsys: pytest.CaptureFixture[str]
):
    await apply(reporting_database, [a_started_walk()])
    await reporting_database.pool.execute(EDIT)
    assert await rebuild(reporting_database) == 0
    assert "mended" in capsys.readouterr().out
    assert await reporting_database.pool.fetchval("select count from figure") == 1
    assert await rebuild(reporting_database) == 0
    assert "equal" in capsys.readouterr().out


async def test_a_check_of_wrong_figures_says_different_and_leaves_them(
    reporting_database: Database, capsys: pytest.CaptureFixture[str]
):
    await apply(reporting_database, [a_started_walk()])
    assert await rebuild(reporting_database, "--check") == 0
    await reporting_database.pool.execute(EDIT)
    assert await rebuild(reporting_database, "--check") == 1
    assert "different" in capsys.readouterr().out
    assert await reporting_database.pool.fetchval("select count from figure") == 42


async def test_other_words_are_met_with_the_usage(
    reporting_database: Database, capsys: pytest.CaptureFixture[str]
):
    assert await rebuild(reporting_database, "--force") == 2
    assert "usage" in capsys.readouterr().out


async def test_a_file_that_is_no_boundary_set_is_passed_over_and_logged(
    reporting_database: Database, tmp_path_factory: pytest.TempPathFactory
):
    folder = tmp_path_factory.mktemp("areas")
    (folder / "broken.geojson").write_text("{}")
    whole = ROOT / "deploy" / "areas" / "larkmere-2026.geojson"
    (folder / whole.name).write_bytes(whole.read_bytes())
    parts = parts_for("reporting", reporting_database)
    names = ward_names(folder, parts.log)
    assert names["larkmere-2026", "L05000001"] == "Mere End"
    assert "broken.geojson" in parts.lines.getvalue()
