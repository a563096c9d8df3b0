"""How long the event path keeps what it keeps: one timer in each service, and a dry run.

Answers to idempotency keys 24 hours; ``event_log`` 90 days, in monthly partitions that are made ahead and
dropped whole; inbox rows a year after their last use. Parked events stay until somebody resolves them.
Invariant: a month is dropped only when all of it is past its time and nothing of it waits in the outbox.
"""

from datetime import date, datetime, timedelta
from typing import Any

from shared.postgres import Connection
from shared.service import Parts, Timer

EVERY = timedelta(hours=1)
LOG_DAYS = 90
MONTHS_AHEAD = 2

PARTITIONS = """
select relname from pg_class join pg_inherits on inhrelid = pg_class.oid
 where inhparent = 'event_log'::regclass and relname ~ '^event_log_\\d{4}_\\d{2}$' order by relname
"""
WAITING = "select exists (select from outbox where logged_at >= $1 and logged_at < $2)"
ANSWERS = "select count(*) from idempotency where kept_at < $1"
FORGET_ANSWERS = "delete from idempotency where kept_at < $1"
INBOX = "select count(*) from inbox where last_used < $1 and not blocked"
FORGET_INBOX = "delete from inbox where last_used < $1 and not blocked"
# The rest partition takes what no month's does; it is empty unless the timer was off for months.
REST = "select count(*) from event_log_rest where logged_at < $1"
IN_REST = "select exists (select from event_log_rest where logged_at >= $1 and logged_at < $2)"
FORGET_REST = "delete from event_log_rest where logged_at < $1"


def timer(parts: Parts[Any]) -> Timer:
    """The timer that every worker runs."""

    async def run() -> None:
        await expire(parts)

    return Timer("event_retention", EVERY, run)


async def expire(parts: Parts[Any], *, dry_run: bool = False) -> dict[str, int]:
    """Let go of what is past its time, in a transaction of its own."""
    async with parts.database.transaction() as connection:
        return await let_go(connection, parts.clock(), dry_run=dry_run)


async def let_go(connection: Connection, at: datetime, *, dry_run: bool) -> dict[str, int]:
    """Let go of what is past its time; answers how many rows (or months) of each kind."""
    await connection.execute("set local lock_timeout = '5s'")
    if not dry_run:
        await _make_months(connection, at.date())
    months = await _months_over(connection, at)
    found = {"months of event_log": len(months)}
    for month in [] if dry_run else months:
        await connection.execute(f"drop table {_name(month)}")
    for what, count, forget, moment in _kinds(at):
        found[what] = await connection.fetchval(count, moment)
        if found[what] and not dry_run:
            await connection.execute(forget, moment)
    return found


def _kinds(at: datetime) -> list[tuple[str, str, str, date]]:
    return [
        ("idempotency answers", ANSWERS, FORGET_ANSWERS, at - timedelta(hours=24)),
        ("inbox rows", INBOX, FORGET_INBOX, at.date() - timedelta(days=365)),
        ("event_log rows", REST, FORGET_REST, at - timedelta(days=LOG_DAYS)),
    ]


async def _make_months(connection: Connection, today: date) -> None:
    """Make this month's partition and the next ones, where the rest partition does not hold them."""
    have = {row["relname"] for row in await connection.fetch(PARTITIONS)}
    month = today.replace(day=1)
    for _ in range(MONTHS_AHEAD + 1):
        after = _next(month)
        if _name(month) not in have and not await _in_rest(connection, month, after):
            await connection.execute(
                f"create table {_name(month)} partition of event_log"
                f" for values from ('{month} 00:00+00') to ('{after} 00:00+00')"
            )
        month = after


async def _in_rest(connection: Connection, month: date, after: date) -> bool:
    return await connection.fetchval(IN_REST, *_bounds(month, after))


async def _months_over(connection: Connection, at: datetime) -> list[date]:
    """The months of which every row is past its time and none waits to be sent."""
    found: list[date] = []
    for row in await connection.fetch(PARTITIONS):
        year, number = row["relname"].removeprefix("event_log_").split("_")
        month = date(int(year), int(number), 1)
        first, end = _bounds(month, _next(month))
        if end < at - timedelta(days=LOG_DAYS) and not await connection.fetchval(
            WAITING, first, end
        ):
            found.append(month)
    return found


def _name(month: date) -> str:
    return f"event_log_{month:%Y_%m}"


def _next(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def _bounds(month: date, after: date) -> tuple[datetime, datetime]:
    return (
        datetime.fromisoformat(f"{month}T00:00+00:00"),
        datetime.fromisoformat(f"{after}T00:00+00:00"),
    )
