"""What is done with rosters: shifts added, changed and excepted, and what they open."""

from datetime import timedelta
from typing import Any

from httpx import Response

from booking import service
from tests.booking.desk import WARD, Booking, Json

DAY = timedelta(days=1)


def a_shift(booking: Booking, **said: Any) -> Json:
    """A shift on Wednesdays, the day after START, with four slots."""
    usual = {
        "weekday": "wednesday",
        "from": "18:00",
        "to": "22:00",
        "from_date": "2027-01-01",
        "ward": WARD,
        "near": "the old mill",
        "meeting_point": {"name": "Mill Lane bus stop", "coordinates": booking.place()},
    }
    return usual | said


def between(begin: str, end: str) -> Json:
    """From and to which wall time."""
    return {"from": begin, "to": end}


def path(booking: Booking, shift: Json | None = None, officer: int = 0) -> str:
    """Where an officer's shifts are."""
    return f"/booking/v1/officers/{booking.officers[officer]}/shifts" + (
        f"/{shift['id']}" if shift else ""
    )


async def adds(booking: Booking, officer: int = 0, **said: Any) -> Response:
    """A coordinator adds a shift."""
    body = a_shift(booking, **said)
    where = path(booking, officer=officer)
    return await booking.http.post(where, json=body, headers=booking.coordinator)


async def added(booking: Booking, **said: Any) -> Json:
    """The shift that a coordinator has just added."""
    answer = await adds(booking, **said)
    assert answer.status_code == 201, answer.text
    return answer.json()["shift"]


async def puts(booking: Booking, shift: Json, seen: str | None = None, **said: Any) -> Response:
    """A coordinator changes a shift, having read it."""
    etag = {"If-Match": seen or f'"{shift["version"]}"'}
    body = a_shift(booking, **said)
    return await booking.http.put(
        path(booking, shift), json=body, headers=booking.coordinator | etag
    )


async def excepts(booking: Booking, shift: Json, day: str, body: Json) -> Response:
    """A coordinator says how a day differs."""
    etag = {"If-Match": f'"{shift["version"]}"'}
    where = f"{path(booking, shift)}/exceptions/{day}"
    return await booking.http.put(where, json=body, headers=booking.coordinator | etag)


async def opened(booking: Booking, *, day: str | None = None) -> list[str]:
    """The local starts of open slots, by time."""
    rows = await booking.rows(
        "select local_date, local_from from slot where state = 'open' order by starts_at"
    )
    said = [f"{row['local_date']} {row['local_from']:%H:%M}" for row in rows]
    return [each for each in said if day is None or each.startswith(day)]


async def timer(booking: Booking) -> int:
    """What the worker's timer does; how many shifts there were to do."""
    done = 0
    while await service.open_next_shift(booking.desk):
        done += 1
    return done
