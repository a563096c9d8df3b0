"""A roster from a CSV file on pages, without script: the dry run, every wrong line, and the same text carried out."""

from html import unescape

import pytest
from httpx import Response

from tests.booking.desk import OTHER_WARD, WARD, Booking
from tests.booking.test_imports import HEAD, a_file, a_line, imports, tables
from tests.booking.test_teams import changes
from tests.booking.visiting import FROM_US, HTML, page, sends, signed_in
from tests.provider import hidden_fields

PATH = "/booking/rosters"


async def uploads(booking: Booking, content: bytes) -> Response:
    """A coordinator chooses a file."""
    shown = await page(booking, PATH)
    files = {"file": ("roster.csv", content, "text/csv")}
    headers = FROM_US | HTML
    return await booking.http.post(PATH, data=hidden_fields(shown), files=files, headers=headers)


async def pastes(booking: Booking, text: str) -> Response:
    """A coordinator pastes lines, which a browser sends with ends of its own."""
    shown = await page(booking, PATH)
    return await sends(booking, PATH, shown, csv=text.replace("\n", "\r\n"))


async def test_the_pages_are_for_coordinators(booking: Booking) -> None:
    for role in ("officer", "duty", "analyst"):
        signed_in(booking, role)
        await page(booking, PATH, 403)
    signed_in(booking, "coordinator")
    assert "officer, weekday, from, to, from_date" in await page(booking, PATH)


async def test_a_file_is_first_looked_at_and_then_carried_out(booking: Booking) -> None:
    before = a_file(a_line(booking), a_line(booking, weekday="monday"))
    assert (await imports(booking, before)).status_code == 200
    slots = {slot["local"]["date"]: slot for slot in await booking.slots()}
    walk = (await booking.books(slots["2027-01-18"]["id"])).json()
    signed_in(booking, "coordinator")
    kept = await tables(booking)
    text = a_file(a_line(booking, to="19:00"), a_line(booking, weekday="friday"))
    dry = await uploads(booking, b"\xef\xbb\xbf" + text.encode())
    assert dry.status_code == 200, dry.text
    assert await tables(booking) == kept
    for said in (
        "Added: PC Robin 1, friday 18:00 to 20:00",
        "Changed: PC Robin 1, wednesday 18:00 to 19:00",
        "Removed: PC Robin 1, monday 18:00 to 20:00",
        "8 slots would be opened, 11 withdrawn",
        "Walks that would be outside the roster",
        "Nothing has been changed yet",
        f'href="/booking/walks/{walk["id"]}"',
    ):
        assert said in dry.text, said
    assert hidden_fields(dry.text)["csv"] == text
    for _ in range(2):  # pressed twice, it is done once
        done = await sends(booking, f"{PATH}/import", dry.text)
        assert done.status_code == 200, done.text
        assert "Done: 8 slots opened, 11 withdrawn" in done.text
        assert "Walks that are outside the roster" in done.text
    rows = await booking.rows("select weekday, wall_to::text from shift order by weekday")
    assert [tuple(row.values()) for row in rows] == [(3, "19:00:00"), (5, "20:00:00")]
    again = await pastes(booking, text)
    assert "No shift is added, changed or removed" in again.text
    assert "2 shifts stay as they are" in again.text


async def test_every_wrong_line_is_said_with_its_column_and_the_text_is_kept(
    booking: Booking,
) -> None:
    signed_in(booking, "coordinator")
    text = a_file(
        a_line(booking),
        a_line(booking, weekday="someday", to="26:00"),
        a_line(booking, weekday="monday", ward="nowhere"),
    )
    for answer in (await uploads(booking, text.encode()), await pastes(booking, text)):
        assert answer.status_code == 422
        assert "There is a problem" in answer.text
        assert "Line 3, weekday: Must be monday, tuesday ... sunday" in answer.text
        assert "Line 3, to: Must be a time like 22:00" in answer.text
        assert '<a href="#csv-3-weekday">' in answer.text
        assert 'id="csv-3-weekday"' in answer.text
        assert text in unescape(answer.text)
        assert "Do this" not in answer.text
    mended = text.replace("someday", "sunday").replace("26:00", "22:00")
    answer = await pastes(booking, mended)
    assert "Line 4, ward: Is not a ward of the boundary set in force" in answer.text
    assert await booking.rows("select from shift") == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Choose a file, or paste its lines"),
        ("officer,weekday\n", "Line 1: Must be a heading with officer, weekday"),
        (f"{HEAD}\n", "Must have from 1 to 2000 lines"),
        (f'{HEAD}\n"x', "Line 2: Is no line of a CSV file"),
        (f"{HEAD}\n" + "x" * 500_000, "at most 500,000 letters"),
    ],
)
async def test_what_is_no_roster_is_said(booking: Booking, text: str, said: str) -> None:
    signed_in(booking, "coordinator")
    for answer in (await uploads(booking, text.encode()), await pastes(booking, text)):
        assert answer.status_code == 422
        assert said in answer.text
        assert text in unescape(answer.text)


async def test_a_file_that_is_no_utf_8_is_said(booking: Booking) -> None:
    signed_in(booking, "coordinator")
    answer = await uploads(booking, "officer,Café".encode("latin-1"))
    assert (answer.status_code, "CSV UTF-8" in answer.text) == (422, True)


async def test_many_wrong_lines_are_counted_and_the_first_are_shown(booking: Booking) -> None:
    signed_in(booking, "coordinator")
    answer = await pastes(booking, a_file(*(["x"] * 60)))
    assert answer.status_code == 422
    assert "There are" in answer.text
    assert answer.text.count('<a href="#csv-') == 50


async def test_what_a_dry_run_did_not_show_wrong_may_be_wrong_when_it_is_carried_out(
    booking: Booking,
) -> None:
    signed_in(booking, "coordinator")
    dry = await pastes(booking, a_file(a_line(booking)))
    assert dry.status_code == 200
    fields = {"csv": a_file(a_line(booking, weekday="someday"))}
    answer = await sends(booking, f"{PATH}/import", dry.text, **fields)
    assert (answer.status_code, "Line 2, weekday" in answer.text) == (422, True)


async def test_another_coordinator_s_team_and_ward_are_refused_and_the_text_is_kept(
    booking: Booking,
) -> None:
    text = a_file(a_line(booking))
    signed_in(booking, "coordinator", ward=OTHER_WARD)
    wrong = await pastes(booking, text)
    assert (wrong.status_code, "Is not one of your wards" in wrong.text) == (422, True)
    assert (await changes(booking, "wards", {"own": [WARD]})).status_code == 200
    shown = await page(booking, PATH)
    for path in (PATH, f"{PATH}/import"):
        answer = await sends(booking, path, shown, csv=text)
        assert answer.status_code == 403
        assert "walks in none of your wards" in answer.text
        assert text in unescape(answer.text)
    assert await booking.rows("select from shift") == []
