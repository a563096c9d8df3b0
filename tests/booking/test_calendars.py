"""A walk in her calendar, as another program than the one that wrote it reads it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.booking.calendars import Read, method, read, unfolded
from tests.booking.desk import Booking, Json
from tests.booking.visiting import page
from tests.factories import START

MINUTES_30 = timedelta(minutes=30)


def instant(text: str) -> datetime:
    """A time that says its offset."""
    return datetime.fromisoformat(text)


async def file_of(booking: Booking, walk: Json, **query: str) -> httpx.Response:
    """The calendar file at a walk's manage link."""
    return await booking.http.get(f"{walk['manage_url']}/walk.ics", params=query)


async def event_of(booking: Booking, walk: Json, **query: str) -> Read:
    """The one appointment of that file."""
    [event] = read(await file_of(booking, walk, **query))
    return event


async def walk_at(booking: Booking, at: datetime) -> Json:
    """A walk of half an hour that starts then, booked a day before."""
    booking.clock.at = at - timedelta(days=1)
    return await booking.walk(at=at)


async def test_a_walk_is_read_back_as_it_was_promised(booking: Booking) -> None:
    walk = await booking.walk()
    answer = await file_of(booking, walk)
    [event] = read(answer)
    assert (event.start, event.end) == (instant(walk["starts_at"]), instant(walk["ends_at"]))
    assert (event.uid, event.sequence, event.status) == (walk["id"], 0, "CONFIRMED")
    assert (event.stamp, method(answer)) == (START, "PUBLISH")
    assert "DTSTART;TZID=Europe/London:20270112T190000" in unfolded(answer)
    assert "BEGIN:VTIMEZONE" in unfolded(answer)


async def test_the_title_says_nothing_unless_she_asks_for_it(booking: Booking) -> None:
    walk = await booking.walk()
    event, text = await event_of(booking, walk), (await file_of(booking, walk)).text
    assert (event.summary, event.location, event.description) == ("Appointment", None, None)
    for told in ("walk", "police", "Robin", "mill", "020 7946", walk["reference"], "manage"):
        assert told.lower() not in text.lower(), told
    plain = await event_of(booking, walk, title="plain")
    assert (plain.summary, plain.uid) == ("Walk and Talk", event.uid)
    assert plain.location == "Mill Lane bus stop, near the old mill"
    assert plain.description and walk["reference"] in plain.description
    assert (await file_of(booking, walk, title="loud")).status_code == 422


async def test_neither_file_has_her_name_or_her_link(booking: Booking) -> None:
    walk = await booking.walk(email="ada@example.org")
    for title in ("neutral", "plain"):
        text = "\n".join(unfolded(await file_of(booking, walk, title=title)))
        for told in ("Ada", "ada@", "http", walk["manage_url"].rsplit("/", 1)[-1]):
            assert told not in text


async def test_what_changes_for_her_is_the_same_appointment_with_a_higher_sequence(
    booking: Booking,
) -> None:
    walk = await booking.walk()
    seen = [await event_of(booking, walk)]
    later = await booking.slot(at=START + timedelta(hours=5))
    moved = await booking.acts(walk, "move", headers=booking.coordinator, json={"slot_id": later})
    assert moved.status_code == 200, moved.text
    seen.append(await event_of(booking, walk))
    other = {"officer_id": booking.officers[1]}
    given = await booking.acts(walk, "reassign", headers=booking.coordinator, json=other)
    assert given.status_code == 200, given.text
    seen.append(await event_of(booking, walk))
    await booking.acts(walk, "cancel")
    seen.append(await event_of(booking, walk))
    assert {event.uid for event in seen} == {walk["id"]}
    assert [event.sequence for event in seen] == [0, 1, 2, 3]
    assert [event.status for event in seen] == ["CONFIRMED"] * 3 + ["CANCELLED"]
    assert seen[1].start == START + timedelta(hours=5)
    assert method(await file_of(booking, walk)) == "CANCEL"


# Each: when it starts and ends, and how the file says its start: in UTC where a wall time would be two.
AROUND_THE_CLOCKS: list[tuple[str, str, str]] = [
    # 28 March 2027: 01:00 GMT becomes 02:00 BST.
    ("2027-03-27T18:00+00:00", "2027-03-27T18:30Z", "DTSTART;TZID=Europe/London:20270327T180000"),
    ("2027-03-28T00:45+00:00", "2027-03-28T01:15Z", "DTSTART;TZID=Europe/London:20270328T004500"),
    ("2027-03-28T02:00+01:00", "2027-03-28T01:30Z", "DTSTART;TZID=Europe/London:20270328T020000"),
    ("2027-03-28T18:00+01:00", "2027-03-28T17:30Z", "DTSTART;TZID=Europe/London:20270328T180000"),
    # 31 October 2027: 02:00 BST becomes 01:00 GMT, and the hour from 01:00 comes again.
    ("2027-10-30T18:00+01:00", "2027-10-30T17:30Z", "DTSTART;TZID=Europe/London:20271030T180000"),
    ("2027-10-31T00:15+01:00", "2027-10-30T23:45Z", "DTSTART;TZID=Europe/London:20271031T001500"),
    ("2027-10-31T00:45+01:00", "2027-10-31T00:15Z", "DTSTART:20271030T234500Z"),
    ("2027-10-31T01:00+01:00", "2027-10-31T00:30Z", "DTSTART:20271031T000000Z"),
    ("2027-10-31T01:45+01:00", "2027-10-31T01:15Z", "DTSTART:20271031T004500Z"),
    ("2027-10-31T01:00+00:00", "2027-10-31T01:30Z", "DTSTART:20271031T010000Z"),
    ("2027-10-31T02:00+00:00", "2027-10-31T02:30Z", "DTSTART;TZID=Europe/London:20271031T020000"),
    ("2027-10-31T18:00+00:00", "2027-10-31T18:30Z", "DTSTART;TZID=Europe/London:20271031T180000"),
    # Over midnight, on either side of the turn of the year.
    ("2027-07-01T23:45+01:00", "2027-07-01T23:15Z", "DTSTART;TZID=Europe/London:20270701T234500"),
    ("2027-12-31T23:45+00:00", "2028-01-01T00:15Z", "DTSTART;TZID=Europe/London:20271231T234500"),
]


@pytest.mark.parametrize(("start", "end", "said"), AROUND_THE_CLOCKS)
async def test_the_same_minutes_are_read_back_at_both_clock_changes_and_over_midnight(
    booking: Booking, start: str, end: str, said: str
) -> None:
    walk = await walk_at(booking, instant(start))
    answer = await file_of(booking, walk)
    [event] = read(answer)
    assert (event.start, event.end) == (instant(start).astimezone(UTC), instant(end))
    assert event.end - event.start == MINUTES_30
    assert said in unfolded(answer)


async def test_a_link_that_is_not_good_gives_no_file(booking: Booking) -> None:
    walk = await booking.walk()
    door, token = walk["manage_url"].rsplit("/", 1)
    other = "A" if token[0] != "A" else "B"
    forged = {**walk, "manage_url": f"{door}/{other}{token[1:]}"}
    assert (await file_of(booking, forged)).status_code == 404
    booking.clock.at = START + timedelta(days=60)
    assert (await file_of(booking, walk)).status_code == 410


async def test_fetching_it_changes_nothing_and_is_kept_nowhere(booking: Booking) -> None:
    walk = await booking.walk()
    before: list[dict[str, Any]] = await booking.rows("select * from walk")
    for ask in (booking.http.head, booking.http.get):
        answer = await ask(f"{walk['manage_url']}/walk.ics")
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["content-disposition"] == 'attachment; filename="appointment.ics"'
    assert await booking.rows("select * from walk") == before
    assert walk["manage_url"].rsplit("/", 1)[-1] not in booking.parts.lines.getvalue()


async def test_her_page_leads_to_the_file_and_once_cancelled_to_the_one_that_takes_it_out(
    booking: Booking,
) -> None:
    walk = await booking.walk()
    path = walk["manage_url"].removeprefix("http://127.0.0.1:8080")
    text = await page(booking, path)
    assert f'href="{path}/walk.ics"' in text
    assert f'href="{path}/walk.ics?title=plain"' in text
    await booking.acts(walk, "cancel")
    text = await page(booking, path)
    assert f'href="{path}/walk.ics"' in text
    assert "Take it out of your calendar" in text
    assert "title=plain" not in text
