"""Whom a coordinator has barred does not book online, and learns no more than anybody who tried too often."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from booking import service
from tests.booking.desk import OTHER_WARD, Booking, Json, problem

ADA = "ada@example.org"


async def bars(booking: Booking, walk: Json, **more: Any) -> httpx.Response:
    """The coordinator bars whoever a walk is with."""
    body = {"reference": walk["reference"], "reason": "abusive, see log 12"} | more
    return await booking.http.post("/booking/v1/bars", json=body, headers=booking.coordinator)


async def tries(booking: Booking, hours: int = 3) -> httpx.Response:
    """Ada tries again, under another tag and with another officer."""
    slot = await booking.slot(officer=1, at=booking.clock() + timedelta(hours=hours))
    return await booking.books(slot, email="Ada+again@example.org")


async def test_who_is_barred_gets_the_answer_of_every_429(booking: Booking) -> None:
    walk = await booking.walk(email=ADA)
    assert (await bars(booking, walk)).status_code == 201
    refused = await tries(booking)
    assert (refused.status_code, problem(refused)) == (429, "too-many")
    assert "barred" not in refused.text
    assert "abusive" not in refused.text
    assert len(await booking.rows("select from walk")) == 1
    assert (await booking.books(await booking.slot(officer=1))).status_code == 201  # somebody else


async def test_a_bar_ends_with_its_time_or_by_being_lifted(booking: Booking) -> None:
    walk = await booking.walk(email=ADA)
    until = (booking.clock() + timedelta(days=1)).isoformat()
    assert (await bars(booking, walk, until=until)).status_code == 201
    assert (await tries(booking)).status_code == 429
    booking.clock.advance(timedelta(days=1, minutes=1))
    assert (await tries(booking)).status_code == 201
    barred = (await bars(booking, walk)).json()
    path = f"/booking/v1/bars/{barred['id']}"
    for _ in range(2):  # lifted once more it stays lifted
        lifted = await booking.http.delete(path, headers=booking.coordinator)
        assert lifted.status_code == 204
    listed = await booking.http.get("/booking/v1/bars", headers=booking.coordinator)
    assert listed.json()["items"] == []
    [kept] = await booking.rows("select lifted_by from barred_contact where lifted_at is not null")
    assert kept["lifted_by"]


async def test_coordinators_see_why_and_by_whom_and_never_a_contact(booking: Booking) -> None:
    walk = await booking.walk(email=ADA)
    await bars(booking, walk)
    listed = await booking.http.get("/booking/v1/bars", headers=booking.coordinator)
    [shown] = listed.json()["items"]
    assert (shown["reference"], shown["reason"]) == (walk["reference"], "abusive, see log 12")
    assert "Ada" not in listed.text
    assert ADA not in listed.text
    elsewhere = booking.issuer.bearer("coordinator", wards=[OTHER_WARD])
    assert (await booking.http.get("/booking/v1/bars", headers=elsewhere)).json()["items"] == []
    path = f"/booking/v1/bars/{shown['id']}"
    assert (await booking.http.delete(path, headers=elsewhere)).status_code == 403
    [audited] = await booking.rows("select reason from audit where action = 'contact.barred'")
    assert audited == {"reason": "abusive, see log 12"}


@pytest.mark.parametrize(
    ("changes", "status", "slug"),
    [
        ({"reference": "0000-0000"}, 404, "not-found"),
        ({"reason": ""}, 422, "invalid"),
        ({"until": "2001-01-01T00:00:00Z"}, 409, "bar-over"),
    ],
)
async def test_what_cannot_be_is_refused(
    booking: Booking, changes: Json, status: int, slug: str
) -> None:
    refused = await bars(booking, await booking.walk(email=ADA), **changes)
    assert (refused.status_code, problem(refused)) == (status, slug)
    assert await booking.rows("select from barred_contact") == []


async def test_a_walk_of_another_coordinator_s_ward_bars_nobody(booking: Booking) -> None:
    walk = await booking.walk(email=ADA)
    refused = await booking.http.post(
        "/booking/v1/bars",
        json={"reference": walk["reference"], "reason": "abusive, see log 12"},
        headers=booking.issuer.bearer("coordinator", wards=[OTHER_WARD]),
    )
    assert refused.status_code == 403
    assert await booking.rows("select from barred_contact") == []


async def test_bars_are_listed_a_page_at_a_time_the_newest_first(booking: Booking) -> None:
    walk = await booking.walk(email=ADA)
    for nth in range(3):
        assert (await bars(booking, walk, reason=f"log {nth}")).status_code == 201
        booking.clock.advance(timedelta(minutes=1 if nth else 0))
    said, path = list[str](), "/booking/v1/bars?limit=1"
    while path:
        answer = await booking.http.get(path, headers=booking.coordinator)
        said += [each["reason"] for each in answer.json()["items"]]
        path = answer.links["next"]["url"] if "next" in answer.links else ""
        assert bool(path) == bool(answer.json()["next"])
    assert said[0] == "log 2"
    assert sorted(said) == ["log 0", "log 1", "log 2"]


async def test_a_bar_that_is_over_is_forgotten_with_its_digest_28_days_later(
    booking: Booking,
) -> None:
    walk = await booking.walk(email=ADA)
    await bars(booking, walk, reason="for ever")
    until = (booking.clock() + timedelta(days=1)).isoformat()
    await bars(booking, walk, reason="for a day", until=until)
    lifted = (await bars(booking, walk, reason="lifted")).json()
    booking.clock.advance(timedelta(days=1))
    await booking.http.delete(f"/booking/v1/bars/{lifted['id']}", headers=booking.coordinator)
    booking.clock.advance(timedelta(days=28))
    await service.forget_what_is_old(booking.desk)
    assert len(await booking.rows("select from barred_contact")) == 3
    booking.clock.advance(timedelta(seconds=1))
    await service.forget_what_is_old(booking.desk)
    kept = await booking.rows("select reason from barred_contact")
    assert kept == [{"reason": "for ever"}]
