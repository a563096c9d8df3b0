"""An officer of twenty-five is away for four weeks: her forty walks planned, and the plan carried out."""

import time
from datetime import UTC, timedelta
from uuid import UUID, uuid4

from booking import service
from booking.app import open_desk
from booking.service import Desk
from shared.auth import Principal
from shared.clock import now
from shared.idempotency import once
from shared.postgres import Database
from tests.bench.ground import Ground
from tests.bench.measuring import Round, Row, in_turn
from tests.factories import Clock, parts_for

OFFICERS = 25
WALKS = 40
LED_BY = Principal("c-1", "Coordinator", frozenset({"coordinator"}), frozenset({"*"}))
NO_KEY = once("bench", None, b"")
FORGET = "truncate replan, request, walk, slot, assignment, absence, event_log, outbox cascade"

TEAM = """
with team as (
    insert into team (id, name) values (gen_random_uuid(), 'Mill') returning id
), policy as (
    insert into policy (team_id, version, min_notice, horizon, buffer, grace, daily_limit, set_by,
                        set_at)
    select id, 1, interval '0', interval '28 days', interval '15 minutes', interval '15 minutes', 12,
           'bench', now()
      from team
)
insert into officer (id, subject, display_name, role, force_phone, team_id)
select gen_random_uuid(), 'officer-' || n, 'PC Robin ' || n, 'PC', '101', team.id
  from team, generate_series(1, $1::int) as n
"""
# Twenty evenings of six slots for everybody; who is away has two walks on each, and of the others every
# second evening is booked out, so that one half finds an officer and the other another time.
SLOTS = """
insert into slot (id, officer_id, ward_code, ward_name, ward_set, near, meeting_name, meeting_lon,
                  meeting_lat, starts_at, ends_at, local_date, local_from, local_to, tz_version,
                  after_dark, opened_by, opened_at)
select gen_random_uuid(), officer.id, 'L05000001', 'Millside', 'larkmere-2026', 'the old mill',
       'Mill Lane bus stop', -0.01, 51.46, at, at + interval '30 minutes',
       (at at time zone 'Europe/London')::date, (at at time zone 'Europe/London')::time,
       ((at + interval '30 minutes') at time zone 'Europe/London')::time, '2026a', true,
       'coordinator-1', now()
  from officer, generate_series(1, 20) as day, generate_series(0, 5) as hour,
       lateral (select $1::timestamptz + day * interval '1 day' + hour * interval '1 hour' as at) as here
"""
TO_BOOK = """
select slot.id, officer.subject
  from slot join officer on officer.id = slot.officer_id
 where officer.subject = 'officer-1'
       and extract(hour from slot.starts_at at time zone 'UTC') in (12, 13)
    or officer.subject <> 'officer-1' and slot.local_date - $1::date in (select n * 2 from
           generate_series(1, 10) as n)
 order by slot.starts_at, slot.id
"""


async def measure(ground: Ground) -> list[Row]:
    """One row: seconds from the command to the report, planning included."""
    async with ground.opened("booking") as (_, database):
        await database.pool.execute(TEAM, OFFICERS)
        found = await in_turn({"ours": _Replanning(database)}, title="re-plan")
    return [
        Row(
            "replan",
            f"a re-plan of {WALKS} walks among {OFFICERS} officers, carried out",
            "",
            "s",
            [each["ours"]["seconds"] for each in found],
            must=2,
            aim=1,
            upward=False,
            note=", ".join(
                f"{found[0]['ours'][choice]:.0f} {choice}"
                for choice in ("reassign", "reoffer", "waitlist")
            ),
            rounds=found,
        )
    ]


class _Replanning:
    """One round: a month is booked, an officer is away, her walks are planned and the plan carried out."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._desk = open_desk(
            parts_for("booking", database, clock=Clock(now()), tries_per_minute=10**6)
        )

    async def __call__(self) -> Round:
        absence_id = await _a_month(self._desk)
        began = time.perf_counter()
        plan = await service.make_plan(self._desk, absence_id, LED_BY, NO_KEY)
        planned = time.perf_counter()
        report = await service.carry_out(self._desk, absence_id, UUID(plan["id"]), LED_BY, NO_KEY)
        seconds = time.perf_counter() - began
        assert report["outcomes"] == {"done": WALKS}, report["outcomes"]
        choices = {"reassign": 0, "reoffer": 0, "waitlist": 0} | plan["choices"]
        return {"seconds": seconds, "planning": planned - began} | {
            name: float(number) for name, number in choices.items()
        }


async def _a_month(desk: Desk) -> UUID:
    """Slots and walks of everybody, and the absence of the first officer."""
    today = desk.clock().astimezone(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    async with desk.database.transaction() as connection:
        await connection.execute(FORGET)
        await connection.execute(SLOTS, today)
        to_book = await connection.fetch(TO_BOOK, today.date())
        [first] = await connection.fetch("select * from officer where subject = 'officer-1'")
    await desk.database.pool.execute("analyze")
    for row in to_book:
        email = f"ada.{uuid4().hex}@example.org"
        booking = service.Booking(row["id"], "Ada Example", email, adult=True, note=None)
        await service.book_walk(desk, booking, NO_KEY)
    absence = service.NewAbsence(first["id"], "sick", desk.clock(), today + timedelta(days=27))
    recorded = await service.record_absence(desk, absence, LED_BY, NO_KEY)
    assert len(recorded["walks"]) == WALKS
    return UUID(recorded["absence"]["id"])
