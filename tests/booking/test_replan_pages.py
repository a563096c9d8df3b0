"""The plan for the walks of somebody who is away, as a coordinator looks at it and carries it out, without script."""

from uuid import uuid4

from tests.booking.desk import Booking, Json
from tests.booking.replans import DAY, HOUR, on_duty, sick
from tests.booking.test_absences import ends
from tests.booking.visiting import page, sends, signed_in
from tests.booking.wishes import works
from tests.factories import START


async def made(booking: Booking, absence: Json) -> str:
    """Where the plan is that a press of the absence's button makes."""
    path = f"/booking/absences/{absence['id']}"
    shown = await page(booking, path)
    answer = await sends(booking, f"{path}/plans", shown)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def test_a_plan_is_made_looked_at_carried_out_and_reported(booking: Booking) -> None:
    first, second = [await booking.walk(at=START + days * DAY + HOUR) for days in (1, 2)]
    await on_duty(booking, 1, START + DAY + HOUR)
    absence = await sick(booking)
    signed_in(booking, "coordinator")
    where = await made(booking, absence)
    plan = await page(booking, where)
    assert "Nothing has been done yet" in plan
    assert "Another officer: PC Robin 2" in plan
    assert "Called off, waits first in the line" in plan
    assert all(walk["reference"] in plan for walk in (first, second))
    assert "Ada" not in plan
    assert [row["state"] for row in await booking.rows("select state from walk")] == [
        "confirmed"
    ] * 2

    done = await sends(booking, f"{where}/carry-out", plan)
    assert (done.status_code, done.headers["location"]) == (303, where)
    report = await page(booking, where)
    assert report.count("govuk-tag--green") == 2
    assert "comes first in the line" in report
    assert "Carry it out" not in report
    await works(booking)
    assert "waits for a time that fits" in await page(booking, where)
    absent = await page(booking, f"/booking/absences/{absence['id']}")
    assert "None. There is nothing more to do." in absent


async def test_the_button_that_is_pressed_again_does_nothing_more(booking: Booking) -> None:
    await booking.walk(at=START + DAY)
    absence = await sick(booking)
    signed_in(booking, "coordinator")
    where = await made(booking, absence)
    plan = await page(booking, where)
    for _ in range(2):
        assert (await sends(booking, f"{where}/carry-out", plan)).status_code == 303
    assert len(await booking.rows("select from request")) == 1


async def test_the_report_says_what_has_changed_meanwhile(booking: Booking) -> None:
    await booking.walk(at=START + DAY)
    absence = await sick(booking)
    signed_in(booking, "coordinator")
    where = await made(booking, absence)
    shown = await page(booking, where)
    await ends(booking, absence, START + HOUR)
    await sends(booking, f"{where}/carry-out", shown)
    report = await page(booking, where)
    assert "Changed meanwhile" in report
    assert "Her officer is not away then any more." in report


async def test_a_plan_of_nothing_says_so_and_another_s_is_not_found(booking: Booking) -> None:
    absence = await sick(booking)
    signed_in(booking, "coordinator")
    where = await made(booking, absence)
    assert "There is nothing to do" in await page(booking, where)
    await page(booking, f"{where[: -len(str(uuid4()))]}{uuid4()}", 404)


async def test_plans_are_for_coordinators(booking: Booking) -> None:
    absence = await sick(booking)
    signed_in(booking, "officer")
    await page(booking, f"/booking/absences/{absence['id']}/plans/{uuid4()}", 403)
