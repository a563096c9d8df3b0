"""A team to try the platform out with, and slots enough that the first page is never empty.

Invariant: everything is done through booking's own functions; one bookable slot always starts within
the hour, as long as one of the officers has time; nobody's concerns are invented.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, date, datetime, time, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

from booking import domain
from booking.service import Desk, NewSlot, open_slot, seed
from booking.store import slots, teams
from shared.auth import Principal
from shared.clock import LONDON
from shared.errors import Refusal
from shared.idempotency import once

TEAM = "Walk and Talk team"
POLICY = domain.Policy(
    min_notice=timedelta(0),
    horizon=timedelta(days=14),
    buffer=timedelta(minutes=5),
    grace=timedelta(minutes=15),
)
# The first three can sign in: their subjects are those of the issuer's people.
OFFICERS: Sequence[tuple[str, domain.Role]] = (
    ("PC Sam Okafor", "PC"),
    ("PC Priya Nair", "PC"),
    ("PCSO Tom Becker", "PCSO"),
    ("PC Ewa Lis", "PC"),
    ("PCSO Carol Hughes", "PCSO"),
    ("PC Aisha Khan", "PC"),
    ("PC Megan Rees", "PC"),
    ("PCSO Dele Bright", "PCSO"),
)
OPENER = Principal("coordinator-1", "Ruth Adeyemi", frozenset({"coordinator"}), frozenset({"*"}))

# London's clocks: early, at noon, and the dark hours that this is about.
HOURS = (time(7), time(12, 30), time(17, 30), time(19), time(20, 30), time(22))
DAYS_AHEAD = 5
AT_ONCE = 5  # officers with a slot at each of these hours
MINUTES = 45
SHORT_MINUTES = 30
HOUR, STEP = timedelta(hours=1), timedelta(minutes=5)
NOT_SOONER = timedelta(minutes=10)
LOOK_SECONDS = 2.0
PLAN_EVERY = timedelta(hours=1)


async def prepare(desk: Desk) -> None:
    """Make the team and its officers, and see that a slot starts within the hour."""
    officers = [
        teams.NewOfficer(_id(number), f"officer-{number}", name, role, f"07700 9001{number:02d}")
        for number, (name, role) in enumerate(OFFICERS, 1)
    ]
    await seed(desk, TEAM, POLICY, officers)
    await _keep_one_within_the_hour(desk)


@asynccontextmanager
async def keeping_slots_open(desk: Desk) -> AsyncGenerator[None]:
    """Open slots for the coming days, and one within the hour whenever there is none."""
    task = asyncio.create_task(_keep_open(desk))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def _keep_open(desk: Desk) -> None:
    planned = datetime.min.replace(tzinfo=UTC)
    while True:
        try:
            await _keep_one_within_the_hour(desk)
            if desk.clock() - planned > PLAN_EVERY:
                await _plan_days(desk)
                planned = desk.clock()
        except Exception:  # whatever it was, the next look is in two seconds
            desk.log.exception("demo.failed")
        await asyncio.sleep(LOOK_SECONDS)


async def _plan_days(desk: Desk) -> None:
    """The slots of today's rest and the days after; those that exist stay as they are."""
    today = desk.clock().astimezone(LONDON).date()
    for ahead in range(DAYS_AHEAD + 1):
        for nth, starts_at in enumerate(_starts(today + timedelta(days=ahead))):
            for turn in range(AT_ONCE):
                shift = ((today.toordinal() + ahead) * len(HOURS) + nth) * AT_ONCE + turn
                await _open(desk, shift, starts_at, MINUTES)


def _starts(day: date) -> list[datetime]:
    return [datetime.combine(day, hour, LONDON) for hour in HOURS]


async def _keep_one_within_the_hour(desk: Desk) -> None:
    at = desk.clock()
    async with desk.database.reading() as connection:
        near = await slots.list_bookable(
            connection, at=at, few=None, since=at + STEP, until=at + HOUR, limit=1
        )
    if near:
        return
    for shift, starts_at in _chances(at):
        if await _open(desk, shift, starts_at, SHORT_MINUTES):
            return


def _chances(at: datetime) -> Iterator[tuple[int, datetime]]:
    """Whom to ask, and for when: the soonest time first, by turns."""
    first = (at + NOT_SOONER).replace(second=0, microsecond=0)
    first += STEP - timedelta(minutes=first.minute % 5)
    turn = int(first.timestamp() // STEP.total_seconds())
    starts_at = first
    while starts_at <= at + HOUR - STEP:
        yield from ((turn + nth, starts_at) for nth in range(len(OFFICERS)))
        starts_at += STEP


async def _open(desk: Desk, shift: int, starts_at: datetime, minutes: int) -> bool:
    """Open a slot of the officer and in the ward whose turn it is; False where booking refuses it."""
    wards = desk.areas.wards
    ward = wards[shift % len(wards)]
    near, met_at = f"the middle of {ward.name}", f"the bench in the middle of {ward.name}"
    lon, lat = ward.point
    if len(ward.places) > 1:
        place, meeting = (ward.places[(shift + nth) % len(ward.places)] for nth in range(2))
        near, met_at, (lon, lat) = place.name, meeting.name, meeting.point
    wanted = NewSlot(
        officer_id=_id(shift % len(OFFICERS) + 1),
        ward=ward.code,
        starts_at=starts_at,
        minutes=minutes,
        near=near,
        meeting_point=domain.MeetingPoint(met_at, lon, lat),
    )
    with suppress(Refusal):
        await open_slot(desk, wanted, OPENER, once("demo", None, b""))
        return True
    return False


def _id(number: int) -> UUID:
    """An officer's id: hers whatever the machine, so that a seed of yesterday is found again."""
    return uuid5(NAMESPACE_URL, f"https://walkandtalk.example/officers/{number}")
