"""What notifications is told of a wish: whom to write to and what is true now, audited; or how it stands only."""

from typing import Any
from uuid import UUID

from booking import service, store
from tests.booking.desk import Booking, Json, some_id
from tests.booking.wishes import DAY, NO_KEY, asks, offer_of, token_of, works
from tests.factories import START


async def told(booking: Booking, wish: Json, what: str, status: int = 200) -> Any:
    answer = await booking.http.get(
        f"/booking/v1/requests/{wish['id']}/{what}",
        headers=booking.issuer.bearer_service("notifications", audience="booking"),
    )
    assert answer.status_code == status, answer.text
    if status == 200:
        assert answer.headers["cache-control"] == "no-store"
    return answer.json()


async def test_a_wish_that_waits_has_a_contact_and_no_offer(booking: Booking) -> None:
    wish = await asks(booking, language="cy", needs=("bsl",))
    contact = await told(booking, wish, "contact")
    assert contact == {
        "state": "asked",
        "priority": False,
        "email": "ada@example.org",
        "mobile": None,
        "name": "Ada Example",
        "safe_contact": None,
        "manage_url": wish["manage_url"],
        "force_phone": booking.desk.limits.phone,
        "offer": None,
    }


async def test_an_offer_is_told_with_its_end_and_without_the_meeting_point(
    booking: Booking,
) -> None:
    await booking.slot(at=START + DAY)
    wish = await asks(booking)
    await works(booking)
    contact = await told(booking, wish, "contact")
    offer = await offer_of(booking, wish)
    assert contact["state"] == "offered"
    assert contact["offer"]["number"] == 1
    assert contact["offer"]["expires_at"].startswith(offer.expires_at.isoformat()[:16])
    assert contact["offer"]["slot"]["near"] == "the old mill"
    assert "Mill Lane" not in str(contact)


async def test_every_reading_of_a_contact_is_written_down(booking: Booking) -> None:
    wish = await asks(booking)
    await told(booking, wish, "contact")
    audited = await booking.rows("select actor, action, subject from audit")
    assert [tuple(row.values()) for row in audited] == [
        ("notifications", "contact.read", f"request {wish['id']}")
    ]


async def test_once_she_has_a_walk_or_is_erased_there_is_no_contact_by_her_wish(
    booking: Booking,
) -> None:
    await booking.slot(at=START + DAY)
    taken, ended = await asks(booking, "ada"), await asks(booking, "bea")
    await works(booking)
    await service.accept_by_link(booking.desk, token_of(taken), NO_KEY)
    await told(booking, taken, "contact", 404)
    await service.withdraw_by_link(booking.desk, token_of(ended), NO_KEY)
    assert (await told(booking, ended, "contact"))["state"] == "withdrawn"
    async with booking.database.transaction() as connection:
        assert await store.requests.forget(connection, [UUID(ended["id"])]) == 1
    await told(booking, ended, "contact", 404)
    await told(booking, {"id": str(some_id())}, "contact", 404)


async def test_how_a_wish_stands_names_nobody_and_is_no_reading_of_a_contact(
    booking: Booking,
) -> None:
    wish = await asks(booking)
    standing = await told(booking, wish, "standing")
    assert standing == {"state": "asked", "asked_at": wish["asked_at"], "wards": wish["wards"]}
    assert await booking.rows("select from audit") == []
    await told(booking, {"id": str(some_id())}, "standing", 404)


async def test_a_wish_says_from_when_on_it_waits_too_long(booking: Booking) -> None:
    wish = await asks(booking)
    [row] = await booking.rows(
        "select convert_from(value, 'utf8') as value from event_log where key = $1", wish["id"]
    )
    found = await booking.rows("select * from request where id = $1", UUID(wish["id"]))
    due_at = found[0]["asked_at"] + 3 * DAY
    assert f"{due_at:%Y-%m-%dT%H:%M}" in row["value"]
    booking.clock.at = due_at
    listed = await booking.http.get("/booking/v1/requests", headers=booking.coordinator)
    assert [each["needs_attention"] for each in listed.json()["items"]] == [True]


async def test_a_walk_out_of_a_wish_says_how_long_she_waited(booking: Booking) -> None:
    await booking.slot(at=START + 2 * DAY)
    wish = await asks(booking)
    await works(booking)
    booking.clock.at = START + DAY / 4
    await service.accept_by_link(booking.desk, token_of(wish), NO_KEY)
    await booking.walk(at=START + DAY, officer=1)
    told = await booking.rows(
        "select convert_from(value, 'utf8')::json ->> 'waited_hours' as waited from event_log"
        " where type = 'walk.confirmed.v1' and topic like 'internal%' order by 1"
    )
    assert [row["waited"] for row in told] == ["6", None]
