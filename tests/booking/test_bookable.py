"""What lists and alternatives leave out, and what they go through: each ward and day by itself."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from booking import domain, store
from tests.booking.desk import OTHER_WARD, WARD, Booking
from tests.booking.wishes import DAY
from tests.factories import START

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
FEW = 2


async def found(booking: Booking, few: int | None = FEW, **asked: object) -> list[str]:
    """The ids of a list."""
    async with booking.database.reading() as connection:
        slots = await store.slots.list_bookable(
            connection,
            at=booking.clock.at,
            few=few,
            **asked,  # pyright: ignore[reportArgumentType]
        )
    return [str(slot.id) for slot in slots]


async def laid(booking: Booking) -> list[str]:
    """Slots on the hour of two officers, over three days and two wards, by start."""
    slots: list[str] = []
    for days in (1, 2, 3):
        for hour in range(4):
            ward = WARD if hour % 4 < 3 else OTHER_WARD
            at = START + days * DAY + hour * HOUR
            slots.append(await booking.slot(at=at, officer=hour % 2, ward=ward))
    return slots


async def test_each_ward_and_day_has_its_few_by_start(booking: Booking) -> None:
    slots = await laid(booking)
    of_day = [slots[nth : nth + 4] for nth in (0, 4, 8)]
    few = [each for day in of_day for each in (day[0], day[1], day[3])]
    assert await found(booking) == few
    assert await found(booking, None) == slots
    assert await found(booking, wards=[WARD]) == [
        each for day in of_day for each in (day[0], day[1])
    ]
    # Where one goes, the next of its ward and day is seen.
    assert (await booking.books(slots[0])).status_code == 201
    assert (await found(booking))[:3] == [slots[1], slots[2], slots[3]]


async def test_a_page_ends_and_goes_on_where_it_ended(booking: Booking) -> None:
    await laid(booking)
    every = await found(booking)
    shown: list[str] = []
    after: tuple[datetime, UUID] | None = None
    while part := await found(booking, after=after, limit=2):
        shown += part
        rows = await booking.rows("select id, starts_at from slot where id = $1", UUID(part[-1]))
        after = (rows[0]["starts_at"], rows[0]["id"])
    assert shown == every


async def test_a_narrow_question_brings_nothing_to_light(booking: Booking) -> None:
    slots = await laid(booking)
    shown = await found(booking)
    third = START + DAY + 2 * HOUR
    assert slots[2] not in shown
    assert await found(booking, since=third, until=third + HOUR) == []
    assert await found(booking, since=third, until=START + 2 * DAY) == [slots[3]]
    assert await found(booking, None, since=third, until=third + HOUR) == [slots[2]]


async def test_alternatives_are_those_that_the_list_shows(booking: Booking) -> None:
    slots = await laid(booking)
    async with booking.database.reading() as connection:
        instead = await store.slots.alternatives(
            connection, UUID(slots[2]), at=booking.clock.at, few=FEW
        )
    assert [str(each.id) for each in instead] == [slots[1], slots[0], slots[4]]


@pytest.mark.parametrize("hours", [0, 4])
@pytest.mark.parametrize(("first", "last"), [("00:00", "23:15"), ("23:15", "00:00")])
async def test_the_daily_limit_counts_all_of_the_longest_day(
    booking: Booking, first: str, last: str, hours: int
) -> None:
    booking.clock.at = datetime.fromisoformat("2027-10-25T12:00:00+00:00")
    walls = {
        "00:00": datetime(2027, 10, 31, 0, 0, tzinfo=domain.LONDON),
        "23:15": datetime(2027, 10, 31, 23, 15, tzinfo=domain.LONDON),
    }
    slots = {said: await booking.slot(at=at) for said, at in walls.items()}
    async with booking.database.transaction() as connection:
        await connection.execute("update policy set daily_limit = 1, buffer = $1", hours * HOUR)
    assert sorted(await found(booking)) == sorted(slots.values())
    assert (await booking.books(slots[first])).status_code == 201
    assert await found(booking) == []
    assert (await booking.books(slots[last])).status_code == 409


# Of one whose walk at 0 takes half an hour, with a buffer of 15 minutes and 10 to write: minutes from it, and
# how long.
@pytest.mark.parametrize(
    ("begins", "minutes", "free"),
    [
        (-70, 30, True),
        (-69, 30, False),
        (-90, 240, False),
        (5, 15, False),
        (69, 30, False),
        (70, 30, True),
    ],
)
async def test_an_officer_is_free_when_buffers_and_writing_fit_between_her_walks(
    booking: Booking, begins: int, minutes: int, *, free: bool
) -> None:
    at = START + DAY
    asked = await booking.slot(at=at + begins * MINUTE, minutes=minutes)
    taken = [await booking.slot(at=at + hours * HOUR) for hours in (-6, 0, 6)]
    async with booking.database.transaction() as connection:
        await connection.execute(
            "update policy set buffer = interval '15 minutes', debrief = interval '10 minutes'"
        )
    for slot in taken:
        assert (await booking.books(slot)).status_code == 201
    assert (asked in await found(booking, None)) is free
    assert (await booking.books(asked)).status_code == (201 if free else 409)
