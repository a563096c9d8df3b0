"""Boundary sets: what is refused, what is mended, and which ward a point lies in."""

import csv
import json
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from runpy import run_path
from typing import Any

import pytest

from shared import areas
from shared.areas.__main__ import main
from tests.infra import real

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "deploy" / "areas"

WEST = [[-0.2, 51.4], [-0.1, 51.4], [-0.1, 51.5], [-0.2, 51.5], [-0.2, 51.4]]
EAST = [[-0.1, 51.4], [0.0, 51.4], [0.0, 51.5], [-0.1, 51.5], [-0.1, 51.4]]


def ward(code: str, ring: list[list[float]], **said: Any) -> dict[str, Any]:
    properties = {"WD22CD": code, "WD22NM": f"Ward {code}", "LAD22CD": "E09000023"} | said
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def published(folder: Path, *wards: dict[str, Any], **members: Any) -> Path:
    file = folder / "Wards_2022_epsg4326.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": wards} | members))
    return file


def two_wards(folder: Path) -> areas.BoundarySet:
    name = areas.prepare(published(folder, ward("E2", EAST), ward("E1", WEST)), folder)
    return areas.load(folder, name)


def signed_area(ring: list[list[float]]) -> float:
    """Positive when anticlockwise."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring)) / 2


def test_a_clockwise_ring_is_rewound_and_a_hole_runs_the_other_way(tmp_path: Path) -> None:
    hole = [[-0.16, 51.44], [-0.14, 51.44], [-0.14, 51.46], [-0.16, 51.46], [-0.16, 51.44]]
    feature = ward("E1", WEST[::-1])
    feature["geometry"]["coordinates"].append(hole)
    _, content = areas.normalise(published(tmp_path, feature))
    outer, inner = json.loads(content)["features"][0]["geometry"]["coordinates"]
    assert signed_area(outer) > 0
    assert signed_area(inner) < 0


def test_a_crs_member_in_degrees_is_dropped(tmp_path: Path) -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    _, content = areas.normalise(published(tmp_path, ward("E1", WEST), crs=crs))
    assert "crs" not in json.loads(content)


@pytest.mark.parametrize("said", [True, False])
def test_metres_are_refused_with_the_command_that_reprojects(tmp_path: Path, *, said: bool) -> None:
    metres = [
        [537420.1, 172927.3],
        [537600.0, 172927.3],
        [537600.0, 173000.0],
        [537420.1, 172927.3],
    ]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::27700"}}
    file = published(tmp_path, ward("E1", metres), **({"crs": crs} if said else {}))
    with pytest.raises(areas.AreasRefused, match=r"ogr2ogr -s_srs EPSG:27700 -t_srs EPSG:4326"):
        areas.normalise(file)


def test_latitude_first_is_refused(tmp_path: Path) -> None:
    swapped = [[lat, lon] for lon, lat in WEST]
    with pytest.raises(areas.AreasRefused, match="latitude first"):
        areas.normalise(published(tmp_path, ward("E1", swapped)))


def test_two_wards_of_one_code_are_refused(tmp_path: Path) -> None:
    with pytest.raises(areas.AreasRefused, match="more than once: E1"):
        areas.normalise(published(tmp_path, ward("E1", WEST), ward("E1", EAST)))


def test_the_code_of_the_newest_year_is_taken_and_the_district_ignored(tmp_path: Path) -> None:
    old = {"WD13CD": "E05000437", "WD13NM": "Old name"}
    _, content = areas.normalise(published(tmp_path, ward("E1", WEST, **old)))
    assert json.loads(content)["features"][0]["properties"] == {"code": "E1", "name": "Ward E1"}


def test_a_ward_without_a_code_is_refused(tmp_path: Path) -> None:
    feature = ward("E1", WEST)
    feature["properties"] = {"LAD22CD": "E09000023", "LAD22NM": "Lewisham"}
    with pytest.raises(areas.AreasRefused, match="feature 1 has no ward code"):
        areas.normalise(published(tmp_path, feature))


def test_an_outline_that_is_no_area_is_refused(tmp_path: Path) -> None:
    line = [[-0.2, 51.4], [-0.1, 51.4], [-0.2, 51.4], [-0.2, 51.4]]
    with pytest.raises(areas.AreasRefused, match="is not an area"):
        areas.normalise(published(tmp_path, ward("E1", line)))


def test_a_bow_tie_is_not_guessed_at(tmp_path: Path) -> None:
    bow_tie = [[-0.2, 51.4], [-0.1, 51.5], [-0.1, 51.4], [-0.2, 51.5], [-0.2, 51.4]]
    with pytest.raises(areas.AreasRefused, match="crosses itself"):
        areas.normalise(published(tmp_path, ward("E1", bow_tie)))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "is not JSON"),
        ("[]", "is not GeoJSON"),
        ('{"type": "Feature"}', "is not a GeoJSON FeatureCollection"),
        ('{"type": "FeatureCollection", "features": []}', "holds no ward"),
        ('{"type": "FeatureCollection", "features": [1]}', "has no properties"),
    ],
)
def test_what_is_no_ward_file_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, why: str
) -> None:
    file = tmp_path / "wards.geojson"
    file.write_text(content)
    assert main(["normalise", str(file), "--out", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert why in said
    assert said.count("\n") == 1


def test_the_command_writes_a_set_that_loads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = published(tmp_path, ward("E1", WEST), ward("E2", EAST))
    words = [
        "normalise",
        str(file),
        "--out",
        str(tmp_path),
        "--name",
        "two",
        "--date",
        "2022-05-05",
    ]
    assert main(words) == 0
    assert "2 wards, set two, 2022-05-05" in capsys.readouterr().out
    made = areas.load(tmp_path, "two")
    assert [each.code for each in made.wards] == ["E1", "E2"]
    assert made.by_code["E2"].set == "two"


def test_a_set_is_named_after_its_file_and_dated_by_its_fields(tmp_path: Path) -> None:
    made = two_wards(tmp_path)
    assert (made.name, made.date) == ("wards-2022", "2022")


def test_a_set_without_a_date_is_refused(tmp_path: Path) -> None:
    feature = ward("E1", WEST)
    feature["properties"] = {"code": "E1", "name": "One"}
    with pytest.raises(areas.AreasRefused, match="--date"):
        areas.normalise(published(tmp_path, feature))


def test_normalising_a_set_again_changes_nothing() -> None:
    shipped = SHIPPED / "larkmere-2026.geojson"
    assert areas.normalise(shipped) == ("larkmere-2026", shipped.read_bytes())


def test_a_raw_file_is_not_loaded_as_a_set(tmp_path: Path) -> None:
    file = published(tmp_path, ward("E1", WEST))
    with pytest.raises(areas.AreasRefused, match=r"shared\.areas normalise"):
        areas.load(tmp_path, file.stem)
    with pytest.raises(areas.AreasRefused, match="cannot be read"):
        areas.load(tmp_path, "missing")


def test_a_point_on_the_border_of_two_wards_gets_the_lower_code(tmp_path: Path) -> None:
    found = two_wards(tmp_path).find(-0.1, 51.45)
    assert found is not None
    assert found.code == "E1"


def test_a_point_a_rounding_error_outside_still_has_its_ward(tmp_path: Path) -> None:
    made = two_wards(tmp_path)
    found = made.find(4e-7, 51.45)  # less than half of the sixth decimal
    assert found is not None
    assert found.code == "E2"


def test_ten_centimetres_outside_is_outside(tmp_path: Path) -> None:
    assert two_wards(tmp_path).find(1.4e-6, 51.45) is None


def test_a_point_in_the_slit_between_two_wards_has_a_ward(tmp_path: Path) -> None:
    apart = [[lon + 2e-7 if lon == -0.1 else lon, lat] for lon, lat in EAST]
    name = areas.prepare(published(tmp_path, ward("E1", WEST), ward("E2", apart)), tmp_path)
    found = areas.load(tmp_path, name).find(-0.1 + 1e-7, 51.45)
    assert found is not None
    assert found.code == "E1"


def test_outside_is_an_answer(tmp_path: Path) -> None:
    assert two_wards(tmp_path).find(-2.24, 53.48) is None


def test_the_shipped_borough_is_what_the_script_draws() -> None:
    drawn = run_path(str(SHIPPED / "draw.py"))
    assert drawn["draw"]() == drawn["FILE"].read_bytes()


def test_the_shipped_borough_is_whole_and_its_places_are_where_they_say() -> None:
    made = areas.load(SHIPPED, "larkmere-2026")
    assert 8 <= len(made.wards) <= 12
    assert made.wards[0].code == "L05000001"
    for each in made.wards:
        assert made.find(*each.point) == each
        assert each.places
        assert all(made.find(*place.point) == each for place in each.places)


def test_dark_is_the_sun_below_the_horizon_and_not_the_clock() -> None:
    at = (-0.2, 51.4)
    assert areas.sun.is_dark(datetime(2027, 1, 12, 18, tzinfo=UTC), *at)
    assert not areas.sun.is_dark(datetime(2027, 6, 21, 18, tzinfo=UTC), *at)
    # Sunset on the evening of the clock change, 31 October 2027: 16:36 UTC by the almanac.
    assert not areas.sun.is_dark(datetime(2027, 10, 31, 16, 32, tzinfo=UTC), *at)
    assert areas.sun.is_dark(datetime(2027, 10, 31, 16, 40, tzinfo=UTC), *at)


def test_every_real_report_gets_its_true_ward(tmp_path: Path) -> None:
    name = areas.prepare(real("lewisham_wards_2022_epsg4326.geojson"), tmp_path)
    made = areas.load(tmp_path, name)
    with real("fixmystreet_ward_by_report.csv").open() as file:
        truth = {row["service_request_id"]: row["WD22CD"] for row in csv.DictReader(file)}
    with real("fixmystreet_lewisham_points.csv").open() as file:
        for row in csv.DictReader(file):
            found = made.find(float(row["long"]), float(row["lat"]))
            assert (found.code if found else "") == truth.pop(row["service_request_id"])
    assert not truth


def test_the_real_file_in_metres_is_refused() -> None:
    with pytest.raises(areas.AreasRefused, match="ogr2ogr"):
        areas.normalise(real("lewisham_wards_2022_epsg27700.geojson"))


@pytest.mark.parametrize(
    ("name", "wards", "date"),
    [
        ("lewisham_wards_2022_epsg4326.geojson", 19, "2022"),
        ("lewisham_wards_2022_simplified5m.geojson", 19, "2022"),
        ("wards_2013_lambeth_E09000022.geojson", 21, "2013"),
        ("wards_2013_lewisham_E09000023.geojson", 18, "2013"),
        ("wards_2013_southwark_E09000028.geojson", 21, "2013"),
    ],
)
def test_every_real_ward_file_becomes_a_set(
    tmp_path: Path, name: str, wards: int, date: str
) -> None:
    made = areas.load(tmp_path, areas.prepare(real(name), tmp_path))
    assert (len(made.wards), made.date) == (wards, date)
    for feature in json.loads(made.geojson_bytes)["features"]:
        geometry = feature["geometry"]
        several = geometry["type"] == "MultiPolygon"
        parts = geometry["coordinates"] if several else [geometry["coordinates"]]
        assert all(signed_area(part[0]) > 0 for part in parts)
