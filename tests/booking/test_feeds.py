"""An officer's walks in her own calendar: whose, at whose address, and for how long."""

from datetime import timedelta
from typing import Any

import httpx

from booking import service
from tests.booking.calendars import read, unfolded
from tests.booking.desk import ORIGIN, WARD, Booking, problem, some_id
from tests.booking.visiting import page, sends, signed_in
from tests.booking.wishes import DAY, NO_KEY, asks, token_of, works
from tests.factories import START


async def makes(
    booking: Booking, *, officer: int = 0, headers: dict[str, str] | None = None
) -> httpx.Response:
    """Somebody (usually the first officer) makes an officer's feed."""
    path = f"/booking/v1/officers/{booking.officers[officer]}/feed"
    return await booking.http.post(path, headers=headers or booking.officer)


async def address(booking: Booking, **more: Any) -> str:
    """The address of a feed that has just been made."""
    answer = await makes(booking, **more)
    assert answer.status_code == 201, answer.text
    return answer.json()["url"]


async def test_an_officer_reads_her_own_walks_and_nobody_elses(booking: Booking) -> None:
    walk = await booking.walk(email="ada@example.org")
    await booking.walk(officer=1)
    answer = await booking.http.get(await address(booking))
    [event] = read(answer)
    assert (event.uid, event.summary) == (walk["id"], f"Walk {walk['reference']}")
    assert event.location == "Mill Lane bus stop, near the old mill"
    assert (event.start - START, event.end - START) == (
        timedelta(hours=1),
        timedelta(hours=1, minutes=30),
    )
    text = "\n".join(unfolded(answer))
    for told in ("Ada", "ada@", "manage", "METHOD"):
        assert told not in text
    assert answer.headers["cache-control"] == "no-store"


async def test_it_follows_what_becomes_of_a_walk(booking: Booking) -> None:
    walk = await booking.walk()
    mine, hers = (
        await address(booking),
        await address(booking, officer=1, headers=booking.coordinator),
    )
    other = {"officer_id": booking.officers[1]}
    given = await booking.acts(walk, "reassign", headers=booking.coordinator, json=other)
    assert given.status_code == 200, given.text
    assert read(await booking.http.get(mine)) == []
    [event] = read(await booking.http.get(hers))
    assert (event.uid, event.sequence, event.status) == (walk["id"], 1, "CONFIRMED")
    await booking.acts(walk, "cancel", headers=booking.coordinator)
    [event] = read(await booking.http.get(hers))
    assert (event.sequence, event.status) == (2, "CANCELLED")


async def test_a_place_that_is_held_for_an_offer_is_in_nobody_s(booking: Booking) -> None:
    mine = await address(booking)
    wish = await asks(booking)
    await booking.slot(at=START + DAY)
    await works(booking)
    assert read(await booking.http.get(mine)) == []
    await service.accept_by_link(booking.desk, token_of(wish), NO_KEY)
    assert len(read(await booking.http.get(mine))) == 1


async def test_who_walks_along_has_the_walk_too(booking: Booking) -> None:
    walk = await booking.walk()
    async with booking.database.transaction() as connection:
        await connection.execute(
            "insert into slot_officer select slot_id, $1 from walk", booking.officers[1]
        )
    feed = await address(booking, officer=1, headers=booking.coordinator)
    assert [event.uid for event in read(await booking.http.get(feed))] == [walk["id"]]


async def test_it_has_all_walks_ahead_and_those_of_the_last_day(booking: Booking) -> None:
    walks = [await booking.walk(at=START + timedelta(days=day)) for day in (1, 3, 27)]
    feed = await address(booking)
    assert [each.uid for each in read(await booking.http.get(feed))] == [w["id"] for w in walks]
    booking.clock.advance(timedelta(days=3, hours=23))
    assert [each.uid for each in read(await booking.http.get(feed))] == [
        walk["id"] for walk in walks[1:]
    ]
    booking.clock.advance(timedelta(hours=2))
    assert [each.uid for each in read(await booking.http.get(feed))] == [walks[2]["id"]]


async def test_her_walks_on_both_sides_of_a_clock_change_are_at_six_on_the_wall(
    booking: Booking,
) -> None:
    booking.clock.at = START.replace(month=10, day=29)
    at = START.replace(month=10, day=30, hour=17)
    walks = [await booking.walk(at=at), await booking.walk(at=at + timedelta(hours=25))]
    answer = await booking.http.get(await address(booking))
    assert [each.start for each in read(answer)] == [at, at + timedelta(hours=25)]
    assert [line for line in unfolded(answer) if line.startswith("DTSTART;")] == [
        "DTSTART;TZID=Europe/London:20271030T180000",
        "DTSTART;TZID=Europe/London:20271031T180000",
    ]
    assert [walk["local"]["from"] for walk in walks] == ["18:00", "18:00"]


async def test_an_address_is_void_once_revoked_and_once_another_is_made(booking: Booking) -> None:
    first = await address(booking)
    second = await address(booking)
    assert first != second
    assert problem(await booking.http.get(first)) == "not-found"
    assert (await booking.http.get(second)).status_code == 200
    path = f"/booking/v1/officers/{booking.officers[0]}/feed"
    for _ in range(2):
        assert (await booking.http.delete(path, headers=booking.coordinator)).status_code == 204
    assert (await booking.http.get(second)).status_code == 404
    assert (await booking.http.get(f"{ORIGIN}/booking/calendar/guessed.ics")).status_code == 404


async def test_who_is_suspended_has_no_feed_for_as_long(booking: Booking) -> None:
    feed = await address(booking)
    body = {
        "officer_id": booking.officers[0],
        "kind": "suspended",
        "from": START.isoformat(),
        "until": (START + timedelta(days=2)).isoformat(),
    }
    answer = await booking.http.post("/booking/v1/absences", json=body, headers=booking.coordinator)
    assert answer.status_code == 201, answer.text
    assert (await booking.http.get(feed)).status_code == 404
    booking.clock.advance(timedelta(days=2))
    assert (await booking.http.get(feed)).status_code == 200


async def test_only_she_and_a_coordinator_of_her_team_make_or_revoke_it(booking: Booking) -> None:
    [team] = (await booking.http.get("/booking/v1/teams")).json()["items"]
    wards = f"/booking/v1/teams/{team['id']}/wards"
    etag = (await booking.http.get(wards)).headers["etag"]
    answer = await booking.http.put(
        wards,
        json={"own": [WARD], "borrowed": []},
        headers=booking.coordinator | {"If-Match": etag},
    )
    assert answer.status_code == 200, answer.text
    elsewhere = booking.issuer.bearer("coordinator", wards=["L05000002"])
    for headers in (booking.issuer.bearer("officer", subject="officer-2"), elsewhere):
        assert (await makes(booking, headers=headers)).status_code == 403
        path = f"/booking/v1/officers/{booking.officers[0]}/feed"
        assert (await booking.http.delete(path, headers=headers)).status_code == 403
    assert await booking.rows("select from feed") == []
    assert (await makes(booking, headers=booking.coordinator)).status_code == 201
    path = f"/booking/v1/officers/{some_id()}/feed"
    assert (await booking.http.post(path, headers=booking.coordinator)).status_code == 404


async def test_the_token_is_kept_nowhere(booking: Booking) -> None:
    answer = await makes(booking)
    feed = answer.json()["url"]
    await booking.http.get(feed)
    token = feed.rsplit("/", 1)[-1].removesuffix(".ics")
    assert len(token) == 43
    assert answer.headers["cache-control"] == "no-store"
    [row] = await booking.rows("select * from feed")
    assert token not in repr(row)
    assert len(row["digest"]) == 32
    kept = await booking.rows("select answer::text from idempotency")
    assert token not in repr(kept)
    assert token not in booking.parts.lines.getvalue()
    assert '/calendar/{token}.ics"' in booking.parts.lines.getvalue()


async def test_an_officer_makes_and_revokes_it_on_her_page(booking: Booking) -> None:
    walk = await booking.walk()
    signed_in(booking, "officer")
    shown = await page(booking, "/booking/today")
    assert "Make an address" in shown
    assert "Revoke the address" not in shown
    made = await sends(booking, "/booking/feed", shown)
    assert made.status_code == 200, made.text
    feed = made.text.partition(f'value="{ORIGIN}/booking/calendar/')[2].partition('"')[0]
    path = f"/booking/calendar/{feed}"
    [event] = read(await booking.http.get(path))
    assert event.uid == walk["id"]
    shown = await page(booking, "/booking/today")
    assert feed not in shown
    gone = await sends(booking, "/booking/feed/revoke", shown)
    assert (gone.status_code, gone.headers["location"]) == (303, "/booking/today")
    assert (await booking.http.get(path)).status_code == 404


async def test_who_is_no_officer_is_offered_none(booking: Booking) -> None:
    signed_in(booking, "coordinator", subject="coordinator-1")
    shown = await page(booking, "/booking/today")
    assert "in your calendar" not in shown
