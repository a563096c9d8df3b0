"""Officers who are not there: their slots, their walks, and who is shown what of it."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from httpx import Response

from booking import domain
from shared.events.absences import INTERNAL
from tests.booking.desk import OTHER_WARD, WARD, Booking, Json, pointers, problem, some_id
from tests.booking.test_teams import changes
from tests.doors import ROLES
from tests.factories import START

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
KINDS = ("sick", "redeployed", "leave", "moved", "suspended", "blocked")


def said(at: datetime | None) -> str | None:
    """An instant as it is sent."""
    return at.astimezone(domain.LONDON).isoformat() if at else None


async def records(
    booking: Booking,
    kind: str = "sick",
    *,
    since: datetime = START,
    until: datetime | None = START + DAY,
    officer: int = 0,
    headers: Json | None = None,
) -> Response:
    """A coordinator records that an officer is away."""
    body = {
        "officer_id": booking.officers[officer],
        "kind": kind,
        "from": said(since),
        "until": said(until),
    }
    return await booking.http.post(
        "/booking/v1/absences", json=body, headers=headers or booking.coordinator
    )


async def recorded(booking: Booking, kind: str = "sick", **more: Any) -> Json:
    """An absence that has just been recorded."""
    answer = await records(booking, kind, **more)
    assert answer.status_code == 201, answer.text
    return answer.json()["absence"]


async def ends(booking: Booking, absence: Json, until: datetime | None) -> Response:
    """A coordinator says another end of an absence that she has read."""
    headers = booking.coordinator | {"If-Match": f'"{absence["version"]}"'}
    where = f"/booking/v1/absences/{absence['id']}"
    return await booking.http.patch(where, json={"until": said(until)}, headers=headers)


@pytest.mark.parametrize("kind", KINDS)
async def test_whoever_is_away_is_offered_to_nobody(booking: Booking, kind: str) -> None:
    hers = await booking.slot()
    later = await booking.slot(at=START + 2 * DAY)
    other = await booking.slot(officer=1)
    await recorded(booking, kind)
    assert {slot["id"] for slot in await booking.slots()} == {later, other}
    refused = await booking.books(hers)
    assert (refused.status_code, problem(refused)) == (409, "slot-taken")
    assert (await booking.books(later)).status_code == 201


async def test_the_answer_names_the_walks_that_wait_for_somebody_and_leaves_them(
    booking: Booking,
) -> None:
    first, second = [await booking.walk(at=START + nth * HOUR) for nth in (1, 3)]
    await booking.walk(at=START + 2 * DAY)
    await booking.walk(officer=1)
    answer = await records(booking)
    assert [walk["reference"] for walk in answer.json()["walks"]] == [
        first["reference"],
        second["reference"],
    ]
    assert answer.json()["walks"][0]["local"]["from"] == "19:00"
    assert "Ada" not in answer.text
    rows = await booking.rows("select state from walk")
    assert [row["state"] for row in rows] == ["confirmed"] * 4
    [event] = await booking.events(INTERNAL)
    assert event["type"] == "absence.recorded.v1"
    told = str(event)
    assert "affected_walks" in told
    assert not any(word in told for word in (*KINDS, "Robin", booking.officers[0]))


async def test_an_absence_that_reaches_further_is_told_of_again(booking: Booking) -> None:
    await booking.walk(at=START + 2 * DAY)
    absence = await recorded(booking)
    shorter = (await ends(booking, absence, START + 2 * HOUR)).json()["absence"]
    assert len(await booking.events(INTERNAL)) == 1
    longer = await ends(booking, shorter, START + 3 * DAY)
    assert len(longer.json()["walks"]) == 1
    assert [event["sequence"] for event in await booking.events(INTERNAL)] == [1, 2]
    openended = await ends(booking, longer.json()["absence"], None)
    assert openended.json()["absence"]["until"] is None
    assert len(await booking.events(INTERNAL)) == 3


async def test_an_absence_that_is_ended_gives_the_slots_back(booking: Booking) -> None:
    slot = await booking.slot(at=START + 5 * HOUR)
    absence = await recorded(booking, until=None)
    assert await booking.slots() == []
    booking.clock.advance(HOUR)
    answer = await ends(booking, absence, START)
    assert answer.json()["absence"]["until"] == said(START + HOUR)
    assert [each["id"] for each in await booking.slots()] == [slot]
    again = await ends(booking, answer.json()["absence"], START + DAY)
    assert (again.status_code, problem(again)) == (409, "absence-over")


async def test_an_absence_that_has_not_begun_is_called_off(booking: Booking) -> None:
    absence = await recorded(booking, since=START + DAY, until=START + 2 * DAY)
    assert (await ends(booking, absence, START)).status_code == 200
    listed = await booking.http.get("/booking/v1/absences", headers=booking.coordinator)
    assert listed.json() == {"items": []}
    assert (await ends(booking, absence, START)).status_code == 404


async def test_who_changes_an_absence_has_read_it(booking: Booking) -> None:
    absence = await recorded(booking)
    where, body = f"/booking/v1/absences/{absence['id']}", {"until": None}
    blind = await booking.http.patch(where, json=body, headers=booking.coordinator)
    assert blind.status_code == 428
    assert (await ends(booking, absence | {"version": 7}, None)).status_code == 412
    shown = await booking.http.get(where, headers=booking.coordinator)
    assert (shown.headers["etag"], shown.json()["absence"]) == ('"1"', absence)


@pytest.mark.parametrize(
    ("since", "until"), [(HOUR, HOUR), (2 * HOUR, HOUR), (-2 * HOUR, -HOUR), (-HOUR, 0 * HOUR)]
)
async def test_an_absence_ends_after_it_begins_and_ahead(
    booking: Booking, since: timedelta, until: timedelta
) -> None:
    answer = await records(booking, since=START + since, until=START + until)
    assert (answer.status_code, pointers(answer)) == (422, ["#/until"])


async def test_an_absence_is_some_officer_s(booking: Booking) -> None:
    body = {"officer_id": str(some_id()), "kind": "sick", "from": said(START)}
    answer = await booking.http.post("/booking/v1/absences", json=body, headers=booking.coordinator)
    assert (answer.status_code, pointers(answer)) == (422, ["#/officer_id"])


async def everything(booking: Booking, headers: Json) -> str:
    """All that a caller is shown of officers, slots, walks, shifts and absences."""
    paths = ("slots", "officers", "teams", "walks", "walks/overdue", "absences")
    shifts = [f"officers/{each}/shifts" for each in booking.officers]
    answers = [
        await booking.http.get(f"/booking/v1/{path}", headers=headers) for path in (*paths, *shifts)
    ]
    return "".join(answer.text for answer in answers if answer.status_code == 200)


async def test_a_suspended_officer_is_gone_at_once_and_only_coordinators_are_told_why(
    booking: Booking,
) -> None:
    await booking.slot()
    await booking.slot(at=START + 20 * DAY)
    await recorded(booking, "suspended", until=None)
    callers = {role: booking.issuer.bearer(role, subject=f"{role}-1") for role in ROLES}
    for role, headers in (callers | {"nobody": {}}).items():
        shown = await everything(booking, headers)
        assert ("suspended" in shown) == (role == "coordinator"), role
        if role != "coordinator":
            assert "PC Robin 1" not in shown, role
            assert booking.officers[0] not in shown, role
    assert await booking.slots() == []
    listed = await booking.http.get("/booking/v1/officers", headers=booking.coordinator)
    assert [each["display_name"] for each in listed.json()["items"]] == ["PC Robin 2"]


async def test_a_suspended_officer_acts_on_no_walk_and_takes_none(booking: Booking) -> None:
    walk = await booking.walk(officer=1)
    await recorded(booking, "suspended", until=None)
    answer = await booking.acts(walk, "start")
    assert (answer.status_code, problem(answer)) == (403, "not-in-team")
    assert "suspend" not in answer.text
    body = {"officer_id": booking.officers[0]}
    given = await booking.acts(walk, "reassign", headers=booking.coordinator, json=body)
    assert (given.status_code, problem(given)) == (409, "officer-busy")
    colleague = booking.issuer.bearer("officer", subject="officer-2")
    assert (await booking.acts(walk, "start", headers=colleague)).status_code == 200


async def test_the_reason_is_in_no_log_and_each_reading_is_audited(booking: Booking) -> None:
    absence = await recorded(booking, "suspended", until=None)
    await booking.http.get("/booking/v1/absences", headers=booking.coordinator)
    await booking.http.get(f"/booking/v1/absences/{absence['id']}", headers=booking.coordinator)
    lines = booking.parts.lines.getvalue()
    assert "absence.recorded" in lines
    assert "suspended" not in lines
    assert booking.officers[0] not in lines
    rows = await booking.rows("select subject from audit where action = 'absence.read'")
    assert [row["subject"] for row in rows] == [f"absence {absence['id']}"] * 2


async def test_absences_are_for_coordinators_of_the_team(booking: Booking) -> None:
    absence = await recorded(booking)
    assert (await changes(booking, "wards", {"own": [WARD]})).status_code == 200
    hers = booking.issuer.bearer("coordinator", wards=[OTHER_WARD])
    assert (await records(booking, headers=hers)).status_code == 403
    listed = await booking.http.get("/booking/v1/absences", headers=hers)
    assert listed.json() == {"items": []}
    where = f"/booking/v1/absences/{absence['id']}"
    assert (await booking.http.get(where, headers=hers)).status_code == 403
    for headers in (booking.officer, booking.issuer.bearer("duty")):
        assert (await booking.http.get(where, headers=headers)).status_code == 403


async def test_an_absence_and_a_booking_at_once_see_each_other(booking: Booking) -> None:
    for nth in range(10):
        at = START + HOUR + nth * DAY
        slot = await booking.slot(at=at)
        away, booked = await asyncio.gather(
            records(booking, since=at - HOUR, until=at + HOUR), booking.books(slot)
        )
        named = [walk["reference"] for walk in away.json()["walks"]]
        assert booked.status_code in {201, 409}
        assert named == ([booked.json()["reference"]] if booked.status_code == 201 else [])
