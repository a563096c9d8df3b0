"""Files of other systems' reports: planted faults, stopping half way, and the real file."""

import asyncio
import csv
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from concerns.app import import_file
from concerns.schemas import open311
from shared import areas
from shared.events import concerns as events
from shared.postgres import Database, open_database
from tests.concerns.capturing import MERE_END, OUTSIDE, a_desk, count, queued
from tests.factories import KeptParts
from tests.infra import database_name, real
from tests.real_reports import FEW, real_reports

HEADER = "service_request_id,service_code,lat,long,requested_datetime,status"
LON, LAT = MERE_END.point
AT = "2021-08-29T01:33:09+01:00"


def row(number: int, code: str = "Graffiti", lat: Any = LAT, lon: Any = LON, at: str = AT) -> str:
    return f"{number},{code},{lat},{lon},{at},open"


class Desk:
    """Whoever runs the command, in a folder of her own."""

    def __init__(self, parts: KeptParts, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.parts, self.folder, self._capsys = parts, folder, capsys
        self.file = folder / "reports.csv"
        self.rejects = folder / "rejects.csv"
        self.said = ""

    def write(self, *rows: str, header: str = HEADER) -> None:
        self.file.write_text("\n".join([header, *rows, ""]))

    async def load(self, *more: str) -> int:
        words = ["open311-csv", str(self.file), "--rejects", str(self.rejects), *more]
        code = await import_file(self.parts, words)
        told = self._capsys.readouterr()
        self.said = told.out + told.err
        return code

    def rejected(self) -> list[tuple[str, str]]:
        with self.rejects.open(newline="") as file:
            return [(each["line"], each["reason"]) for each in csv.DictReader(file)]


@pytest.fixture
def desk(concerns_database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(a_desk(concerns_database), tmp_path, capsys)


async def test_a_row_becomes_a_concern_with_both_events(desk: Desk) -> None:
    desk.write(row(927194, "Street Lighting"))
    assert await desk.load() == 0
    async with desk.parts.database.reading() as connection:
        kept = await connection.fetchrow(
            "select source, outside_system, outside_id, categories, ward_code, light_computed,"
            " observed_at::text, walk_id, captured_by from concern"
        )
    assert tuple(kept or ()) == (
        "import",
        "open311",
        "927194",
        ["badly_lit"],
        MERE_END.code,
        "dark",
        "2021-08-29 00:33:09+00",
        None,
        "import:open311",
    )
    ours, theirs = await queued(desk.parts.database)
    assert (ours.topic, ours.value["source"]) == (events.INTERNAL, "import")
    assert (ours.value["local_date"], ours.value["light"]) == ("2021-08-29", "dark")
    assert (theirs.value["local_date"], theirs.value["band"]) == ("2021-08-29", "00")
    assert not desk.rejects.exists()


async def test_loading_twice_changes_nothing(desk: Desk) -> None:
    desk.write(row(1), row(2), row(3))
    assert await desk.load() == 0
    before = await queued(desk.parts.database)
    assert await desk.load() == 0
    assert "0 captured (0 outside every ward), 3 captured before" in desk.said
    assert await queued(desk.parts.database) == before
    assert await count(desk.parts.database, "concern") == 3


PLANTED = [
    (row(1), None),
    (row(2, lat="north"), "has a latitude that is not a number"),
    (row(3, lat=""), "has no latitude"),
    (row(4, lon="nan"), "has a longitude that is not a number"),
    (row(5, lat=LON, lon=LAT), "Longitude and latitude seem to be swapped: longitude comes first."),
    (row(6, lat=95), "The place must be a longitude from -180 to 180 and a latitude"),
    (row(7, at="2021-08-29T01:33:09"), "has a time without its offset from UTC"),
    (row(8, at="yesterday"), "has no time, or one that is not RFC 3339"),
    (row(9, at="1630197189"), "has no time, or one that is not RFC 3339"),
    (row(10, at="2021-02-30T01:33:09Z"), "has a time that there is not"),
    (row(11, at="2031-02-03T01:33:09Z"), "The observation must not lie in the future."),
    (",Graffiti,51.4,-0.2,2021-08-29T01:33:09Z,open", "has no id"),
    ("12,Graffiti,51.4", "has not as many fields as the header"),
    (row(13) + ",more", "has not as many fields as the header"),
    (row(14, "Graf\x00fiti"), "holds a NUL character"),
    ("1" * 101 + ",Graffiti,51.4,-0.2,2021-08-29T01:33:09Z,open", "has an id of more than 100"),
    (row(15, at="2021-08-29 01:33:09+01:00"), None),
]


async def test_bad_rows_go_to_the_reject_file_with_line_and_reason(desk: Desk) -> None:
    desk.write(*(planted for planted, _ in PLANTED))
    assert await desk.load() == 3
    expected = [
        (str(line), reason) for line, (_, reason) in enumerate(PLANTED, 2) if reason is not None
    ]
    found = desk.rejected()
    assert [line for line, _ in found] == [line for line, _ in expected]
    for (line, told), (_, reason) in zip(found, expected, strict=True):
        assert told.startswith(reason), line
    assert await count(desk.parts.database, "concern") == 2
    assert (
        f"2 captured (0 outside every ward), 0 captured before, 0 repeated in the file, {len(expected)} rejected"
        in desk.said
    )


async def test_bytes_that_are_not_utf8_cost_their_own_row_only(desk: Desk) -> None:
    lines = [
        HEADER.encode(),
        row(1).encode(),
        b"2,Graf\xfffiti,51.4,-0.2," + AT.encode() + b",open",
    ]
    desk.file.write_bytes(b"\xef\xbb\xbf" + b"\n".join([*lines, row(3).encode()]))
    assert await desk.load() == 3
    assert desk.rejected() == [("3", "is not UTF-8")]
    assert await count(desk.parts.database, "concern") == 2


async def test_a_field_that_never_ends_costs_its_own_row_only(desk: Desk) -> None:
    desk.write(row(1), '2,"' + "x" * 200_000 + '",51.4,-0.2,' + AT + ",open", row(3))
    assert await desk.load() == 3
    assert [line for line, _ in desk.rejected()] == ["3"]
    assert await count(desk.parts.database, "concern") == 2


async def test_a_row_outside_every_ward_is_captured_and_counted(desk: Desk) -> None:
    lon, lat = OUTSIDE
    desk.write(row(1, lat=lat, lon=lon), row(2))
    assert await desk.load() == 0
    assert "2 captured (1 outside every ward)" in desk.said


async def test_of_two_rows_with_one_id_the_first_counts(desk: Desk) -> None:
    desk.write(row(1, "Street Lighting"), *(row(1, "Graffiti") for _ in range(20)))
    assert await desk.load() == 0
    assert "20 repeated in the file" in desk.said
    async with desk.parts.database.reading() as connection:
        assert await connection.fetchval("select categories from concern") == ["badly_lit"]


async def test_an_unmapped_category_is_other_and_told(desk: Desk) -> None:
    desk.write(row(1, "Llamas"), row(2, "Llamas"), row(3, ""), row(4, "GRAFFITI"))
    assert await desk.load() == 0
    assert "taken as 'other' because no map knows them: Llamas 2, (none named) 1" in desk.said
    async with desk.parts.database.reading() as connection:
        kept = await connection.fetch("select categories from concern order by outside_id")
    assert [each["categories"] for each in kept] == [["other"], ["other"], ["other"], ["rundown"]]


async def test_a_map_of_ones_own_goes_over_the_shipped_one(desk: Desk) -> None:
    mine = desk.folder / "map.csv"
    mine.write_text("outside,category\nLlamas,isolated\nLlamas,poor_layout\nGraffiti,other\n")
    desk.write(row(1, "Llamas"), row(2, "Graffiti"), row(3, "Street Lighting"))
    assert await desk.load("--map", str(mine)) == 0
    async with desk.parts.database.reading() as connection:
        kept = await connection.fetch("select categories from concern order by outside_id")
    assert [each["categories"] for each in kept] == [
        ["isolated", "poor_layout"],
        ["other"],
        ["badly_lit"],
    ]


async def test_the_common_names_of_columns_are_known(desk: Desk) -> None:
    header = "ID,Service_Name,Latitude,Longitude,Requested_At"
    desk.write(f"7,Street Lighting,{LAT},{LON},{AT}", header=header)
    assert await desk.load("--system", "fixmystreet") == 0
    async with desk.parts.database.reading() as connection:
        kept = await connection.fetchrow("select outside_system, categories from concern")
    assert tuple(kept or ()) == ("fixmystreet", ["badly_lit"])


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "cannot be read (No such file or directory)"),
        ("", "is empty"),
        ("id,lat,long,service_code\n", "has no column requested_datetime"),
        ("service_request_id,lat,long,requested_datetime\n", "has no column service_code or"),
        ("<html>", "has no column service_code"),
    ],
)
async def test_an_unusable_file_is_told_in_one_line(
    desk: Desk, content: str | None, why: str
) -> None:
    if content is not None:
        desk.file.write_text(content)
    assert await desk.load() == 2
    assert why in desk.said
    assert desk.said.count("\n") == 1


async def test_an_unusable_map_is_told_and_nothing_loaded(desk: Desk) -> None:
    desk.write(row(1))
    mine = desk.folder / "map.csv"
    for content, why in (
        ("Graffiti,rundown\n", "does not begin with the line"),
        ("outside,category\nGraffiti,haunted\n", "line 2: is not in the list of categories"),
        ("outside,category\nGraffiti\n", "line 2: is not two fields"),
    ):
        mine.write_text(content)
        assert await desk.load("--map", str(mine)) == 2
        assert why in desk.said
    assert await desk.load("--map", str(desk.folder / "none.csv")) == 2
    assert "none.csv: cannot be read" in desk.said
    assert await count(desk.parts.database, "concern") == 0


async def test_a_file_with_a_header_alone_is_done_at_once(desk: Desk) -> None:
    desk.write()
    assert await desk.load() == 0


async def test_stopped_half_way_and_run_again_is_the_same_in_the_end(
    desk: Desk, fresh_database: Any
) -> None:
    desk.write(*(row(number) for number in range(300)))
    url = await fresh_database("concerns")
    async with open_database(url) as database:
        desk.parts = a_desk(database)
        loading = asyncio.create_task(desk.load())
        async with open_database(url.replace(database_name(url), "postgres"), size=2) as admin:
            while await count(database, "concern") < 50:
                await asyncio.sleep(0.005)
            async with admin.reading() as connection:
                await connection.execute(
                    f"alter database {database_name(url)} allow_connections false"
                )
                await connection.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1",
                    database_name(url),
                )
            assert await loading == 1
            assert "stopped: the database does not answer; run it again" in desk.said
            async with admin.reading() as connection:
                await connection.execute(
                    f"alter database {database_name(url)} allow_connections true"
                )
        kept = await count(database, "concern")
        assert 50 <= kept < 300
        assert await desk.load() == 0
        assert f"{300 - kept} captured" in desk.said
        assert await count(database, "concern") == 300
        assert len({each.key for each in await queued(database)}) == 600


def test_the_shipped_map_names_known_categories_only() -> None:
    shipped = open311.shipped_map()
    assert shipped["street lighting"] == ("badly_lit",)
    assert shipped["fly-tipping"] == ("rundown",)


@pytest.mark.parametrize(
    "every", [FEW, pytest.param(1, marks=pytest.mark.soak)], ids=["short", "long"]
)
async def test_the_real_file_gets_its_true_wards_and_twice_is_once(desk: Desk, every: int) -> None:
    reports = real_reports(desk.folder, every)
    desk.file, number = reports.file, reports.number
    name = areas.prepare(real("lewisham_wards_2022_epsg4326.geojson"), desk.folder)
    settings = desk.parts.settings.model_copy(update={"areas_dir": desk.folder, "areas_set": name})
    desk.parts = a_desk(desk.parts.database, **settings.model_dump())
    assert await desk.load() == 0
    assert f"{number} captured ({reports.outside} outside every ward)" in desk.said
    told = Counter(
        (each.value["ward"] or {"code": ""})["code"]
        for each in await queued(desk.parts.database)
        if each.topic == events.INTERNAL
    )
    assert told == reports.truth
    assert await desk.load() == 0
    assert f"0 captured (0 outside every ward), {number} captured before" in desk.said
    assert await count(desk.parts.database, "concern") == number
    assert await count(desk.parts.database, "outbox") == 2 * number
