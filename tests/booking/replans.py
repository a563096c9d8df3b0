"""Plans for the walks of somebody who is away, as tests make them and carry them out."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from tests.booking.desk import Booking, Json
from tests.booking.test_absences import recorded
from tests.factories import START

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


async def on_duty(booking: Booking, officer: int, at: datetime, hours: int = 3) -> str:
    """A slot of an officer's own that shows that she is at work then; it begins at no walk's time."""
    return await booking.slot(officer=officer, at=at - 10 * MINUTE, minutes=60 * hours)


async def plans(
    booking: Booking, absence: Json, *, headers: Json | None = None, key: str | None = None
) -> httpx.Response:
    """A coordinator asks for a plan."""
    headers = (headers or booking.coordinator) | ({"Idempotency-Key": key} if key else {})
    return await booking.http.post(f"/booking/v1/absences/{absence['id']}/plans", headers=headers)


async def planned(booking: Booking, absence: Json) -> Json:
    """A plan that has just been made."""
    answer = await plans(booking, absence)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def carries_out(
    booking: Booking, plan: Json, *, headers: Json | None = None, key: str | None = None
) -> httpx.Response:
    """A coordinator carries a plan out."""
    headers = (headers or booking.coordinator) | ({"Idempotency-Key": key} if key else {})
    return await booking.http.post(f"{where(plan)}/carry-out", headers=headers)


async def report(booking: Booking, plan: Json) -> Json:
    """What has come of a plan that has just been carried out."""
    answer = await carries_out(booking, plan)
    assert answer.status_code == 200, answer.text
    return answer.json()


def where(plan: Json) -> str:
    """A plan's address."""
    return f"/booking/v1/absences/{plan['absence_id']}/plans/{plan['id']}"


async def sick(booking: Booking, **more: Any) -> Json:
    """The first officer is away from START on, for four weeks unless said."""
    return await recorded(booking, "sick", **({"until": START + 28 * DAY} | more))


def choices(plan: Json) -> list[str]:
    """What is planned of each walk, by start."""
    return [each["choice"] for each in plan["walks"]]


def outcomes(plan: Json) -> list[str | None]:
    """What has come of each walk, by start."""
    return [each["outcome"] for each in plan["walks"]]


async def told(booking: Booking, key: Any) -> list[str]:
    """The types of what was told of a walk or a wish to the four services, in order."""
    found = await booking.rows(
        "select type from event_log where topic like 'internal.%' and key = $1 order by sequence",
        str(key),
    )
    return [row["type"].removesuffix(".v1") for row in found]


async def officers_of(booking: Booking, walks: Sequence[Json]) -> list[int]:
    """Which officer has each of some walks now."""
    found = [
        (await booking.rows("select officer_id from walk where id = $1", UUID(each["id"])))[0]
        for each in walks
    ]
    return [booking.officers.index(str(row["officer_id"])) for row in found]
