"""The world goes on while a plan is looked at: what differs is left as it is, and the report says so."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from booking import domain, service, store
from tests.booking.desk import Booking, Json
from tests.booking.replans import (
    DAY,
    HOUR,
    MINUTE,
    carries_out,
    choices,
    officers_of,
    on_duty,
    outcomes,
    planned,
    report,
    sick,
    told,
    where,
)
from tests.booking.test_absences import ends, recorded
from tests.booking.test_changes import gives
from tests.booking.test_service import token_of
from tests.booking.wishes import NO_KEY, asks, officer_is, works
from tests.factories import START
from tests.infra import until

TOMORROW = START + DAY


async def a_plan(booking: Booking) -> tuple[list[Json], Json, Json]:
    """Two walks that go to the second officer, their absence and their plan."""
    walks = [await booking.walk(at=TOMORROW + nth * 3 * HOUR) for nth in range(2)]
    for nth in range(2):
        await on_duty(booking, 1, TOMORROW + nth * 3 * HOUR, hours=2)
    absence = await sick(booking)
    plan = await planned(booking, absence)
    assert choices(plan) == ["reassign", "reassign"]
    return walks, absence, plan


async def officer_gone(booking: Booking, _: Json, __: Json) -> None:
    await recorded(booking, officer=1, since=TOMORROW, until=TOMORROW + HOUR)


async def officer_booked(booking: Booking, _: Json, __: Json) -> None:
    slot_id = await booking.slot(officer=1, at=TOMORROW + 40 * MINUTE)
    assert (await booking.books(slot_id)).status_code == 201


async def officer_off_duty(booking: Booking, _: Json, __: Json) -> None:
    async with booking.database.transaction() as connection:
        await connection.execute(
            "update slot set state = 'withdrawn' where officer_id = $1", UUID(booking.officers[1])
        )


async def officer_full(booking: Booking, _: Json, __: Json) -> None:
    slot_id = await booking.slot(officer=1, at=TOMORROW + 5 * HOUR)
    assert (await booking.books(slot_id)).status_code == 201
    async with booking.database.transaction() as connection:
        await connection.execute("update policy set daily_limit = 1")


async def a_woman_is_due(booking: Booking, _: Json, __: Json) -> None:
    await officer_is(booking, 0, sex="female")
    async with booking.database.transaction() as connection:
        await connection.execute("update policy set officer_sex = 'if_asked'")


async def walk_cancelled(booking: Booking, walk: Json, _: Json) -> None:
    await service.cancel_by_link(booking.desk, token_of(walk), NO_KEY)


async def walk_moved(booking: Booking, walk: Json, _: Json) -> None:
    place = await booking.slot(officer=1, at=TOMORROW + 5 * DAY)
    await service.move_by_link(booking.desk, token_of(walk), UUID(place), NO_KEY)


async def walk_given(booking: Booking, walk: Json, _: Json) -> None:
    assert (await gives(booking, walk, 1)).status_code == 200


async def she_is_back(booking: Booking, _: Json, absence: Json) -> None:
    assert (await ends(booking, absence, START + HOUR)).status_code == 200


CHANGES: tuple[Callable[[Booking, Json, Json], Awaitable[None]], ...] = (
    officer_gone,
    officer_booked,
    officer_off_duty,
    officer_full,
    a_woman_is_due,
    walk_cancelled,
    walk_moved,
    walk_given,
    she_is_back,
)


OF_BOTH = {officer_off_duty, officer_full, a_woman_is_due, she_is_back}


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
async def test_what_has_changed_meanwhile_is_not_done_and_said(
    booking: Booking, change: Callable[[Booking, Json, Json], Awaitable[None]]
) -> None:
    [walk, other], absence, plan = await a_plan(booking)
    await change(booking, walk, absence)
    query = "select * from walk where id = $1"
    before, heard = await booking.rows(query, UUID(walk["id"])), await told(booking, walk["id"])
    after = await report(booking, plan)
    # The other walk is not touched by what became of the first one alone.
    second = "changed" if change in OF_BOTH else "done"
    assert outcomes(after) == ["changed", second]
    assert after["walks"][0]["said"]
    assert await booking.rows(query, UUID(walk["id"])) == before
    assert await told(booking, walk["id"]) == heard
    assert await officers_of(booking, [other]) == [1 if second == "done" else 0]


@pytest.mark.parametrize("change", [walk_cancelled, walk_moved, walk_given, she_is_back])
async def test_nobody_is_called_off_whose_walk_has_changed(
    booking: Booking, change: Callable[[Booking, Json, Json], Awaitable[None]]
) -> None:
    walk = await booking.walk(at=TOMORROW)
    absence = await sick(booking)
    plan = await planned(booking, absence)
    assert choices(plan) == ["waitlist"]
    await change(booking, walk, absence)
    assert outcomes(await report(booking, plan)) == ["changed"]
    assert await booking.rows("select from request") == []


async def test_an_offer_that_was_answered_meanwhile_is_not_taken_back(booking: Booking) -> None:
    await booking.slot(at=TOMORROW)
    wish = await asks(booking)
    await works(booking)
    absence = await sick(booking)
    kept, gone = await planned(booking, absence), await planned(booking, absence)
    await ends(booking, absence, START + HOUR)
    assert outcomes(await report(booking, kept)) == ["changed"]
    assert (await told(booking, wish["id"]))[-1] == "offer.made"
    await service.decline_by_link(booking.desk, token_of(wish), NO_KEY)
    after = await report(booking, gone)
    assert outcomes(after) == ["changed"]
    assert "answered or has expired" in after["walks"][0]["said"]


async def test_a_plan_that_broke_off_is_carried_on(
    booking: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    walks = [await booking.walk(at=TOMORROW + nth * HOUR) for nth in range(3)]
    absence = await sick(booking)
    plan = await planned(booking, absence)
    add, tries = store.requests.add, 0

    async def fails_once(*words: Any) -> None:
        nonlocal tries
        tries += 1
        if tries == 2:
            raise asyncpg.ConnectionDoesNotExistError
        await add(*words)

    monkeypatch.setattr(store.requests, "add", fails_once)
    assert (await carries_out(booking, plan, key="do")).status_code >= 500
    shown = (await booking.http.get(where(plan), headers=booking.coordinator)).json()
    assert outcomes(shown) == ["done", None, None]
    assert outcomes((await carries_out(booking, plan, key="do")).json()) == ["done"] * 3
    for walk in walks:
        assert await told(booking, walk["id"]) == ["walk.confirmed", "walk.cancelled"]
    assert len(await booking.rows("select from request")) == 3


async def test_nobody_is_erased_while_a_wish_is_made_in_her_name(
    booking: Booking, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    walk = await booking.walk(at=TOMORROW)
    plan = await planned(booking, await sick(booking))
    desk = replace(booking.desk, erasures=store.erasures.ErasureList(tmp_path / "erased"))
    add = store.requests.add
    erasing: list[asyncio.Task[int]] = []

    async def waits() -> bool:
        return bool(
            await booking.rows(
                "select from pg_stat_activity where wait_event_type = 'Lock'"
                " and datname = current_database()"
            )
        )

    async def adds_meanwhile(*words: Any) -> None:
        erase = service.erase(desk, walk["reference"], by="me", reason="asked")
        erasing.append(asyncio.create_task(erase))
        await until(waits, 10)
        await add(*words)

    monkeypatch.setattr(store.requests, "add", adds_meanwhile)
    assert outcomes(await report(booking, plan)) == ["done"]
    with pytest.raises(domain.WalkAhead):
        await erasing[0]


async def test_a_deadlock_is_tried_once_more(
    booking: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    await booking.walk(at=TOMORROW)
    plan = await planned(booking, await sick(booking))
    add, tries = store.requests.add, 0

    async def loses_once(*words: Any) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise asyncpg.DeadlockDetectedError
        await add(*words)

    monkeypatch.setattr(store.requests, "add", loses_once)
    assert outcomes(await report(booking, plan)) == ["done"]
