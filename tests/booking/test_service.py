"""What booking does, with the rows and the facts that it leaves behind."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from booking import domain, service, store
from booking.app import retention, revoke_link, seed as seed_command
from shared.errors import NotFound
from shared.events.walks import INTERNAL, SHARED
from shared.idempotency import once
from tests.booking.desk import WARD, Booking, problem, seed
from tests.factories import START

NO_KEY = once("test", None, b"")


def token_of(walk: dict[str, Any]) -> str:
    return walk["manage_url"].rsplit("/", 1)[-1]


async def test_a_booking_tells_both_tiers_at_once(booking: Booking) -> None:
    walk = await booking.walk(at=START + timedelta(days=1))
    [internal] = await booking.events(INTERNAL)
    [shared] = await booking.events(SHARED)
    [row] = await booking.rows("select * from walk")
    assert internal["key"] == walk["id"]
    assert shared["key"] == str(row["shared_id"]) != walk["id"]
    assert json.loads(shared["value"]) == {
        "ward": {"code": WARD, "set": "larkmere-2026"},
        "local_date": "2027-01-13",
        "band": "16",
        "officer_role": "PC",
    }
    told = json.loads(internal["value"])
    assert told["starts_at"] == "2027-01-13T18:00:00Z"
    assert (told["light"], told["officer_role"]) == ("dark", "PC")
    assert shared["publish_after"] == START
    assert shared["headers"]["time"] == "2027-01-13T16:00:00+00:00"
    assert "traceparent" not in shared["headers"]


async def test_a_walk_s_whole_life_is_told_in_order(booking: Booking) -> None:
    walk = await booking.walk()
    booking.clock.advance(timedelta(hours=1, minutes=16))
    await service.mark_next_overdue(booking.desk)
    await booking.acts(walk, "start")
    await booking.acts(walk, "end")
    assert await booking.types(INTERNAL) == [
        "walk.confirmed.v1",
        "walk.overdue.v1",
        "walk.started.v1",
        "walk.overdue_cleared.v1",
        "walk.ended.v1",
    ]
    assert await booking.types(SHARED) == [
        "walk.confirmed.v1",
        "walk.started.v1",
        "walk.ended.v1",
    ]
    sequences = [event["sequence"] for event in await booking.events(INTERNAL)]
    assert sequences == [1, 2, 3, 4, 5]
    released = {event["publish_after"] for event in await booking.events(SHARED)}
    assert released == {datetime(2027, 1, 13, 0, 0, tzinfo=UTC)}


async def test_who_did_what_is_stored(booking: Booking) -> None:
    walk = await booking.walk()
    await booking.acts(walk, "start")
    other = booking.issuer.bearer("officer", subject="officer-2")
    await booking.acts(walk, "end", headers=other)
    [row] = await booking.rows("select started_by, ended_by from walk")
    assert dict(row) == {"started_by": "officer-1", "ended_by": "officer-2"}


async def test_a_refused_booking_leaves_nothing_but_its_try(booking: Booking) -> None:
    slot_id = await booking.slot()
    await booking.books(slot_id)
    before = await booking.rows("select * from walk, participant, assignment, idempotency")
    await booking.books(slot_id)
    after = await booking.rows("select * from walk, participant, assignment, idempotency")
    assert before == after
    assert len(await booking.rows("select from refused_try")) == 1
    assert await booking.types(INTERNAL) == ["walk.confirmed.v1"]


@pytest.mark.parametrize(
    "rounds", [20, pytest.param(200, marks=pytest.mark.soak)], ids=["short", "long"]
)
async def test_of_two_at_the_last_slot_one_gets_it(booking: Booking, rounds: int) -> None:
    for nth in range(rounds):
        booking.clock.advance(timedelta(seconds=10))  # nobody here is a burst
        slot_id = await booking.slot(at=START + timedelta(hours=2 * nth + 2))
        answers = await asyncio.gather(booking.books(slot_id), booking.books(slot_id))
        assert sorted(answer.status_code for answer in answers) == [201, 409]
        [refused] = [answer for answer in answers if answer.status_code == 409]
        assert problem(refused) == "slot-taken"
    assert len(await booking.rows("select from walk")) == rounds
    assert len(await booking.rows("select from participant")) == rounds


async def test_overlapping_slots_of_one_officer_are_booked_once(booking: Booking) -> None:
    for day in range(1, 11):
        at = START + timedelta(days=day)
        slots = [await booking.slot(at=at + timedelta(minutes=minutes)) for minutes in (0, 10, 20)]
        answers = await asyncio.gather(*(booking.books(slot_id) for slot_id in slots))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
        taken = [answer for answer in answers if answer.status_code == 409]
        assert {problem(answer) for answer in taken} == {"slot-taken"}


async def test_a_deadlock_is_tried_once_more(
    booking: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    slot_id = await booking.slot()
    real, deadlocks = store.walks.book, [asyncpg.DeadlockDetectedError("deadlock")]

    async def book(*arguments: Any) -> domain.Tried:
        if deadlocks:
            raise deadlocks.pop()
        return await real(*arguments)

    monkeypatch.setattr(store.walks, "book", book)
    assert (await booking.books(slot_id)).status_code == 201
    assert len(await booking.rows("select from walk")) == 1


async def test_her_cancellation_opens_the_slot_for_somebody_else(booking: Booking) -> None:
    walk = await booking.walk()
    answer = await service.cancel_by_link(booking.desk, token_of(walk), NO_KEY)
    assert answer["state"] == "cancelled"
    assert len(await booking.slots()) == 1
    [row] = await booking.rows("select cancelled_by, initiator from walk")
    assert dict(row) == {"cancelled_by": "participant", "initiator": "participant"}
    with pytest.raises(domain.WrongState):
        await service.cancel_by_link(booking.desk, token_of(walk), NO_KEY)


async def test_a_link_works_until_28_days_after_and_not_when_revoked(booking: Booking) -> None:
    walk = await booking.walk()
    token = token_of(walk)
    found = await service.walk_of_link(booking.desk, token)
    assert str(found.id) == walk["id"]
    booking.clock.at = found.kept_until
    await service.walk_of_link(booking.desk, token)
    booking.clock.advance(timedelta(seconds=1))
    with pytest.raises(domain.LinkOver):
        await service.walk_of_link(booking.desk, token)
    booking.clock.at = START
    assert await revoke_link(booking.parts, [walk["reference"]]) == 0
    with pytest.raises(domain.LinkOver):
        await service.walk_of_link(booking.desk, token)
    with pytest.raises(domain.LinkOver):
        await service.cancel_by_link(booking.desk, token, NO_KEY)
    [row] = await booking.rows("select state from walk")
    assert row["state"] == "confirmed"
    assert await revoke_link(booking.parts, ["0000-0000"]) == 1


async def test_a_link_of_another_walk_or_nobody_s_is_not_found(booking: Booking) -> None:
    walk = await booking.walk()
    token = token_of(walk)
    other = domain.Links.from_setting("tests:YW5vdGhlciB0aGlydHktdHdvIGJ5dGVzIG9mIGEga2U=")
    for forged in ("", "x", token[:-4], token + "AA", other.token(UUID(walk["id"]), 1)):
        with pytest.raises(NotFound):
            await service.walk_of_link(booking.desk, forged)


async def test_details_are_erased_28_days_after_the_walk(
    booking: Booking, capsys: pytest.CaptureFixture[str]
) -> None:
    await booking.walk()
    await booking.walk(at=START + timedelta(days=2))
    booking.clock.advance(timedelta(days=29))
    assert await retention(booking.parts, ["--dry-run"]) == 0
    assert len(await booking.rows("select from participant")) == 2
    assert await retention(booking.parts, []) == 0
    assert capsys.readouterr().out.splitlines() == [
        "1 participants would be erased",
        "1 participants erased",
    ]
    assert len(await booking.rows("select from participant")) == 1
    assert len(await booking.rows("select from walk")) == 2


async def test_a_debriefed_walk_is_closed_when_nobody_is_known_of_it_any_more(
    booking: Booking,
) -> None:
    debriefed, only_ended = [await booking.walk(officer=nth) for nth in (0, 1)]
    booking.clock.advance(timedelta(hours=1))
    for walk in (debriefed, only_ended):
        for verb in ("start", "end"):
            assert (await booking.acts(walk, verb)).status_code == 200
    assert (await booking.acts(debriefed, "debrief")).status_code == 200
    told = await booking.types(INTERNAL)
    for days, states in ((27, ["debriefed", "ended"]), (2, ["closed", "ended"])):
        booking.clock.advance(timedelta(days=days))
        await service.forget_what_is_old(booking.desk)
        assert [
            row["state"] for row in await booking.rows("select state from walk order by 1")
        ] == states
    assert await booking.types(INTERNAL) == told
    again = await booking.acts(debriefed, "debrief")
    assert (again.status_code, again.json()["state"]) == (409, "closed")


async def test_seeding_twice_is_seeding_once(booking: Booking, tmp_path: Any) -> None:
    file = tmp_path / "seed.yaml"
    file.write_text(
        "team: {name: Mill, min_notice_minutes: 0, grace_seconds: 60}\n"
        "officers:\n"
        "  - {subject: officer-1, display_name: PC Robin Renamed, role: PC, force_phone: '101'}\n"
        "  - {subject: officer-9, display_name: PCSO Wren, role: PCSO}\n"
    )
    before = await booking.rows("select id from officer where subject = 'officer-1'")
    for _ in range(2):
        assert await seed_command(booking.parts, [str(file)]) == 0
    rows = await booking.rows("select subject, display_name from officer order by subject")
    assert [row["display_name"] for row in rows] == [
        "PC Robin Renamed",
        "PC Robin 2",
        "PCSO Wren",
    ]
    assert await booking.rows("select id from officer where subject = 'officer-1'") == before
    versions = await booking.rows("select version, grace from policy order by version")
    assert [(row["version"], row["grace"]) for row in versions] == [
        (1, timedelta(minutes=15)),
        (2, timedelta(minutes=1)),
    ]


@pytest.mark.parametrize(
    "content", ["", "[]", "{", "team: {}", "team: {name: x}\nofficers: [{subject: y}]", "\x00"]
)
async def test_what_is_no_seed_file_changes_nothing(
    booking: Booking, tmp_path: Any, content: str
) -> None:
    file = tmp_path / "seed.yaml"
    file.write_text(content)
    assert await seed_command(booking.parts, [str(file)]) == 1
    assert await seed_command(booking.parts, [str(tmp_path / "none.yaml")]) == 1
    assert len(await booking.rows("select from officer")) == 2


async def test_an_officer_of_another_team_is_not_one_of_the_walk_s(booking: Booking) -> None:
    walk = await booking.walk()
    await seed(booking.desk, team="Another", officers=1)  # officer-1 moves, and her walk with her
    left_behind = booking.issuer.bearer("officer", subject="officer-2")
    answer = await booking.acts(walk, "start", headers=left_behind)
    assert (answer.status_code, problem(answer)) == (403, "not-in-team")
