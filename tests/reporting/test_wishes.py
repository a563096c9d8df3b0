"""Figures of wishes: how many were asked, and what became of them; a wish that was met is counted once."""

from datetime import timedelta

import httpx
import pytest

from reporting import domain, service, worker
from reporting.domain import Fact, NotAsked
from shared.events import Received, WardRef
from shared.postgres import Database
from tests.reporting.events import AT, a_walk_event, request_events

ONE = WardRef(code="L05000001", set="larkmere-2026")
OTHER = WardRef(code="L05000002", set="larkmere-2026")


async def count(database: Database, *events: Received) -> None:
    listens = worker.work().listens
    async with database.transaction() as connection:
        for event in events:
            await listens[event.topic][event.type](connection, [event])


def test_a_walk_out_of_a_wish_is_a_wish_that_was_met_and_how_long_it_took() -> None:
    walk, met = domain.facts_of_walk(a_walk_event("confirmed", waited_hours=26))
    assert (walk.measure, walk.kind, walk.elapsed_seconds) == ("walks", "confirmed", None)
    assert met == Fact(
        "requests", "confirmed", AT.date(), ONE.code, ONE.set, "dark", elapsed_seconds=26 * 3600
    )


def test_a_slot_that_she_chose_herself_is_nobodys_wish() -> None:
    found = domain.facts_of_walk(a_walk_event("confirmed"))
    assert [each.measure for each in found] == ["walks"]


async def test_wishes_are_counted_as_asked_and_by_what_became_of_them(
    reporting_database: Database, analyst: httpx.AsyncClient
) -> None:
    asked, waitlisted, withdrawn, made, expired = request_events()
    await count(reporting_database, asked, asked, asked, waitlisted, made, made, expired, withdrawn)
    await count(reporting_database, a_walk_event("confirmed", waited_hours=0))
    await count(reporting_database, a_walk_event("confirmed"))

    async def rows(by: str) -> list[dict[str, object]]:
        path = f"/reporting/v1/figures?measure=requests&by={by}"
        answer = await analyst.get(path)
        assert answer.status_code == 200, answer.text
        assert answer.json()["counts"] == "requests"
        return answer.json()["rows"]

    assert await rows("") == [{"count": 3}]
    assert await rows("kind") == [
        {"kind": "confirmed", "count": 1},
        {"kind": "offer_expired", "count": 1},
        {"kind": "offer_made", "count": 2},
        {"kind": "requested", "count": 3},
        {"kind": "waitlisted", "count": 1},
        {"kind": "withdrawn", "count": 1},
    ]
    table = await analyst.get("/reporting/v1/figures.csv?measure=requests&by=kind")
    assert table.text.splitlines()[:2] == ["kind,count,counts", "confirmed,1,requests"]
    assert (await service.compare(reporting_database)).equal


async def test_a_wish_for_several_wards_is_of_none_and_counted_all_the_same(
    reporting_database: Database, analyst: httpx.AsyncClient
) -> None:
    await count(reporting_database, request_events(ONE, OTHER)[0])
    answer = await analyst.get("/reporting/v1/figures?measure=requests&by=ward")
    assert answer.json()["rows"] == [{"ward": None, "count": 1}]


@pytest.mark.parametrize("measure", ["walks", "concerns"])
async def test_what_became_of_them_is_asked_of_wishes_only(
    analyst: httpx.AsyncClient, measure: str
) -> None:
    answer = await analyst.get(f"/reporting/v1/figures?measure={measure}&by=kind")
    assert answer.status_code == 422
    with pytest.raises(NotAsked):
        domain.ask("walks", "kind", since=AT.date(), until=AT.date() + timedelta(days=1))
