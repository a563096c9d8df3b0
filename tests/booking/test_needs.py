"""What somebody needs of her officer: asked once, sealed, driving the match, shown to whoever walks with her."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from booking import domain, service
from booking.domain.plans import Booked, Choice
from booking.domain.replans import SPEAK, again, needs_of, plan
from tests.booking.desk import POLICY, WARD, Booking, Json, problem
from tests.booking.replans import carries_out, planned, sick, where
from tests.booking.test_replans_domain import ABSENT, a_walk, a_wish, colleague
from tests.booking.visiting import HER, form_for, page, sends, signed_in
from tests.booking.wishes import DAY, accepts, asks, officer_is, works
from tests.factories import START

HOUR = timedelta(hours=1)
NEEDS: Json = {"needs": ["bsl"], "language": "cy"}


async def a_signer(booking: Booking) -> None:
    """The second officer signs, and speaks Welsh."""
    await officer_is(booking, 1, skills=["bsl"], languages=["en", "cy"])


async def test_a_booking_is_refused_where_the_officer_does_not_bring_what_she_needs(
    booking: Booking,
) -> None:
    await a_signer(booking)
    lacking = await booking.slot()
    fitting = await booking.slot(at=START + 2 * HOUR, officer=1)
    await booking.slot(at=START + 3 * HOUR)
    refused = await booking.books(lacking, **NEEDS)
    assert (refused.status_code, problem(refused)) == (409, "does-not-fit")
    assert refused.json()["lacks"] == ["language", "skill"]
    assert [each["id"] for each in refused.json()["alternatives"]] == [fitting]
    assert (await booking.books(fitting, **NEEDS)).status_code == 201
    assert (await booking.books(lacking)).status_code == 201


async def test_needs_are_sealed_and_said_nowhere_else(booking: Booking) -> None:
    await a_signer(booking)
    plain = await booking.walk()
    walk = (await booking.books(await booking.slot(officer=1), **NEEDS)).json()
    person = await booking.person(walk["id"])
    assert (person.needs, person.language) == (("bsl",), "cy")
    read = await booking.http.get(f"/booking/v1/walks/{walk['id']}", headers=booking.officer)
    assert walk.keys() == plain.keys()
    tables: list[Any] = [
        await booking.rows(f"select * from {table}")
        for table in ("walk", "participant", "event_log", "outbox", "audit", "idempotency")
    ]
    assert "bsl" not in f"{tables} {read.text} {booking.parts.lines.getvalue()}"


async def test_a_wish_s_needs_come_along_and_are_forgotten_with_her(booking: Booking) -> None:
    await a_signer(booking)
    await booking.slot(at=START + DAY)
    await booking.slot(at=START + 2 * DAY, officer=1)
    answer = await asks(booking, needs=("bsl",), language="cy")
    await works(booking)
    walk = await accepts(booking, answer)
    person = await booking.person(walk["id"])
    assert (person.needs, person.language) == (("bsl",), "cy")
    booking.clock.advance(domain.KEPT_AFTER_END + 3 * DAY)
    await service.forget_what_is_old(booking.desk)
    assert await booking.rows("select needs, language from request") == [
        {"needs": [], "language": None}
    ]


async def test_she_moves_only_to_an_officer_who_brings_it(booking: Booking) -> None:
    await a_signer(booking)
    walk = (await booking.books(await booking.slot(officer=1), **NEEDS)).json()
    lacking = await booking.slot(at=START + 3 * HOUR)
    fitting = await booking.slot(at=START + 3 * HOUR, officer=1)
    for slot_id, status in ((lacking, 409), (fitting, 200)):
        moved = await booking.acts(
            walk, "move", headers=booking.coordinator, json={"slot_id": slot_id}
        )
        assert moved.status_code == status, moved.text


def test_a_re_plan_keeps_to_what_she_needs() -> None:
    her = domain.Person("Ada", "ada@example.org", needs=("bsl",), language="cy")
    of_slot = Booked(a_walk(1), person=her)
    of_wish = Booked(a_walk(1), a_wish(needs=("step_free", "bsl")), person=her)
    absent = colleague(ABSENT)
    for booked, skills in ((of_slot, ("bsl",)), (of_wish, ("step_free", "bsl"))):
        needs = needs_of(booked, POLICY, absent.traits)
        assert needs == domain.Needs(language="cy", skills=skills)
        wish = again(booked, absent, UUID(int=1), "X", START)
        assert (wish.language, wish.needs) == ("cy", skills)
    signs = domain.Traits(languages=("en", "cy"), skills=("bsl",))
    officers = [colleague(2), colleague(3, traits=signs, load=9)]
    [step] = plan([of_slot], absent, officers, [], lambda _: True, START)
    assert step.officer == officers[1].officer


def test_a_re_plan_gives_nobody_under_18_to_a_team_that_does_not_take_her() -> None:
    her = domain.Person("Ada", "ada@example.org", age=16, guardian="Grace")
    booked, absent = Booked(a_walk(1), person=her), colleague(ABSENT)
    takes = replace(POLICY, youth="with_guardian", youth_from=16)
    officers = [colleague(2), colleague(3, policy=takes, load=9)]
    [step] = plan([booked], absent, officers, [], lambda _: True, START)
    assert step.officer == officers[1].officer
    [step] = plan([booked], absent, officers[:1], [], lambda _: True, START)
    assert (step.choice, step.why[-1]) == (Choice.LEAVE, SPEAK)
    assert "18" not in f"{step.why}"


async def test_a_plan_reads_what_she_needs_and_writes_that_down(booking: Booking) -> None:
    await a_signer(booking)
    walk = (await booking.books(await booking.slot(officer=1), **NEEDS)).json()
    plan_id = await planned(booking, await sick(booking, officer=1))
    shown = (await booking.http.get(where(plan_id), headers=booking.coordinator)).json()
    assert [step["choice"] for step in shown["walks"]] == ["waitlist"]
    read = "select subject from audit where action = 'participant.read' and reason like 'who can%'"
    assert await booking.rows(read) == [{"subject": f"walk {walk['id']}"}]
    await carries_out(booking, plan_id)
    [wish] = await booking.rows("select needs, language from request")
    assert (wish["needs"], wish["language"]) == (["bsl"], "cy")


async def test_the_form_asks_what_she_needs_and_says_what_is_lacking(booking: Booking) -> None:
    await a_signer(booking)
    lacking = await booking.slot()
    shown = await form_for(booking, lacking)
    needs = {**HER, "needs": "bsl", "language": "cy"}
    gone = await sends(booking, "/booking/book", shown, **needs)
    assert gone.status_code == 409
    for said in ("does not speak this language", "cannot meet this", "Ask for a walk that suits"):
        assert said in gone.text
    fitting = await booking.slot(at=START + 2 * HOUR, officer=1)
    again_ = await sends(booking, "/booking/book", shown, **needs)
    assert fitting in again_.text
    assert 'value="bsl" checked' in again_.text
    booked = await sends(booking, "/booking/book", again_.text, **needs, slot_id=fitting)
    assert booked.status_code == 303, booked.text
    assert "Sign Language" not in await page(booking, booked.headers["location"])
    signed_in(booking, "officer")
    assert "British Sign Language, speaks Welsh" in await page(booking, "/booking/today")
    [row] = await booking.rows("select id from walk")
    assert "British Sign Language, speaks Welsh" in await page(
        booking, f"/booking/walks/{row['id']}"
    )


async def test_a_wish_s_form_asks_what_she_needs(booking: Booking) -> None:
    shown = await page(booking, "/booking/wish")
    usual = {"wards": WARD, "days": "tuesday", "from": "18:00", "to": "21:00", "light": "any"}
    asked = {**HER, **usual, "needs": "bsl", "language": "cy"}
    made = await sends(booking, "/booking/wish", shown, **asked)
    assert made.status_code == 303, made.text
    assert await booking.rows("select needs, language from request") == [
        {"needs": ["bsl"], "language": "cy"}
    ]
