"""Who takes the walks of somebody who is away: the rules hold, within one plan as well."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from booking import service
from tests.booking.desk import OTHER_WARD, WARD, Booking, seed
from tests.booking.replans import (
    DAY,
    HOUR,
    choices,
    officers_of,
    on_duty,
    outcomes,
    planned,
    report,
    sick,
    told,
)
from tests.booking.rostering import added
from tests.booking.wishes import NO_KEY, asks, officer_is, token_of, works
from tests.factories import START

TOMORROW = START + DAY


async def policy_is(booking: Booking, **columns: Any) -> None:
    """Say what every team's policy is."""
    async with booking.database.transaction() as connection:
        for name, value in columns.items():
            await connection.execute(f"update policy set {name} = $1", value)


async def another_officer(booking: Booking, number: int = 1) -> None:
    """More officers in the team."""
    await seed(booking.desk, officers=2 + number)
    found = await booking.rows("select id from officer order by subject")
    booking.officers = [str(row["id"]) for row in found]


async def test_the_walks_are_shared_out_and_nobody_has_more_than_her_day_holds(
    booking: Booking,
) -> None:
    await another_officer(booking, 2)
    await policy_is(booking, daily_limit=2)
    walks = [await booking.walk(at=TOMORROW + nth * HOUR) for nth in range(2)]
    await policy_is(booking, daily_limit=12)
    walks += [await booking.walk(at=TOMORROW + nth * HOUR) for nth in range(2, 5)]
    await policy_is(booking, daily_limit=2)
    for officer in (1, 2):
        await on_duty(booking, officer, TOMORROW - HOUR, hours=4)
        await on_duty(booking, officer, TOMORROW + 3 * HOUR, hours=1)
    plan = await planned(booking, await sick(booking))
    assert choices(plan) == ["reassign"] * 4 + ["waitlist"]
    given = [each["officer"]["id"] for each in plan["walks"][:4]]
    assert {given.count(each) for each in booking.officers[1:3]} == {2}
    assert given[0] != given[1], "the fewest first, and it counts what the plan has given"
    after = await report(booking, plan)
    assert outcomes(after) == ["done"] * 5
    assert sorted(await officers_of(booking, walks[:4])) == [1, 1, 2, 2]


async def test_nobody_is_given_two_walks_at_once_or_without_the_time_between(
    booking: Booking,
) -> None:
    await another_officer(booking)
    # Two of hers at 19:00 (a group's slot takes her once), another twenty minutes after its end.
    first = await booking.walk(at=TOMORROW)
    second = await booking.walk(at=TOMORROW + HOUR)
    await on_duty(booking, 1, TOMORROW - HOUR)
    busy = await booking.walk(officer=2, at=TOMORROW + timedelta(minutes=20))
    plan = await planned(booking, await sick(booking))
    assert choices(plan) == ["reassign", "reassign"]
    assert {each["officer"]["id"] for each in plan["walks"]} == {booking.officers[1]}
    await report(booking, plan)
    assert await officers_of(booking, [first, second, busy]) == [1, 1, 2]
    await policy_is(booking, buffer=timedelta(minutes=31))
    again = await planned(booking, await sick(booking, officer=1))
    assert "reassign" not in choices(again)


async def test_the_officer_sex_rule_is_never_relaxed(booking: Booking) -> None:
    await officer_is(booking, 0, sex="female")
    await officer_is(booking, 1, sex="male")
    for rule in ("if_asked", "women"):
        await policy_is(booking, officer_sex="any")
        walk = await booking.walk(at=TOMORROW)
        await policy_is(booking, officer_sex=rule)
        await booking.slot(officer=1, at=TOMORROW)
        await booking.slot(officer=1, at=TOMORROW + 7 * DAY)
        plan = await planned(booking, absence := await sick(booking))
        assert choices(plan) == ["waitlist"], rule
        assert plan["walks"][0]["why"][0] == "No woman is free then, and that is not set aside."
        await report(booking, plan)
        [wish] = await booking.rows("select * from request where state = 'asked'")
        assert wish["officer_sex"] == "female"
        await works(booking)
        assert await booking.rows("select from offer") == []
        assert await told(booking, walk["id"]) == ["walk.confirmed", "walk.cancelled"]
        await booking.http.patch(
            f"/booking/v1/absences/{absence['id']}",
            json={"until": None},
            headers=booking.coordinator | {"If-Match": '"1"'},
        )
        async with booking.database.transaction() as connection:
            await connection.execute("truncate absence, slot, walk, request cascade")


async def test_who_asked_for_a_woman_has_one_and_who_declined_somebody_not_him(
    booking: Booking,
) -> None:
    await another_officer(booking, 2)
    for nth, sex in enumerate(("female", "male", "female", "female")):
        await officer_is(booking, nth, sex=sex)
    await booking.slot(officer=2, at=TOMORROW)
    wish = await asks(booking, officer_sex="female")
    await works(booking)
    await service.decline_by_link(booking.desk, token_of(wish), NO_KEY)
    await booking.slot(officer=0, at=TOMORROW)
    await works(booking)
    walk = await service.accept_by_link(booking.desk, token_of(wish), NO_KEY)
    await booking.slot(officer=1, at=TOMORROW)
    absence = await sick(booking)
    plan = await planned(booking, absence)
    assert choices(plan) == ["waitlist"], "a man, and one whom she declined"
    assert plan["walks"][0]["why"][0] == "Nobody who is free then brings what she needs."
    await booking.slot(officer=3, at=TOMORROW)
    plan = await planned(booking, absence)
    assert choices(plan) == ["reassign"]
    await report(booking, plan)
    assert await officers_of(booking, [walk]) == [3]


async def test_a_wish_that_is_made_again_is_the_one_she_had(booking: Booking) -> None:
    await officer_is(booking, 0, languages=["en", "cy"])
    await booking.slot(at=TOMORROW)
    wish = await asks(booking, language="cy", wards=(WARD, OTHER_WARD))
    await works(booking)
    await service.accept_by_link(booking.desk, token_of(wish), NO_KEY)
    plan = await planned(booking, await sick(booking))
    await report(booking, plan)
    first, second = await booking.rows("select * from request order by asked_at")
    same = ("wards", "hours", "light", "officer_sex", "language", "needs")
    assert {name: first[name] for name in same} == {name: second[name] for name in same}
    assert (first["state"], second["state"], second["priority"]) == ("confirmed", "asked", True)
    assert first["reference"] != second["reference"]


async def test_who_walks_together_stays_together(booking: Booking) -> None:
    slot_id = await booking.slot(at=TOMORROW)
    async with booking.database.transaction() as connection:
        await connection.execute("update slot set capacity = 3")
    walks = [(await booking.books(slot_id)).json() for _ in range(3)]
    await on_duty(booking, 1, TOMORROW)
    plan = await planned(booking, await sick(booking))
    assert choices(plan) == ["reassign"] * 3
    gone = next(each for each in walks if each["id"] == plan["walks"][0]["id"])
    await booking.acts(gone, "cancel", headers=booking.coordinator)
    after = await report(booking, plan)
    assert outcomes(after) == ["changed", "done", "done"]
    rest = [each for each in walks if each is not gone]
    assert await officers_of(booking, rest) == [1, 1]
    [assigned] = await booking.rows("select officer_no from assignment")
    [second] = await booking.rows(
        "select officer_no from officer where id = $1", UUID(booking.officers[1])
    )
    assert assigned == second


async def test_only_who_is_on_duty_takes_a_walk(booking: Booking) -> None:
    await booking.walk(at=TOMORROW)
    absence = await sick(booking)
    assert choices(await planned(booking, absence)) == ["waitlist"]
    # A Wednesday's shift, of another place: slots of it would begin at other minutes.
    await added(
        booking,
        officer=1,
        **{
            "from": "17:50",
            "to": "20:00",
            "ward": OTHER_WARD,
            "meeting_point": {"name": "Green", "coordinates": booking.place(OTHER_WARD)},
        },
    )
    assert choices(await planned(booking, absence)) == ["reassign"]


async def test_a_neighbour_s_officer_helps_out_when_no_own_one_can(booking: Booking) -> None:
    await seed(booking.desk, team="Next", officers=0)
    [team] = await booking.rows("select id from team where name = 'Next'")
    walks = [await booking.walk(at=TOMORROW + nth * HOUR) for nth in range(2)]
    async with booking.database.transaction() as connection:
        await connection.execute(
            "update officer set team_id = $1 where id = $2", team["id"], UUID(booking.officers[1])
        )
        await connection.execute(
            "insert into team_ward (team_id, ward_code, borrowed) values ($1, $2, true)",
            team["id"],
            WARD,
        )
        await connection.execute(
            "update policy set debrief = interval '20 minutes' where team_id = $1", team["id"]
        )
    await on_duty(booking, 1, TOMORROW)
    plan = await planned(booking, await sick(booking))
    # By her own team's policy she is still busy when the second one begins.
    assert choices(plan) == ["reassign", "waitlist"]
    assert "Helps out in" in plan["walks"][0]["why"][1]
    assert outcomes(await report(booking, plan)) == ["done", "done"]
    assert await officers_of(booking, walks[:1]) == [1]
    [taken] = await booking.rows("select upper(during) as until from assignment")
    assert taken["until"] == TOMORROW + timedelta(minutes=30 + 15 + 20)
