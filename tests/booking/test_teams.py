"""Teams: policies that have versions and are never applied backwards, and the wards that are walked in."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from httpx import Response
from pydantic import ValidationError

from booking import domain, service
from booking.schemas import read_seed
from tests.booking.desk import (
    OTHER_WARD,
    POLICY,
    WARD,
    Booking,
    Json,
    pointers,
    problem,
    seed,
    some_id,
)
from tests.factories import START

HOUR = timedelta(hours=1)
TERMS: Json = {
    "min_notice_minutes": 120,
    "horizon_days": 7,
    "buffer_minutes": 30,
    "debrief_minutes": 10,
    "grace_seconds": 300,
    "walk_minutes": 45,
    "daily_limit": 3,
    "officer_sex": "any",
    "group_size": 2,
    "people_per_officer": 2,
    "youth": "adults_only",
    "youth_from": 16,
}


async def team(booking: Booking) -> str:
    """The id of the only team."""
    [found] = (await booking.http.get("/booking/v1/teams")).json()["items"]
    return found["id"]


async def changes(booking: Booking, what: str, body: Json, seen: str | None = '"1"') -> Response:
    """A coordinator changes the team's policy or wards, having read what ``seen`` says."""
    path = f"/booking/v1/teams/{await team(booking)}/{what}"
    headers = booking.coordinator | ({"If-Match": seen} if seen else {})
    return await booking.http.put(path, json=body, headers=headers)


async def test_anybody_reads_how_a_team_books(booking: Booking) -> None:
    answer = await booking.http.get(f"/booking/v1/teams/{await team(booking)}/policy")
    assert answer.headers["etag"] == '"1"'
    assert (answer.json()["buffer_minutes"], answer.json()["daily_limit"]) == (15, 12)
    assert [each["version"] for each in answer.json()["versions"]] == [1]
    assert "officer" not in str(answer.json()["versions"])


async def test_a_change_makes_the_next_version_and_the_old_one_stays_readable(
    booking: Booking,
) -> None:
    answer = await changes(booking, "policy", TERMS)
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"'), answer.text
    path = f"/booking/v1/teams/{await team(booking)}/policy"
    now = await booking.http.get(path)
    assert {name: now.json()[name] for name in TERMS} == TERMS
    assert [each["version"] for each in now.json()["versions"]] == [2, 1]
    before = await booking.http.get(path, params={"version": 1})
    assert (before.json()["buffer_minutes"], before.headers["etag"]) == (15, '"1"')
    assert (await booking.http.get(path, params={"version": 3})).status_code == 404
    nowhere = await booking.http.get(f"/booking/v1/teams/{some_id()}/policy")
    assert nowhere.status_code == 404


@pytest.mark.parametrize("what", ["policy", "wards"])
@pytest.mark.parametrize(
    ("seen", "status"), [(None, 428), ('"7"', 412), ('W/"1"', 412), ("*", 412), ('"1"', 200)]
)
async def test_who_changes_a_team_has_read_what_is_in_force(
    booking: Booking, what: str, seen: str | None, status: int
) -> None:
    body = TERMS if what == "policy" else {"own": [WARD], "borrowed": []}
    answer = await changes(booking, what, body, seen)
    assert answer.status_code == status, answer.text
    if status == 200:
        assert (await changes(booking, what, body, seen)).status_code == 412


async def test_a_policy_is_said_whole(booking: Booking) -> None:
    for name in TERMS:
        less = {other: said for other, said in TERMS.items() if other != name}
        answer = await changes(booking, "policy", less)
        assert (answer.status_code, pointers(answer)) == (422, [f"#/{name}"])


async def test_a_policy_is_never_applied_backwards(booking: Booking) -> None:
    walk = await booking.walk()
    before = await promised(booking)
    changed = TERMS | {"buffer_minutes": 240, "grace_seconds": 0, "horizon_days": 1}
    assert (await changes(booking, "policy", changed)).status_code == 200
    assert await promised(booking) == before
    booking.clock.at = START + HOUR + timedelta(minutes=14)
    assert not await service.mark_next_overdue(booking.desk)
    assert (await booking.acts(walk, "start")).json()["state"] == "started"


async def promised(booking: Booking) -> list[Json]:
    """What a walk was promised, and the time that it takes of its officer."""
    return await booking.rows(
        "select starts_at, ends_at, start_due_at, end_due_at, state, version, sequence, during"
        " from walk join assignment using (slot_id)"
    )


async def test_what_is_booked_from_then_on_is_under_the_new_policy(booking: Booking) -> None:
    soon = await booking.slot(at=START + HOUR)
    far = await booking.slot(at=START + timedelta(days=10))
    later = await booking.slot(at=START + 3 * HOUR)
    assert {slot["id"] for slot in await booking.slots()} == {soon, far, later}
    assert (await changes(booking, "policy", TERMS)).status_code == 200
    assert [slot["id"] for slot in await booking.slots()] == [later]
    assert (await booking.books(soon)).status_code == 409
    assert (await booking.books(far)).status_code == 409
    assert (await booking.books(later)).status_code == 201
    [row] = await booking.rows(
        "select start_due_at, during from walk join assignment using (slot_id)"
    )
    assert row["start_due_at"] == START + 3 * HOUR + timedelta(minutes=5)
    assert row["during"].upper == START + 3 * HOUR + timedelta(minutes=30 + 30 + 10)


async def test_slots_are_offered_and_booked_only_where_the_team_walks(booking: Booking) -> None:
    here = await booking.slot()
    there = await booking.slot(
        officer=1,
        ward=OTHER_WARD,
        meeting_point={"name": "The green", "coordinates": booking.place(OTHER_WARD)},
    )
    assert {slot["id"] for slot in await booking.slots()} == {here, there}
    assert (await changes(booking, "wards", {"own": [WARD]})).status_code == 200
    assert [slot["id"] for slot in await booking.slots()] == [here]
    refused = await booking.books(there)
    assert (refused.status_code, problem(refused)) == (409, "slot-taken")
    borrowing = {"own": [WARD], "borrowed": [OTHER_WARD]}
    answer = await changes(booking, "wards", borrowing, seen='"2"')
    assert answer.json() == borrowing
    assert {slot["id"] for slot in await booking.slots()} == {here, there}
    shown = await booking.http.get(f"/booking/v1/teams/{await team(booking)}/wards")
    assert (shown.json(), shown.headers["etag"]) == (borrowing, '"3"')


async def test_a_team_s_wards_are_wards_and_each_is_named_once(booking: Booking) -> None:
    refused = await changes(booking, "wards", {"own": [WARD, "nowhere"], "borrowed": ["x"]})
    assert (refused.status_code, pointers(refused)) == (422, ["#/own/1"])
    answer = await changes(booking, "wards", {"own": [WARD, WARD], "borrowed": [WARD, OTHER_WARD]})
    assert answer.json() == {"own": [WARD], "borrowed": [OTHER_WARD]}


async def test_a_coordinator_changes_the_teams_of_her_wards_only(booking: Booking) -> None:
    assert (await changes(booking, "wards", {"own": [WARD]})).status_code == 200
    hers = booking.issuer.bearer("coordinator", wards=[OTHER_WARD])
    path = f"/booking/v1/teams/{await team(booking)}/policy"
    answer = await booking.http.put(path, json=TERMS, headers=hers | {"If-Match": '"1"'})
    assert answer.status_code == 403
    officer = await booking.http.put(
        path, json=TERMS, headers=booking.officer | {"If-Match": '"1"'}
    )
    assert officer.status_code == 403
    mine = booking.issuer.bearer("coordinator", wards=[WARD]) | {"If-Match": '"2"'}
    further = {"own": [WARD, OTHER_WARD]}
    wider = await booking.http.put(path.replace("policy", "wards"), json=further, headers=mine)
    assert wider.status_code == 403, "her team walks where she is no coordinator"


async def test_a_seed_file_says_wards_and_what_officers_bring(booking: Booking) -> None:
    await seeded(booking, {"name": "Mill", "wards": [WARD], "borrows": [OTHER_WARD]})
    [found] = (await booking.http.get("/booking/v1/teams")).json()["items"]
    assert found["wards"] == {"own": [WARD], "borrowed": [OTHER_WARD]}
    assert found["policy"]["min_notice_minutes"] == 60
    [row] = await booking.rows(
        "select sex, languages, skills from officer where subject = 'officer-1'"
    )
    assert row == {"sex": "female", "languages": ["en", "bn"], "skills": ["bsl"]}
    await seeded(booking, {"name": "Mill"})
    [again] = (await booking.http.get("/booking/v1/teams")).json()["items"]
    assert again == found


async def seeded(booking: Booking, said: Json) -> None:
    """The team as a seed file says it."""
    officer = {
        "subject": "officer-1",
        "display_name": "PC Robin 1",
        "role": "PC",
        "sex": "female",
        "languages": ["en", "bn"],
        "skills": ["bsl"],
    }
    seed = read_seed({"team": said, "officers": [officer]})
    people = [each.officer() for each in seed.officers]
    await service.seed(booking.desk, seed.team.name, seed.team.policy(), people, seed.team.covers())


def test_an_old_seed_file_means_what_it_meant() -> None:
    seed = read_seed(
        {
            "team": {"name": "Mill", "min_notice_minutes": 0},
            "officers": [{"subject": "a", "display_name": "PC A", "role": "PC"}],
        }
    )
    assert (seed.team.policy(), seed.team.covers()) == (replace(POLICY, group_size=1), None)
    assert seed.officers[0].officer().traits == domain.Traits()


@pytest.mark.parametrize(
    "wrong", [{"languages": []}, {"languages": ["english"]}, {"skills": ["B S L"]}, {"sex": "f"}]
)
def test_a_seed_file_with_an_unknown_code_is_refused(wrong: dict[str, Any]) -> None:
    officer = {"subject": "a", "display_name": "PC A", "role": "PC"} | wrong
    with pytest.raises(ValidationError):
        read_seed({"team": {"name": "Mill"}, "officers": [officer]})


async def test_a_team_of_women_offers_nobody_else(booking: Booking) -> None:
    """The rule is in the one view that list and booking ask: neither relaxes it."""
    slot_id = await booking.slot()
    await seed(booking.desk, policy=replace(POLICY, officer_sex="women"))
    assert await booking.slots() == []
    assert problem(await booking.books(slot_id)) == "slot-taken"
    async with booking.database.transaction() as connection:
        await connection.execute("update officer set sex = 'female' where subject = 'officer-1'")
    assert [slot["id"] for slot in await booking.slots()] == [slot_id]
    assert (await booking.books(slot_id)).status_code == 201
