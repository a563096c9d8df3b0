"""One walk's page for staff, without script: what is known, what became of it, and each act on it."""

from datetime import timedelta

import pytest

from booking import service
from tests.booking.desk import OTHER_WARD, Booking, Json, seed, some_id
from tests.booking.test_absences import recorded
from tests.booking.visiting import page, sends, signed_in
from tests.factories import START


def of(walk: Json) -> str:
    """The address of a walk's page."""
    return f"/booking/walks/{walk['id']}"


async def test_staff_of_its_ward_see_a_walk_and_are_written_down(booking: Booking) -> None:
    slot = await booking.slot()
    walk = (await booking.books(slot, name="Ada Planted", note="A pushchair")).json()
    for role in ("duty", "analyst", "admin"):
        signed_in(booking, role)
        await page(booking, of(walk), 403)
    signed_in(booking, "officer", ward=OTHER_WARD)
    await page(booking, of(walk), 403)
    assert await booking.rows("select from audit") == []
    signed_in(booking, "coordinator", subject="coordinator-1")
    shown = await page(booking, of(walk))
    assert "Tuesday 12 January 2027, 7pm to 7:30pm" in shown
    assert "Ada Planted at Mill Lane bus stop" in shown
    assert ("A pushchair" in shown, walk["safe_word"] in shown) == (True, True)
    assert "Tuesday 12 January, 6pm: Booked" in shown
    assert "@example.org" not in shown
    [audited] = await booking.rows("select actor, action, reason from audit")
    assert tuple(audited.values()) == ("coordinator-1", "participant.read", "the walk's page")
    await page(booking, f"/booking/walks/{some_id()}", 404)


async def test_who_gives_walks_away_is_a_coordinator_and_no_officer(booking: Booking) -> None:
    walk = await booking.walk()
    signed_in(booking, "officer")
    shown = await page(booking, of(walk))
    assert "Cancel this walk" in shown
    assert ("Another officer" in shown, "/move" in shown, "/bars" in shown) == (False,) * 3
    await page(booking, f"{of(walk)}/move", 403)
    for verb, fields in {
        "move": {"slot_id": await booking.slot(officer=1)},
        "reassign": {"officer_id": booking.officers[1]},
    }.items():
        assert (await sends(booking, f"{of(walk)}/{verb}", shown, **fields)).status_code == 403


async def test_acts_lead_back_to_the_walk_and_its_history_grows(booking: Booking) -> None:
    walk = await booking.walk()
    booking.clock.advance(timedelta(hours=1, minutes=16))
    await service.mark_next_overdue(booking.desk)
    signed_in(booking, "officer")
    for verb, fields in {"start": {}, "abort": {"reason": "weather"}, "debrief": {}}.items():
        shown = await page(booking, of(walk))
        assert f'action="{of(walk)}/{verb}"' in shown
        answer = await sends(booking, f"{of(walk)}/{verb}", shown, **fields)
        assert (answer.status_code, answer.headers["location"]) == (303, of(walk))
        booking.clock.advance(timedelta(minutes=1))
    shown = await page(booking, of(walk))
    said = [line.split("</li>")[0] for line in shown.split("<li>Tuesday 12 January, ")[1:]]
    assert said == [
        "6pm: Booked",
        "7:16pm: Overdue: not started by Tuesday 12 January, 7:15pm",
        "7:16pm: Started, by officer-1",
        "7:16pm: Overdue no longer",
        "7:17pm: Broken off: weather, by officer-1",
        "7:18pm: All that was said is written down, by officer-1",
    ]
    assert "<form" not in shown.split("What has become of it")[1].split("</main>")[0]
    again = await sends(booking, f"{of(walk)}/start", shown)
    assert again.status_code == 409
    assert "There is a problem" in again.text
    assert "The walk is debriefed" in again.text
    assert "What has become of it" in again.text


async def test_a_no_show_and_a_cancellation_are_told_in_its_history(booking: Booking) -> None:
    missed, cancelled = await booking.walk(), await booking.walk(officer=1)
    booking.clock.advance(timedelta(hours=1))
    signed_in(booking, "coordinator", subject="coordinator-1")
    for walk, verb, fields, said in (
        (missed, "no-show", {"party": "participant"}, "the participant did not come"),
        (cancelled, "cancel", {"reason": "safety"}, "Cancelled: safety, by coordinator-1"),
    ):
        shown = await page(booking, of(walk))
        assert (await sends(booking, f"{of(walk)}/{verb}", shown, **fields)).status_code == 303
        shown = await page(booking, of(walk))
        assert said in shown
        assert ("No longer shown" in shown, "Ada Example" in shown) == (True, False)


async def test_a_walk_is_given_to_an_officer_who_could_and_no_other_is_offered(
    booking: Booking,
) -> None:
    await seed(booking.desk, officers=5)
    found = await booking.rows("select id from officer order by subject")
    booking.officers = [str(row["id"]) for row in found]
    walk = await booking.walk()
    await booking.walk(officer=1, at=START + timedelta(hours=1, minutes=15))  # hers overlaps
    await recorded(booking, "sick", officer=2, until=None)
    await booking.walk(officer=3, at=START + timedelta(hours=6))  # and is free at this one's time
    signed_in(booking, "coordinator")
    shown = await page(booking, of(walk))
    choice = shown.split('<select class="govuk-select" id="officer_id"')[1].split("</select>")[0]
    assert [f"PC Robin {nth}" in choice for nth in range(1, 6)] == [False] * 3 + [True] * 2
    answer = await sends(booking, f"{of(walk)}/reassign", shown, officer_id=booking.officers[3])
    assert (answer.status_code, answer.headers["location"]) == (303, of(walk))
    after = await page(booking, of(walk))
    assert "Given to another officer" in after
    assert "PC Robin 4, 020 7946 0000" in after
    busy = await sends(booking, f"{of(walk)}/reassign", after, officer_id=booking.officers[1])
    assert (busy.status_code, "This officer is not free then" in busy.text) == (409, True)


@pytest.mark.parametrize(
    ("officer", "status", "said"),
    [
        ("", 422, "Choose an officer"),
        ("0c7d3f0e-5b1f-4a55-9a0e-2f6f6f1f0c11", 422, "Is no officer"),
    ],
)
async def test_who_is_no_officer_is_said(
    booking: Booking, officer: str, status: int, said: str
) -> None:
    walk = await booking.walk()
    signed_in(booking, "coordinator")
    shown = await page(booking, of(walk))
    answer = await sends(booking, f"{of(walk)}/reassign", shown, officer_id=officer)
    assert (answer.status_code, said in answer.text) == (status, True)
    assert "Ada Example" in answer.text


async def test_a_walk_is_moved_to_a_time_that_can_be_booked(booking: Booking) -> None:
    walk = await booking.walk()
    wanted = await booking.slot(officer=1, at=START + timedelta(hours=3))
    signed_in(booking, "coordinator")
    shown = await page(booking, f"{of(walk)}/move")
    assert "Tuesday 12 January, 9pm to 9:30pm" in shown
    assert "with PC Robin 2" in shown
    nothing = await sends(booking, f"{of(walk)}/move", shown)
    assert (nothing.status_code, "Choose a time" in nothing.text) == (422, True)
    answer = await sends(booking, f"{of(walk)}/move", shown, slot_id=wanted)
    assert (answer.status_code, answer.headers["location"]) == (303, of(walk))
    told = "Moved by the force from Tuesday 12 January, 7pm, to Tuesday 12 January, 9pm"
    assert told in await page(booking, of(walk))


async def test_a_time_that_has_gone_is_said_and_what_is_left_is_offered(booking: Booking) -> None:
    walk = await booking.walk()
    gone = await booking.slot(officer=1, at=START + timedelta(hours=3))
    await booking.slot(officer=1, at=START + timedelta(hours=5))
    signed_in(booking, "coordinator")
    shown = await page(booking, f"{of(walk)}/move")
    assert (await booking.books(gone)).status_code == 201
    for slot in (gone, str(some_id())):
        answer = await sends(booking, f"{of(walk)}/move", shown, slot_id=slot)
        assert (answer.status_code, "This time has just gone" in answer.text) == (409, True)
        assert "11pm to 11:30pm" in answer.text
        assert gone not in answer.text
    await booking.acts(walk, "cancel")
    late = await sends(booking, f"{of(walk)}/move", shown, slot_id=gone)
    assert (late.status_code, "The walk is cancelled" in late.text) == (409, True)


async def test_another_coordinator_s_ward_is_refused_on_every_form(booking: Booking) -> None:
    walk = await booking.walk()
    slot = await booking.slot(officer=1)
    signed_in(booking, "coordinator")
    shown = await page(booking, of(walk))
    signed_in(booking, "coordinator", ward=OTHER_WARD)
    other = await page(booking, "/booking/bars")
    await page(booking, f"{of(walk)}/move", 403)
    fields = {"slot_id": slot, "officer_id": booking.officers[1]}
    assert "Another officer" in shown
    for verb in ("start", "end", "cancel", "abort", "no-show", "debrief", "move", "reassign"):
        answer = await sends(booking, f"{of(walk)}/{verb}", other, **fields)
        assert answer.status_code == 403, verb
        assert "Ada Example" not in answer.text


async def test_lists_lead_to_the_walk(booking: Booking) -> None:
    walk = await booking.walk()
    booking.clock.advance(timedelta(hours=2))
    await service.mark_next_overdue(booking.desk)
    for role, path, leads in (
        ("officer", "today", True),
        ("coordinator", "duty", True),
        ("duty", "duty", False),
    ):
        signed_in(booking, role)
        assert (f'href="{of(walk)}"' in await page(booking, f"/booking/{path}")) is leads
