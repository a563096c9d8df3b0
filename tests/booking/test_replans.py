"""One command for an officer who is away: what is planned for her walks, and what carrying it out does."""

import json
from uuid import UUID, uuid4

from booking import store
from shared.events.walks import INTERNAL, SHARED
from tests.booking.desk import OTHER_WARD, WARD, Booking, problem
from tests.booking.replans import (
    DAY,
    HOUR,
    carries_out,
    choices,
    officers_of,
    on_duty,
    outcomes,
    planned,
    plans,
    report,
    sick,
    told,
    where,
)
from tests.booking.wishes import agrees as offers_agree, asks, works
from tests.factories import START

TOMORROW = START + DAY


async def test_a_plan_says_what_becomes_of_each_walk_and_changes_nothing(booking: Booking) -> None:
    first, second, third = [await booking.walk(at=START + days * DAY + HOUR) for days in (1, 2, 3)]
    await on_duty(booking, 1, START + DAY)
    other = await booking.slot(officer=1, at=START + 9 * DAY + 2 * HOUR)
    absence = await sick(booking)
    before = await booking.rows("select * from walk order by id")
    plan = await planned(booking, absence)
    assert [each["reference"] for each in plan["walks"]] == [
        each["reference"] for each in (first, second, third)
    ]
    # The second walk is on a Thursday, as that other slot is; the third is on a Friday.
    assert choices(plan) == ["reassign", "reoffer", "waitlist"]
    assert plan["walks"][0]["officer"]["display_name"] == "PC Robin 2"
    assert "PC Robin 2 is on duty then." in plan["walks"][0]["why"]
    assert plan["walks"][1]["instead"]["starts_at"].startswith("2027-01-21T20:00")
    assert plan["walks"][2]["why"][0] == "Nobody who is on duty then is free."
    assert (plan["carried_out"], outcomes(plan)) == (False, [None] * 3)
    assert before == await booking.rows("select * from walk order by id")
    assert await booking.rows("select from request") == []
    assert other in [each["id"] for each in await booking.slots()]
    assert "Ada" not in json.dumps(plan)


async def test_what_was_planned_is_done_and_each_hears_what_is_true(booking: Booking) -> None:
    first, second = [await booking.walk(at=START + days * DAY + HOUR) for days in (1, 2)]
    await on_duty(booking, 1, START + DAY)
    plan = await planned(booking, await sick(booking))
    after = await report(booking, plan)
    assert (after["carried_out"], outcomes(after)) == (True, ["done", "done"])
    assert after["outcomes"] == {"done": 2}
    # Her officer has changed: never a cancellation, and to the shared tier nothing has happened.
    assert await told(booking, first["id"]) == ["walk.confirmed", "walk.reassigned"]
    assert await officers_of(booking, [first]) == [1]
    assert await told(booking, second["id"]) == ["walk.confirmed", "walk.cancelled"]
    [cancelled] = [e for e in await booking.events(INTERNAL) if "cancelled" in e["type"]]
    assert json.loads(cancelled["value"])["initiator"] == "force"
    assert await booking.types(SHARED) == ["walk.confirmed.v1"] * 2 + ["walk.cancelled.v1"]


async def test_whose_walk_was_called_off_is_offered_a_time_like_it_before_anybody(
    booking: Booking,
) -> None:
    walk = await booking.walk(at=START + 2 * DAY + HOUR)
    earlier = await asks(booking)
    plan = await planned(booking, await sick(booking))
    after = await report(booking, plan)
    [wish] = await booking.rows("select * from request where id <> $1", UUID(earlier["id"]))
    assert (wish["priority"], wish["state"]) == (True, "asked")
    assert (wish["wards"], wish["light"]) == ([WARD], "dark")
    assert wish["hours"] == [{"days": [4], "from": "17:00", "to": "21:30"}]
    assert after["walks"][0]["wish"] == {"reference": wish["reference"], "state": "asked"}
    assert wish["reference"] != walk["reference"]
    assert await told(booking, wish["id"]) == ["walk.requested"]
    other = await booking.slot(officer=1, at=START + 9 * DAY + 2 * HOUR)
    await works(booking)
    assert await told(booking, wish["id"]) == ["walk.requested", "offer.made"]
    [offer] = await booking.rows("select slot_id from offer")
    assert str(offer["slot_id"]) == other
    shown = await booking.http.get(where(plan), headers=booking.coordinator)
    assert shown.json()["walks"][0]["wish"]["state"] == "offered"
    await offers_agree(booking)


async def test_who_she_is_goes_with_her_wish_sealed_for_it_and_the_reading_is_audited(
    booking: Booking,
) -> None:
    walk = await booking.walk(at=TOMORROW, email="bea@example.org")
    await report(booking, await planned(booking, await sick(booking)))
    [wish] = await booking.rows("select * from request")
    [hers] = await booking.rows("select contact_hmac from participant")
    assert wish["contact_hmac"] == hers["contact_hmac"]
    assert b"bea" not in wish["sealed"]

    async with booking.database.reading() as connection:
        known = await store.requests.person(connection, booking.desk.sealing, wish["id"])
    assert known is not None
    assert known[1].email == "bea@example.org"
    [read] = await booking.rows("select * from audit where action = 'contact.read'")
    assert read["subject"] == f"walk {walk['id']}"
    assert (read["actor"], read["reason"]) == (
        "coordinator-1",
        "to keep a place in the line for her",
    )


async def test_an_open_offer_of_hers_lapses_and_its_place_in_the_line_is_kept(
    booking: Booking,
) -> None:
    await booking.slot(at=TOMORROW)
    wish = await asks(booking)
    await works(booking)
    other = await booking.slot(officer=1, at=TOMORROW + DAY)
    plan = await planned(booking, await sick(booking))
    assert choices(plan) == ["lapse"]
    assert plan["walks"][0]["reference"] == wish["reference"], "nobody knows a held walk"
    after = await report(booking, plan)
    assert after["walks"][0]["wish"] == {"reference": wish["reference"], "state": "waitlisted"}
    await works(booking)
    assert await told(booking, wish["id"]) == [
        "walk.requested",
        "offer.made",
        "offer.expired",
        "request.waitlisted",
        "offer.made",
    ]
    [made] = await booking.rows("select slot_id from offer where state = 'made'")
    assert str(made["slot_id"]) == other
    await offers_agree(booking)


async def test_a_walk_whose_time_has_come_is_left_to_people(booking: Booking) -> None:
    walk = await booking.walk(at=START + HOUR)
    await on_duty(booking, 1, START + HOUR)
    absence = await sick(booking)
    early = await planned(booking, absence)
    booking.clock.at = START + HOUR
    plan = await planned(booking, absence)
    assert choices(plan) == ["leave"]
    assert outcomes(await report(booking, plan)) == ["left"]
    assert outcomes(await report(booking, early)) == ["changed"]
    assert await told(booking, walk["id"]) == ["walk.confirmed"]


async def test_whoever_only_walks_along_is_not_replaced_by_itself(booking: Booking) -> None:
    await booking.walk(officer=1, at=TOMORROW)
    async with booking.database.transaction() as connection:
        await connection.execute(
            "insert into slot_officer select slot_id, $1 from walk", UUID(booking.officers[0])
        )
    plan = await planned(booking, await sick(booking))
    assert choices(plan) == ["leave"]
    assert outcomes(await report(booking, plan)) == ["left"]


async def test_who_is_barred_is_told_and_has_no_wish_that_leads_nowhere(booking: Booking) -> None:
    walk = await booking.walk(at=TOMORROW)
    bar = {"reference": walk["reference"], "reason": "see log 12"}
    await booking.http.post("/booking/v1/bars", json=bar, headers=booking.coordinator)
    after = await report(booking, await planned(booking, await sick(booking)))
    assert outcomes(after) == ["done"]
    assert after["walks"][0]["said"].startswith("Called off without a wish")
    assert await booking.rows("select from request") == []


async def test_a_plan_is_the_team_s_coordinators(booking: Booking) -> None:
    await booking.walk(at=TOMORROW)
    async with booking.database.transaction() as connection:
        await connection.execute(
            "insert into team_ward (team_id, ward_code, borrowed) select id, $1, false from team"
            " union select id, $2, false from team",
            WARD,
            OTHER_WARD,
        )
    absence = await sick(booking)
    elsewhere = booking.issuer.bearer("coordinator", wards=("L05000009",))
    half = booking.issuer.bearer("coordinator", wards=(OTHER_WARD,))
    assert (await plans(booking, absence, headers=elsewhere)).status_code == 403
    plan = await planned(booking, absence)
    for headers in (elsewhere, booking.officer):
        assert (await carries_out(booking, plan, headers=headers)).status_code == 403
        shown = await booking.http.get(where(plan), headers=headers)
        assert shown.status_code == 403
    # Of the same team, but the walk is in none of her wards.
    hers = (await plans(booking, absence, headers=half)).json()
    assert choices(hers) == ["leave"]
    done = (await carries_out(booking, plan, headers=half)).json()
    assert outcomes(done) == ["changed"]
    assert [row["state"] for row in await booking.rows("select state from walk")] == ["confirmed"]
    missing = await booking.http.get(
        where(plan | {"id": str(uuid4())}), headers=booking.coordinator
    )
    assert (missing.status_code, problem(missing)) == (404, "not-found")
    read = await booking.rows("select from audit where action = 'absence.read'")
    assert len(read) >= 3


async def test_a_repeat_does_nothing_more_with_its_key_and_without(booking: Booking) -> None:
    await booking.walk(at=TOMORROW)
    absence = await sick(booking)
    first, second = [await plans(booking, absence, key="make") for _ in range(2)]
    assert first.json() == second.json()
    assert len(await booking.rows("select from replan")) == 1
    plan = first.json()
    done = [await carries_out(booking, plan, key=key) for key in ("do", "do", "again", None)]
    assert [each.json() for each in done] == [done[0].json()] * 4
    assert len(await booking.rows("select from request")) == 1
    assert await booking.types(INTERNAL) == ["walk.confirmed.v1", "walk.cancelled.v1"]
