import csv
import io
import itertools
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI

from reporting import schemas, worker
from reporting.domain import DIMENSIONS
from shared.events import Received, WardRef
from shared.postgres import Database
from tests.factories import START
from tests.reporting.events import DAY, WARD, a_concern, a_started_walk, applied_until
from tests.tokens import TestIssuer

OTHER_WARD = WardRef(code="L05000002", set="larkmere-2026")
OLD_SET = WardRef(code="E05000439", set="lewisham-2013")
NAMED = {"code": "L05000001", "name": "Mere End", "set": "larkmere-2026"}


async def count(database: Database, *events: Received) -> None:
    listens = worker.work().listens
    async with database.transaction() as connection:
        for event in events:
            await listens[event.topic][event.type](connection, [event])


@pytest.fixture
async def counted(reporting_database: Database) -> Database:
    """Three walks and three concerns, applied until five seconds ago."""
    await count(
        reporting_database,
        a_started_walk(),
        a_started_walk(light="day"),
        a_started_walk(ward=OTHER_WARD, local_date=DAY + timedelta(days=1)),
        a_concern(categories=["badly_lit", "litter"]),
        a_concern(categories=["litter"], light="day", ward=OTHER_WARD),
        a_concern(categories=["litter"], ward=None),
    )
    await applied_until(reporting_database, START - timedelta(seconds=5))
    return reporting_database


async def rows(client: httpx.AsyncClient, **asked: str) -> list[dict[str, object]]:
    answer = await client.get("/reporting/v1/figures", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()["rows"]


async def test_figures_say_how_fresh_they_are(counted: Database, analyst: httpx.AsyncClient):
    answer = await analyst.get("/reporting/v1/figures", params={"measure": "walks"})
    assert answer.json() == {
        "as_of": "2027-01-12T17:59:55+00:00",
        "lag_seconds": 5.0,
        "parked": 0,
        "measure": "walks",
        "counts": "walks",
        "note": None,
        "rows": [{"count": 3}],
    }
    schemas.Figures.model_validate(answer.json())


async def test_walks_by_ward_name_their_wards(
    counted: Database, analyst: httpx.AsyncClient, app: FastAPI
):
    found = await rows(analyst, measure="walks", by="ward")
    names = app.state.ward_names
    assert found == [
        {"ward": {"code": w.code, "name": names[w.set, w.code], "set": w.set}, "count": n}
        for w, n in [(WARD, 2), (OTHER_WARD, 1)]
    ]
    assert all(names.values())


async def test_a_ward_of_an_unknown_set_has_no_name(
    reporting_database: Database, analyst: httpx.AsyncClient
):
    await count(reporting_database, a_started_walk(ward=OLD_SET))
    (row,) = await rows(analyst, measure="walks", by="ward")
    assert row == {"ward": {"code": "E05000439", "name": None, "set": "lewisham-2013"}, "count": 1}


async def test_concerns_outside_every_ward_have_the_ward_null(
    counted: Database, analyst: httpx.AsyncClient
):
    found = await rows(analyst, measure="concerns", by="ward")
    assert found[-1] == {"ward": None, "count": 1}


async def test_concerns_by_category_count_mentions_and_say_so(
    counted: Database, analyst: httpx.AsyncClient
):
    answer = (
        await analyst.get("/reporting/v1/figures", params={"measure": "concerns", "by": "category"})
    ).json()
    assert answer["counts"] == "mentions"
    assert "counted once in each" in answer["note"]
    assert answer["rows"] == [
        {"category": "badly_lit", "count": 1},
        {"category": "litter", "count": 3},
    ]
    assert await rows(analyst, measure="concerns") == [{"count": 3}]


ORDERS = [
    order for number in range(5) for order in itertools.permutations(DIMENSIONS, number)
]  # fmt: skip


@pytest.mark.parametrize("measure", ["walks", "concerns"])
async def test_every_subset_in_every_order_answers_in_that_order(
    counted: Database, analyst: httpx.AsyncClient, measure: str
):
    for order in ORDERS:
        found = await rows(analyst, measure=measure, by=",".join(order))
        assert {tuple(row) for row in found} == {(*order, "count")}
        mentions = measure == "concerns" and "category" in order
        assert sum(int(str(row["count"])) for row in found) == (4 if mentions else 3)


async def test_figures_of_some_days_only(counted: Database, analyst: httpx.AsyncClient):
    first, second = DAY.isoformat(), (DAY + timedelta(days=1)).isoformat()
    assert await rows(analyst, measure="walks", to=first) == [{"count": 2}]
    assert await rows(analyst, measure="walks", **{"from": second}) == [{"count": 1}]
    assert await rows(analyst, measure="walks", **{"from": first, "to": second}) == [{"count": 3}]
    assert await rows(analyst, measure="walks", by="day") == [
        {"day": first, "count": 2},
        {"day": second, "count": 1},
    ]


NOT_TO_BE_ASKED: list[dict[str, str]] = [
    {},
    {"measure": "people"},
    {"measure": "walks", "by": "street"},
    {"measure": "walks", "by": "ward,ward"},
    {"measure": "walks", "by": "ward,"},
    {"measure": "walks", "by": "ward\x00"},
    {"measure": "walks", "by": "w" * 101},
    {"measure": "walks", "from": "yesterday"},
    {"measure": "walks", "from": "2027-02-30"},
    {"measure": "walks", "from": "1799971200"},
    {"measure": "walks", "to": "1799971200"},
    {"measure": "walks", "from": "2027-02-02", "to": "2027-02-01"},
]


@pytest.mark.parametrize("path", ["/reporting/v1/figures", "/reporting/v1/figures.csv"])
async def test_what_cannot_be_asked_is_a_problem_that_repeats_nothing(
    analyst: httpx.AsyncClient, path: str
):
    for asked in NOT_TO_BE_ASKED:
        answer = await analyst.get(path, params=asked)
        assert answer.status_code == 422, asked
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["errors"][0]["pointer"].startswith("#/query/")
        for sent in ("street", "people", "yesterday", "\x00"):
            assert sent not in answer.text


async def test_the_csv_holds_the_same_rows(counted: Database, analyst: httpx.AsyncClient):
    asked = {"measure": "concerns", "by": "light,ward,category"}
    answer = await analyst.get("/reporting/v1/figures.csv", params=asked)
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["as-of"] == "2027-01-12T17:59:55+00:00"
    assert answer.headers["lag-seconds"] == "5.0"
    assert 'filename="mentions.csv"' in answer.headers["content-disposition"]
    table = list(csv.DictReader(io.StringIO(answer.text)))
    assert list(table[0]) == [
        "light", "ward_code", "ward_name", "ward_set", "category", "count", "counts",
    ]  # fmt: skip
    json_rows = await rows(analyst, **asked)
    assert [(line["light"], line["category"], int(line["count"])) for line in table] == [
        (row["light"], row["category"], row["count"]) for row in json_rows
    ]
    assert {line["counts"] for line in table} == {"mentions"}


async def test_no_cell_of_the_csv_is_taken_for_a_formula(
    reporting_database: Database, analyst: httpx.AsyncClient
):
    hostile = sorted(start + 'cmd|"/c calc",x\n' for start in "=+-@\t\r")
    await count(reporting_database, a_concern(categories=hostile))
    answer = await analyst.get(
        "/reporting/v1/figures.csv", params={"measure": "concerns", "by": "category"}
    )
    _, *lines = csv.reader(io.StringIO(answer.text, newline=""))
    assert [category for category, *_ in lines] == ["'" + each for each in hostile]


FIGURES = ("/reporting/v1/figures?measure=walks", "/reporting/v1/figures.csv?measure=walks")


async def test_figures_are_for_analysts(client: httpx.AsyncClient, issuer: TestIssuer):
    may = {"analyst", "admin"}
    for role in ("analyst", "admin", "officer", "coordinator", "partner", "duty"):
        for path in FIGURES:
            answer = await client.get(path, headers=issuer.bearer(role))
            assert answer.status_code == (200 if role in may else 403), (role, path)


async def test_nobody_is_answered_without_a_token(client: httpx.AsyncClient):
    for path in (*FIGURES, "/reporting/v1/live"):
        assert (await client.get(path)).status_code == 401


async def test_a_stranger_learns_nothing_from_how_a_question_is_refused(client: httpx.AsyncClient):
    assert (await client.get("/reporting/v1/figures?measure=people")).status_code == 401


async def test_the_wards_come_as_geojson_and_only_once(
    client: httpx.AsyncClient, issuer: TestIssuer, app: FastAPI
):
    client.headers.update(issuer.bearer("officer"))
    answer = await client.get("/reporting/areas.geojson")
    assert answer.headers["content-type"] == "application/geo+json"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.json()["name"] == "larkmere-2026"
    assert len(answer.json()["features"]) == len(app.state.boundaries.wards)
    plain = await client.get("/reporting/areas.geojson", headers={"Accept-Encoding": "identity"})
    assert plain.content == app.state.boundaries.geojson_bytes
    again = await client.get(
        "/reporting/areas.geojson", headers={"If-None-Match": answer.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


async def test_the_openapi_document_describes_the_routes(client: httpx.AsyncClient):
    described = (await client.get("/reporting/v1/openapi.json")).json()
    figures = described["paths"]["/reporting/v1/figures"]["get"]
    assert {each["name"] for each in figures["parameters"]} == {"measure", "by", "from", "to"}
    live = described["paths"]["/reporting/v1/live"]["get"]["responses"]["200"]["content"]
    assert set(live) == {"text/event-stream"}
