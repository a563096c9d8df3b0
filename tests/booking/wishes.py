"""Wishes as tests make them, and what their line does."""

from dataclasses import replace
from datetime import time, timedelta
from typing import Any
from uuid import UUID

from booking import domain, service
from shared.auth import Principal
from shared.events.requests import INTERNAL
from shared.idempotency import once
from tests.booking.desk import WARD, Booking, Json

NO_KEY = once("test", None, b"")
DAY = timedelta(days=1)
ALWAYS = domain.WishedHours((1, 2, 3, 4, 5, 6, 7), time(0), time(0))
COORDINATOR = Principal("c-1", "Coordinator", frozenset({"coordinator"}), frozenset({"*"}))
A_WISH = service.Wish(
    wards=(WARD,),
    hours=(ALWAYS,),
    light="any",
    officer_sex=None,
    language=None,
    needs=(),
    name="Ada Example",
    email="ada@example.org",
    adult=True,
    note=None,
)


async def asks(booking: Booking, who: str = "ada", **changes: Any) -> Json:
    """Somebody asks; a minute passes, so that the line has an order."""
    wish = replace(A_WISH, email=f"{who}@example.org", **changes)
    answer = await service.ask(booking.desk, wish, NO_KEY)
    booking.clock.advance(timedelta(minutes=1))
    return answer


def token_of(answer: Json) -> str:
    """The last part of a wish's link."""
    return answer["manage_url"].rsplit("/", 1)[-1]


async def accepts(booking: Booking, answer: Json) -> Json:
    """She takes the offer."""
    return await service.accept_by_link(booking.desk, token_of(answer), NO_KEY)


async def declines(booking: Booking, answer: Json) -> Json:
    """She would rather not."""
    return await service.decline_by_link(booking.desk, token_of(answer), NO_KEY)


async def works(booking: Booking) -> None:
    """What the worker's timer does."""
    for step in (service.expire_next, service.close_next_late, service.match_next):
        while await step(booking.desk):
            pass


async def stands(booking: Booking, answer: Json) -> service.Standing:
    """How a wish stands now."""
    return await service.wish_of_link(booking.desk, token_of(answer))


async def offer_of(booking: Booking, answer: Json) -> domain.Offer:
    """The offer that a wish has open."""
    found = (await stands(booking, answer)).offer
    assert found is not None
    return found


async def types(booking: Booking, answer: Json) -> list[str]:
    """What was told of a wish, in order."""
    found = await booking.rows(
        "select type from event_log where topic = $1 and key = $2 order by sequence",
        INTERNAL,
        answer["id"],
    )
    return [row["type"].removesuffix(".v1") for row in found]


async def officer_is(booking: Booking, nth: int, **columns: Any) -> None:
    """Say what an officer brings."""
    async with booking.database.transaction() as connection:
        for name, value in columns.items():
            await connection.execute(
                f"update officer set {name} = $2 where id = $1",
                UUID(booking.officers[nth]),
                value,
            )


async def agrees(booking: Booking) -> None:
    """What holds at any time: a place held for each open offer and no other, and officers' time with it."""
    held = {row["id"] for row in await booking.rows("select id from walk where state = 'held'")}
    made = {
        row["walk_id"] for row in await booking.rows("select * from offer where state = 'made'")
    }
    assert held == made
    walked = {
        row["slot_id"]
        for row in await booking.rows(
            "select slot_id from walk where state in ('held', 'confirmed', 'started')"
        )
    }
    taken = {row["slot_id"] for row in await booking.rows("select slot_id from assignment")}
    assert walked == taken
    for row in await booking.rows("select * from request"):
        offers = await booking.rows("select * from offer where request_id = $1", row["id"])
        assert (row["state"] == "offered") == any(each["state"] == "made" for each in offers)
        accepted = [each for each in offers if each["state"] == "accepted"]
        assert len(accepted) == (row["state"] == "confirmed")
    people = await booking.rows(
        "select count(*) from walk left join participant on participant.walk_id = walk.id"
        " group by walk.id, walk.state having (walk.state = 'held') <> (count(participant.id) = 0)"
    )
    assert people == []
