"""Every reason not to start, in one line and with an exit code."""

import importlib.util
import json
import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from embedded import __main__ as command, areas
from embedded.folder import Folder, hold_folder, is_held
from embedded.refusals import AlreadyRunning, NotWritable, PartsMissing
from tests.embedded.process import Platform, embedded, free_port
from tests.infra import until


@pytest.fixture
def folder(tmp_path: Path) -> str:
    return str(tmp_path / ".data")


async def test_a_port_in_use(folder: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = await embedded(EMBEDDED_DATA=folder, PORT=str(port))
    assert (ended.code, ended.out, len(ended.said)) == (75, "", 1)
    assert f"port {port}" in ended.err


async def test_no_permission_to_write(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    ended = await embedded(EMBEDDED_DATA=str(in_the_way / ".data"), PORT=str(free_port()))
    assert (ended.code, ended.out, len(ended.said)) == (73, "", 1)
    assert "cannot write" in ended.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_of_somebody_else(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(NotWritable), hold_folder(tmp_path / ".data"):
        pass


async def test_a_port_that_is_none(folder: str) -> None:
    ended = await embedded(EMBEDDED_DATA=folder, PORT="eighty")
    assert (ended.code, len(ended.said)) == (65, 1)
    assert "PORT" in ended.err


@pytest.mark.parametrize(
    ("content", "why"), [("no", "not JSON"), ("{}", "FeatureCollection"), (None, "cannot be read")]
)
async def test_wards_that_are_none(
    folder: str, tmp_path: Path, content: str | None, why: str
) -> None:
    given = tmp_path / "wards.geojson"
    if content is not None:
        given.write_text(content)
    ended = await embedded(EMBEDDED_DATA=folder, PORT=str(free_port()), AREAS=str(given))
    assert (ended.code, ended.out, len(ended.said)) == (65, "", 1)
    assert why in ended.err


def test_an_old_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 12))
    with pytest.raises(PartsMissing, match=r"3\.11"):
        command.check_parts()


def test_a_package_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(name: str) -> object:
        return None if name == "aiosmtpd" else object()

    monkeypatch.setattr(importlib.util, "find_spec", nowhere)
    with pytest.raises(PartsMissing, match="aiosmtpd"):
        command.check_parts()


def test_a_folder_is_held_by_one_and_free_when_that_one_has_gone(tmp_path: Path) -> None:
    with hold_folder(tmp_path / ".data") as held:
        assert is_held(held)
        with pytest.raises(AlreadyRunning, match=str(os.getpid())), hold_folder(held.path):
            pass
    assert not is_held(held)


def test_an_empty_areas_is_none_and_the_recorded_set_goes_on(tmp_path: Path) -> None:
    with hold_folder(tmp_path / ".data") as held:
        first = areas.choose(None, held)
        assert areas.choose(None, held) == first
        assert first.name == "larkmere-2026"
        assert json.loads((held.areas / "chosen.json").read_text())["wards"] == first.wards >= 8


@pytest.mark.parametrize("wish", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_it_can_be_stopped_while_it_sets_up(folder: str, wish: signal.Signals) -> None:
    platform = Platform(Path(folder), free_port())
    await platform.begin()
    await until(lambda: platform.heard("Setting up"), 20)
    assert await platform.interrupt(wish) == 0
    assert platform.said[-1].strip() == "Stopped."
    assert not platform.heard("Traceback")
    assert not is_held(Folder(Path(folder)))
    assert not (Path(folder) / "postgres" / "postmaster.pid").exists()
