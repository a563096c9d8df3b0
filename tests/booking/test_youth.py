"""Somebody under 18: where her team takes her, with a guardian who consents; nobody else is told."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from booking import domain, service
from booking.store.teams import NewOfficer
from tests.booking.desk import POLICY, Booking, Json, pointers, problem, seed, some_id
from tests.booking.visiting import HER, form_for, page, sends, signed_in
from tests.factories import START

WITH_GUARDIAN = replace(POLICY, youth="with_guardian", youth_from=15)
GUARDIAN: Json = {"name": "Grace Guardian", "consents": True}
YOUNG: Json = {"adult": False, "age": 16, "guardian": GUARDIAN}


@pytest.mark.parametrize(
    ("age", "refusal"),
    [(14, domain.TooYoung), (None, domain.GuardianNeeded), (15, None), (17, None)],
)
def test_a_team_that_takes_young_people_needs_age_and_guardian(
    age: int | None, refusal: type[Exception] | None
) -> None:
    young = None if age is None else domain.Young(age, "Grace")
    if refusal is None:
        domain.require_may_walk(WITH_GUARDIAN, young, adult=False)
    else:
        with pytest.raises(refusal):
            domain.require_may_walk(WITH_GUARDIAN, young, adult=False)
    with pytest.raises(domain.AdultsOnly):
        domain.require_may_walk(POLICY, young, adult=False)
    domain.require_may_walk(POLICY, None, adult=True)


async def test_a_young_woman_books_with_her_guardian_s_consent(booking: Booking) -> None:
    await seed(booking.desk, policy=WITH_GUARDIAN)
    booked = await booking.books(await booking.slot(), **YOUNG)
    assert booked.status_code == 201
    person = await booking.person(booked.json()["id"])
    assert (person.age, person.guardian) == (16, "Grace Guardian")


@pytest.mark.parametrize(
    ("changes", "slug", "where"),
    [
        ({"age": 14}, "too-young", []),
        ({"age": ...}, "guardian-needed", ["#/age", "#/guardian"]),
        ({"guardian": ...}, "guardian-needed", ["#/age", "#/guardian"]),
        (
            {"guardian": GUARDIAN | {"consents": False}},
            "guardian-needed",
            ["#/age", "#/guardian"],
        ),
        ({"age": 18}, "invalid", ["#/age"]),
        ({"guardian": {"name": "", "consents": True}}, "invalid", ["#/guardian/name"]),
    ],
)
async def test_what_is_missing_is_said(
    booking: Booking, changes: Json, slug: str, where: list[str]
) -> None:
    await seed(booking.desk, policy=WITH_GUARDIAN)
    slot_id = await booking.slot()
    refused = await booking.books(slot_id, **(YOUNG | changes))
    assert (refused.status_code, problem(refused), pointers(refused)) == (422, slug, where)
    assert [slot["id"] for slot in await booking.slots()] == [slot_id]


async def test_a_team_for_adults_refuses_whoever_is_younger(booking: Booking) -> None:
    refused = await booking.books(await booking.slot(), **YOUNG)
    assert (refused.status_code, problem(refused)) == (422, "adults-only")


async def test_of_an_adult_neither_age_nor_guardian_is_kept(booking: Booking) -> None:
    young: Any = YOUNG | {"adult": True}
    booked = await booking.books(await booking.slot(), **young)
    person = await booking.person(booked.json()["id"])
    assert (person.age, person.guardian) == (None, None)


async def test_no_event_and_no_row_in_plain_tells_of_age_or_guardian(booking: Booking) -> None:
    await seed(booking.desk, policy=WITH_GUARDIAN)
    adult = await booking.walk(officer=1)
    young = (await booking.books(await booking.slot(), **YOUNG)).json()
    events = await booking.rows("select topic, value from event_log")
    said = {(row["topic"], frozenset(json.loads(row["value"]))) for row in events}
    assert len(said) == len({topic for topic, _ in said}), "an event of hers says what any says"
    shown = await booking.http.get(f"/booking/v1/walks/{young['id']}", headers=booking.officer)
    assert shown.json().keys() >= {"id"}
    assert young.keys() == adult.keys()
    tables: list[Any] = [
        await booking.rows(f"select * from {table}")
        for table in ("walk", "participant", "event_log", "outbox", "audit", "idempotency")
    ]
    assert "Grace" not in f"{tables} {shown.text} {booking.parts.lines.getvalue()}"


async def test_who_is_forgotten_is_forgotten_with_her_guardian(booking: Booking) -> None:
    await seed(booking.desk, policy=WITH_GUARDIAN)
    await booking.books(await booking.slot(), **YOUNG)
    booking.clock.advance(domain.KEPT_AFTER_END + timedelta(hours=2))
    assert await service.forget_what_is_old(booking.desk) == 1
    assert await booking.rows("select from participant") == []


async def test_she_moves_only_to_a_team_that_takes_her(booking: Booking) -> None:
    await seed(booking.desk, policy=WITH_GUARDIAN)
    others = NewOfficer(some_id(), "officer-9", "PC Sam 9", "PC", "020 7946 0000")
    await service.seed(booking.desk, "Heath", POLICY, [others])
    booking.officers.append(str(others.id))
    at = START + timedelta(hours=3)
    theirs, ours = await booking.slot(at=at, officer=2), await booking.slot(at=at, officer=1)
    young = (await booking.books(await booking.slot(), **YOUNG)).json()
    for slot_id, status in ((theirs, 409), (ours, 200)):
        moved = await booking.acts(
            young, "move", headers=booking.coordinator, json={"slot_id": slot_id}
        )
        assert moved.status_code == status
        if status == 409:
            assert (problem(moved), moved.json()["lacks"]) == ("does-not-fit", ["age"])
    read = "select reason from audit where action = 'participant.read'"
    assert len(await booking.rows(read)) == 1


async def test_the_form_asks_where_the_team_takes_young_people(booking: Booking) -> None:
    slot_id = await booking.slot()
    assert "under 18" not in await form_for(booking, slot_id)
    await seed(booking.desk, policy=WITH_GUARDIAN)
    shown = await form_for(booking, slot_id)
    assert "from the age of 15 on" in shown
    hers = {**HER, "adult": "", "age": "16", "guardian": "Grace Guardian", "consents": "yes"}
    for changes, said in (
        ({"age": "14"}, "from the age of 15 on. If you are younger"),
        ({"age": "many"}, "from the age of 15 on. If you are younger"),
        ({"age": ""}, "Enter how old you are"),
        ({"guardian": ""}, "Enter the name of your parent or guardian"),
        ({"consents": ""}, "must agree"),
        ({"age": "", "guardian": ""}, "say how old you are"),
    ):
        wrong = await sends(booking, "/booking/book", shown, **(hers | changes))
        assert wrong.status_code == 422, wrong.text
        assert said in wrong.text
        assert "Pushchair" in wrong.text
    assert (await sends(booking, "/booking/book", shown, **hers)).status_code == 303


async def test_who_walks_with_her_sees_that_her_guardian_consented(booking: Booking) -> None:
    await seed(booking.desk, policy=WITH_GUARDIAN)
    young = (await booking.books(await booking.slot(), **YOUNG)).json()
    said = "Grace Guardian has consented: she is 16"
    for role in ("officer", "coordinator"):
        signed_in(booking, role)
        assert said in await page(booking, "/booking/today")
        assert said in await page(booking, f"/booking/walks/{young['id']}")
    assert "Grace" not in await page(booking, young["manage_url"])
    assert len(await booking.rows("select from audit where action = 'participant.read'")) == 4
