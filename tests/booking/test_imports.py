"""Whole rosters from CSV: what a dry run says is what the run does; one wrong line, and nothing is done."""

from pathlib import Path

import pytest
from httpx import Response

from booking.app import SERVICE
from tests.booking.desk import OTHER_WARD, WARD, Booking, Json, pointers
from tests.booking.rostering import opened

HEAD = "officer,weekday,from,to,from_date,ward,near,meeting_name,longitude,latitude,until_date,capacity"


def a_line(booking: Booking, **said: str) -> str:
    """A shift of the first officer, on Wednesdays from 18:00 to 20:00."""
    lon, lat = booking.place()
    usual = {
        "officer": "officer-1",
        "weekday": "wednesday",
        "from": "18:00",
        "to": "20:00",
        "from_date": "2027-01-01",
        "ward": WARD,
        "near": "the old mill",
        "meeting_name": "Mill Lane bus stop",
        "longitude": str(lon),
        "latitude": str(lat),
        "until_date": "",
        "capacity": "",
    }
    return ",".join((usual | said).values())


def a_file(*lines: str) -> str:
    """A file of some lines."""
    return "\n".join((HEAD, *lines)) + "\n"


async def imports(booking: Booking, text: str, **more: object) -> Response:
    """A coordinator imports a roster."""
    body: Json = {"csv": text} | more
    return await booking.http.post("/booking/v1/rosters", json=body, headers=booking.coordinator)


async def tables(booking: Booking) -> list[list[Json]]:
    """All that an import may change."""
    names = ("shift", "shift_exception", "slot", "walk", "assignment", "idempotency")
    return [await booking.rows(f"select * from {name} order by 1, 2") for name in names]


async def test_a_roster_becomes_shifts_with_slots(booking: Booking) -> None:
    text = a_file(
        a_line(booking),
        a_line(booking, officer="officer-2", weekday="Thursday", to="24:00", capacity="3"),
    )
    answer = await imports(booking, text)
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert [(each["change"], each["officer"]) for each in said["changes"]] == [
        ("added", "PC Robin 1"),
        ("added", "PC Robin 2"),
    ]
    assert (said["slots"], said["dry_run"]) == ({"opened": 8 + 24, "withdrawn": 0}, False)
    assert len(await opened(booking)) == 32
    again = (await imports(booking, text)).json()
    assert (again["changes"], again["unchanged"]) == ([], 2)
    assert again["slots"] == {"opened": 0, "withdrawn": 0}


async def test_a_dry_run_says_what_the_run_does_and_changes_nothing(booking: Booking) -> None:
    text = a_file(
        a_line(booking), a_line(booking, weekday="monday"), a_line(booking, weekday="friday")
    )
    assert (await imports(booking, text)).status_code == 200
    slots = {slot["local"]["from"] + slot["local"]["date"]: slot for slot in await booking.slots()}
    walk = (await booking.books(slots["19:002027-01-13"]["id"])).json()
    gone = (await booking.books(slots["18:002027-01-15"]["id"])).json()
    changed = a_file(
        a_line(booking, to="19:00"),
        a_line(booking, weekday="monday"),
        a_line(booking, weekday="sunday"),
    )
    before = await tables(booking)
    dry = await imports(booking, changed, dry_run=True)
    assert await tables(booking) == before
    assert {walk["reference"] for walk in dry.json()["walks"]} == {
        walk["reference"],
        gone["reference"],
    }
    assert sorted(each["change"] for each in dry.json()["changes"]) == [
        "added",
        "changed",
        "removed",
    ]
    assert "Ada" not in dry.text
    run = (await imports(booking, changed)).json()
    ids = [[each["shift"].pop("id") for each in report["changes"]] for report in (dry.json(), run)]
    assert len(ids[0]) == len(ids[1])
    told = dry.json()
    for each in told["changes"]:
        each["shift"].pop("id")
    assert told | {"dry_run": False} == run
    rows = await booking.rows("select state from walk")
    assert [row["state"] for row in rows] == ["confirmed"] * 2


async def test_officers_who_are_not_named_keep_their_shifts(booking: Booking) -> None:
    assert (await imports(booking, a_file(a_line(booking)))).status_code == 200
    answer = await imports(booking, a_file(a_line(booking, officer="officer-2")))
    assert [each["change"] for each in answer.json()["changes"]] == ["added"]
    assert len(await booking.rows("select from shift")) == 2


async def test_when_one_line_is_wrong_every_fault_is_said_and_nothing_written(
    booking: Booking,
) -> None:
    text = a_file(
        a_line(booking),
        a_line(booking, weekday="someday", to="26:00"),
        a_line(booking, weekday="monday", longitude="west"),
        a_line(booking, weekday="friday", near=""),
        a_line(booking, weekday="sunday", until_date="2026-01-01"),
        a_line(booking, weekday="tuesday", to="18:00"),
        a_line(booking, weekday="saturday", capacity="many") + ",more",
    )
    before = await tables(booking)
    answer = await imports(booking, text)
    assert answer.status_code == 422
    wrong = pointers(answer)
    assert wrong[:6] == [
        "#/csv/3/weekday",
        "#/csv/3/to",
        "#/csv/4/longitude",
        "#/csv/5/near",
        "#/csv/6/until_date",
        "#/csv/7/to",
    ]
    assert {each.rpartition("/")[0] for each in wrong[6:]} == {"#/csv/8"}
    assert "someday" not in answer.text
    assert await tables(booking) == before


async def test_lines_that_do_not_fit_the_team_are_named(booking: Booking) -> None:
    answer = await imports(
        booking,
        a_file(
            a_line(booking, officer="nobody"),
            a_line(booking, ward="nowhere"),
            a_line(booking, weekday="friday", longitude="51.4", latitude="-0.02"),
        ),
    )
    assert pointers(answer)[:2] == ["#/csv/2/officer", "#/csv/3/ward"]
    overlapping = a_file(a_line(booking), a_line(booking, **{"from": "19:00"}))
    answer = await imports(booking, overlapping)
    assert pointers(answer) == ["#/csv/3/from"]
    hers = booking.issuer.bearer("coordinator", wards=[OTHER_WARD])
    body = {"csv": a_file(a_line(booking))}
    answer = await booking.http.post("/booking/v1/rosters", json=body, headers=hers)
    assert pointers(answer) == ["#/csv/2/ward"]
    assert await booking.rows("select from shift") == []


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ("officer,weekday\n", "#/csv/1"),
        (HEAD.replace("ward", "wrad") + "\n", "#/csv/1"),
        (HEAD + ",ward\n", "#/csv/1"),
        (HEAD + "\n", "#/csv"),
        (HEAD + '\n"x', "#/csv/2"),
    ],
)
async def test_what_is_no_roster_is_refused(booking: Booking, text: str, pointer: str) -> None:
    answer = await imports(booking, text)
    assert (answer.status_code, pointers(answer)) == (422, [pointer])


async def test_shifts_may_change_places_in_one_import(booking: Booking) -> None:
    both = [
        a_line(booking, **{"from": "17:00", "to": "18:00"}),
        a_line(booking, **{"from": "18:00", "to": "20:00"}),
    ]
    assert (await imports(booking, a_file(*both))).status_code == 200
    longer = [
        a_line(booking, **{"from": "17:00", "to": "19:00"}),
        a_line(booking, **{"from": "19:00", "to": "21:00"}),
    ]
    answer = await imports(booking, a_file(*longer))
    assert answer.status_code == 200
    assert [each["change"] for each in answer.json()["changes"]] == ["added", "changed", "removed"]
    assert [each[-5:] for each in await opened(booking, day="2027-01-13")] == [
        "17:00", "18:00", "19:00", "20:00",
    ]  # fmt: skip


async def test_the_command_says_it_in_words(
    booking: Booking, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "roster.csv"
    file.write_text("\ufeff" + a_file(a_line(booking)), "utf-8")
    command = SERVICE.commands["roster"]
    assert await command(booking.parts, ["import", str(file), "--dry-run"]) == 0
    assert await booking.rows("select from shift") == []
    out = capsys.readouterr().out
    assert "added: PC Robin 1, wednesday 18:00 to 20:00" in out
    assert "8 slots would be opened" in out
    assert await command(booking.parts, ["import", str(file)]) == 0
    assert "8 slots opened" in capsys.readouterr().out
    assert len(await booking.rows("select from shift")) == 1
    file.write_text(a_file(a_line(booking, weekday="someday")), "utf-8")
    assert await command(booking.parts, ["import", str(file)]) == 1
    assert "2/weekday: must be monday" in capsys.readouterr().err
    assert await command(booking.parts, ["import", str(tmp_path / "nothing.csv")]) == 1
