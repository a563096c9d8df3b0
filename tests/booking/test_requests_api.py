"""Wishes over HTTP: asked for, answered by link, listed for coordinators."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.booking.desk import OTHER_WARD, WARD, Booking, Json, pointers, problem, some_id
from tests.booking.wishes import DAY, agrees, token_of, works
from tests.factories import START

PLANTED = "planted-words"
A_BODY: Json = {
    "wards": [WARD],
    "hours": [{"days": ["wednesday", "tuesday"], "from": "17:00", "to": "24:00"}],
    "light": "dark",
    "name": "Ada Example",
    "email": "ada@example.org",
    "adult": True,
}


async def asks(booking: Booking, *, key: str | None = None, **changes: Any) -> httpx.Response:
    """Somebody asks."""
    body = {name: value for name, value in (A_BODY | changes).items() if value is not ...}
    headers = {"Idempotency-Key": key or str(uuid4())}
    return await booking.http.post("/booking/v1/requests", json=body, headers=headers)


async def asked(booking: Booking, **changes: Any) -> Json:
    """A wish that somebody has just made."""
    answer = await asks(booking, **changes)
    assert answer.status_code == 201, answer.text
    booking.clock.advance(timedelta(minutes=1))
    return answer.json()


async def says(booking: Booking, wish: Json, verb: str, key: str | None = None) -> httpx.Response:
    """She answers by her link."""
    headers = {"Idempotency-Key": key} if key else {}
    path = f"/booking/v1/requests/by-link/{token_of(wish)}/{verb}"
    return await booking.http.post(path, headers=headers)


async def looks(booking: Booking, wish: Json) -> Json:
    """She looks at her wish."""
    answer = await booking.http.get(f"/booking/v1/requests/by-link/{token_of(wish)}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "Mill Lane" not in answer.text
    return answer.json()


async def test_a_wish_is_asked_once_and_answered_as_it_was_made(booking: Booking) -> None:
    first = await asks(booking, key="a-key", officer_sex="female", needs=["wheelchair"])
    again = await asks(booking, key="a-key", officer_sex="female", needs=["wheelchair"])
    assert (first.status_code, first.json()) == (201, again.json())
    wish = first.json()
    assert wish["hours"] == [{"days": ["tuesday", "wednesday"], "from": "17:00", "to": "24:00"}]
    assert (wish["state"], wish["offer"], wish["needs"]) == ("asked", None, ["wheelchair"])
    assert len(await booking.rows("select from request")) == 1
    assert await looks(booking, wish) == wish
    other = await asks(booking, key="a-key", light="day")
    assert problem(other) == "idempotency-key-reused"


async def test_an_offer_is_seen_and_accepted_by_link(booking: Booking) -> None:
    slot_id = await booking.slot(at=START + DAY)
    wish = await asked(booking)
    await works(booking)
    shown = await looks(booking, wish)
    assert shown["state"] == "offered"
    assert shown["offer"]["slot"]["id"] == slot_id
    assert shown["offer"]["officer"] == {"display_name": "PC Robin 1"}
    assert shown["offer"]["expires_at"] == "2027-01-13T06:01:00+00:00"
    assert shown["offer"]["why"]
    first = await says(booking, wish, "accept", "a-key")
    again = await says(booking, wish, "accept", "a-key")
    assert (first.status_code, first.json()) == (200, again.json())
    assert first.json()["meeting_point"]["name"] == "Mill Lane bus stop"
    assert problem(await says(booking, wish, "accept")) == "request-over"
    assert (await looks(booking, wish))["state"] == "confirmed"
    await agrees(booking)


async def test_looking_changes_nothing(booking: Booking) -> None:
    await booking.slot(at=START + DAY)
    wish = await asked(booking)
    await works(booking)

    async def everything() -> list[Any]:
        tables = ("request", "offer", "walk", "assignment", "event_log")
        return [await booking.rows(f"select * from {table} order by 1, 2") for table in tables]

    before = await everything()
    path = f"/booking/v1/requests/by-link/{token_of(wish)}"
    for _ in range(2):
        for verb in ("", "/accept", "/decline", "/withdraw"):
            await booking.http.get(path + verb)
            await booking.http.head(path + verb)
    assert await everything() == before


async def test_declined_and_withdrawn_by_link(booking: Booking) -> None:
    await booking.slot(at=START + DAY)
    wish = await asked(booking)
    assert problem(await says(booking, wish, "decline")) == "offer-over"
    await works(booking)
    declined = (await says(booking, wish, "decline")).json()
    assert (declined["state"], declined["reason"], declined["offer"]) == (
        "waitlisted",
        "declined",
        None,
    )
    assert len(await booking.slots()) == 1
    assert (await says(booking, wish, "withdraw")).json()["state"] == "withdrawn"
    assert problem(await says(booking, wish, "withdraw")) == "request-over"


async def test_a_forged_link_opens_nothing(booking: Booking) -> None:
    wish = await asked(booking)
    other = await asked(booking, email="bea@example.org")
    mixed = ".".join((*token_of(wish).split(".")[:2], token_of(other).split(".")[2]))
    for link in (mixed, "x", "tests.AAAA.AAAA", PLANTED):
        path = f"/booking/v1/requests/by-link/{link}"
        for answer in (
            await booking.http.get(path),
            await booking.http.post(f"{path}/accept"),
            await booking.http.post(f"{path}/withdraw"),
        ):
            assert (answer.status_code, problem(answer)) == (404, "not-found")
            assert PLANTED not in answer.text


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"wards": []}, "#/wards"),
        ({"wards": ["L0"]}, "#/wards/0"),
        ({"wards": [WARD] * 11}, "#/wards"),
        ({"hours": []}, "#/hours"),
        ({"hours": [{"days": [], "from": "18:00", "to": "19:00"}]}, "#/hours/0/days"),
        ({"hours": [{"days": ["today"], "from": "18:00", "to": "19:00"}]}, "#/hours/0/days/0"),
        ({"hours": [{"days": ["friday"], "from": "18:00", "to": "18:00"}]}, "#/hours/0"),
        ({"hours": [{"days": ["friday"], "from": "22:00", "to": "02:00"}]}, "#/hours/0"),
        ({"hours": [{"days": ["friday"], "from": "24:00", "to": "24:00"}]}, "#/hours/0/from"),
        ({"light": "dim"}, "#/light"),
        ({"officer_sex": "male"}, "#/officer_sex"),
        ({"language": "Welsh"}, "#/language"),
        ({"needs": ["Not a code"]}, "#/needs/0"),
        ({"name": "Ada\nBcc: x"}, "#/name"),
        ({"email": f"{PLANTED}@"}, "#/email"),
        ({"adult": ...}, "#/adult"),
        ({"note": "x" * 1001}, "#/note"),
        ({PLANTED: 1}, "#"),
    ],
)
async def test_a_wish_that_is_not_right_is_refused(
    booking: Booking, changes: Json, pointer: str
) -> None:
    answer = await asks(booking, **changes)
    assert answer.status_code == 422, answer.text
    assert pointer in pointers(answer)
    assert PLANTED not in answer.text
    assert await booking.rows("select from request") == []


async def test_wishes_are_for_adults_and_not_too_many(booking: Booking) -> None:
    assert problem(await asks(booking, adult=False)) == "adults-only"
    for _ in range(2):
        await asked(booking)
    refused = await asks(booking, email="Ada+x@example.org")
    assert (refused.status_code, problem(refused)) == (429, "too-many")


async def lists(booking: Booking, headers: Json | None = None, **query: Any) -> Json:
    """The coordinators' list."""
    answer = await booking.http.get(
        "/booking/v1/requests", params=query, headers=headers or booking.coordinator
    )
    assert answer.status_code == 200, answer.text
    # "ada" alone may stand in the digits of an id.
    assert not any(word in answer.text for word in ("Ada", "ada@"))
    return answer.json()


async def test_coordinators_see_how_long_each_waits_and_why(booking: Booking) -> None:
    async with booking.database.transaction() as connection:
        await connection.execute("update officer set sex = 'male'")
    await booking.slot(at=START + 5 * DAY)
    await asked(booking, officer_sex="female", hours=[{**A_BODY["hours"][0], "days": ["sunday"]}])
    await works(booking)
    [shown] = (await lists(booking))["items"]
    assert (shown["state"], shown["why"]) == ("waitlisted", "no_woman")
    assert shown["why_in_words"] == "No woman has a slot then: the wish for one is not set aside."
    assert (shown["age_hours"], shown["needs_attention"]) == (0.0, False)
    booking.clock.at = START + 3 * DAY
    [shown] = (await lists(booking))["items"]
    assert (shown["age_hours"], shown["needs_attention"]) == (72.0, True)
    elsewhere = booking.issuer.bearer("coordinator", wards=[OTHER_WARD])
    assert (await lists(booking, elsewhere))["items"] == []


async def test_the_list_goes_on_and_is_narrowed_by_state(booking: Booking) -> None:
    wishes = [await asked(booking, email=f"a{nth}@example.org") for nth in range(3)]
    await says(booking, wishes[1], "withdraw")
    first = await lists(booking, limit=1)
    second = await lists(booking, limit=1, cursor=first["next"])
    assert [first["items"][0]["id"], second["items"][0]["id"]] == [
        wishes[0]["id"],
        wishes[2]["id"],
    ]
    assert second["next"] is None
    [withdrawn] = (await lists(booking, state="withdrawn"))["items"]
    assert withdrawn["id"] == wishes[1]["id"]


async def test_a_coordinator_makes_an_offer(booking: Booking) -> None:
    wish = await asked(booking, officer_sex="female")
    await works(booking)
    slot_id = await booking.slot(at=START + DAY)
    path = f"/booking/v1/requests/{wish['id']}/offers"

    async def offers(body: Json, path: str = path) -> httpx.Response:
        return await booking.http.post(path, json=body, headers=booking.coordinator)

    refused = await offers({"slot_id": slot_id})
    assert (refused.status_code, problem(refused)) == (409, "does-not-fit")
    assert refused.json()["lacks"] == ["sex"]
    assert pointers(await offers({"slot_id": str(some_id())})) == ["#/slot_id"]
    assert (
        await offers({"slot_id": slot_id}, path.replace(wish["id"], str(some_id())))
    ).status_code == 404
    async with booking.database.transaction() as connection:
        await connection.execute("update officer set sex = 'female'")
    made = await offers({"slot_id": slot_id})
    assert made.status_code == 201, made.text
    assert made.json()["offer"]["slot"]["id"] == slot_id
    assert problem(await offers({"slot_id": slot_id})) == "request-over"
    other_s = await booking.http.post(
        path,
        json={"slot_id": slot_id},
        headers=booking.issuer.bearer("coordinator", wards=[OTHER_WARD]),
    )
    assert other_s.status_code == 403
    assert "none of your wards" in other_s.json()["detail"]
    [shown] = (await lists(booking))["items"]
    assert [(each["number"], each["state"]) for each in shown["offers"]] == [(1, "made")]
