"""What the doctor reads in the service's own database: who leads, what waits, what stands still.

Invariant: a look changes nothing and locks nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.clock import LONDON
from shared.consumer import parking
from shared.doctor.finding import Finding
from shared.events import OWNERS, READERS
from shared.migrate import pending_migrations
from shared.postgres import Connection, Database, is_infrastructure
from shared.relay import queue

# The same as the alerts': what is older does not heal by itself.
LATE_SECONDS = 60

LEASE = """
select holder, since, cluster, coalesce(expires_at > clock_timestamp(), false) as held from relay_lease
"""
STOP = "select reason, since from consumer_stop where consumer = $1 and resumed_at is null"
PROGRESS = """
select lag, extract(epoch from $2 - as_of)::float as behind,
       extract(epoch from $2 - checked_at)::float as unseen
  from consumer_progress where consumer = $1
"""
TIMERS = "select timer, cause, times, since from timer_failure order by timer"
OFFSETS = "select topic, partition, next_offset from consumer_offset where consumer = $1"


@dataclass(frozen=True, slots=True)
class Standing:
    """What the look at Kafka is held against; nothing where the database does not tell."""

    cluster: str | None = None
    offsets: Mapping[tuple[str, int], int] | None = None


async def examine(
    name: str, database: Database | None, at: datetime
) -> tuple[list[Finding], Standing]:
    """Look at the database, as far as it can be looked at."""
    if database is None:
        return [_away(name)], Standing()
    try:
        pending = await pending_migrations(database, name)
        if pending:
            what = f"{len(pending)} migrations are missing, from {pending[0]} on"
            return [Finding("database", what, f"python -m {name} migrate")], Standing()
        async with database.reading() as connection:
            found = [
                Finding("database", "reachable and migrated"),
                *await _relay(connection, name, at),
                await _parked(connection, name),
                *await _consumer(connection, name, at),
                *await _timers(connection),
            ]
            return found, await _standing(connection, name)
    except Exception as error:
        if not is_infrastructure(error):
            raise
        return [_away(name)], Standing()


def _away(name: str) -> Finding:
    todo = f"start PostgreSQL, or mend {name.upper()}_DATABASE_URL; nothing is lost meanwhile"
    return Finding("database", "does not answer, or refuses this service", todo)


async def _relay(connection: Connection, name: str, at: datetime) -> list[Finding]:
    """Who sends and what waits; nothing, of a service that says nothing."""
    if name not in OWNERS.values():
        return []
    return [await _lease(connection, name), await _outbox(connection, at)]


async def _lease(connection: Connection, name: str) -> Finding:
    row = await connection.fetchrow(LEASE)
    if row is None or not row["held"]:
        todo = (
            f"start a worker: python -m {name} worker; if one runs, its log says why it cannot lead"
        )
        return Finding("relay", "nobody leads: nothing is sent", todo)
    return Finding("relay", f"{row['holder']} leads since {_moment(row['since'])}")


async def _outbox(connection: Connection, at: datetime) -> Finding:
    rows, oldest = await queue.waiting(connection, at)
    what = f"{rows} rows, the oldest that is due waits for {oldest:.0f} s"
    if oldest <= LATE_SECONDS:
        return Finding("outbox", what)
    todo = "mend what this says of kafka, topics and relay: it then goes out by itself"
    return Finding("outbox", what, todo)


async def _parked(connection: Connection, name: str) -> Finding:
    counts = await parking.counts(connection, name)
    if not counts:
        return Finding("parked events", "none")
    causes = ", ".join(f"{number} {cause}" for cause, number in sorted(counts.items()))
    todo = (
        f"python -m {name} events parked; mend the cause, then python -m {name} events retry,"
        f" or python -m {name} events discard ID --reason TEXT"
    )
    return Finding("parked events", causes, todo)


async def _consumer(connection: Connection, name: str, at: datetime) -> list[Finding]:
    if not any(name in readers for readers in READERS.values()):
        return []
    stop = await connection.fetchrow(STOP, name)
    if stop is not None:
        what = f"stopped since {_moment(stop['since'])}: {stop['reason']}"
        return [Finding("consumer", what, f"do what it says, then python -m {name} events resume")]
    row = await connection.fetchrow(PROGRESS, name, at)
    if row is None or row["unseen"] > LATE_SECONDS:
        what = "has never looked" if row is None else f"has not looked for {row['unseen']:.0f} s"
        return [Finding("consumer", what, f"start a worker: python -m {name} worker")]
    what = f"{row['lag']} events behind, {max(0, row['behind']):.0f} s"
    if row["behind"] > LATE_SECONDS:
        todo = "more workers, up to the partitions of a topic; its log names what puts it off"
        return [Finding("consumer", what, todo)]
    return [Finding("consumer", what)]


async def _timers(connection: Connection) -> list[Finding]:
    rows = await connection.fetch(TIMERS)
    if not rows:
        return [Finding("timers", "none fails")]
    return [
        Finding(
            f"timer {row['timer']}",
            f"failed {row['times']} times since {_moment(row['since'])}: {row['cause']}",
            "mend what it needs (see the other lines); its next run goes on where it was",
        )
        for row in rows
    ]


async def _standing(connection: Connection, name: str) -> Standing:
    lease = await connection.fetchrow(LEASE)
    rows = await connection.fetch(OFFSETS, name)
    return Standing(
        lease["cluster"] if lease else None,
        {(row["topic"], row["partition"]): row["next_offset"] for row in rows},
    )


def _moment(moment: datetime | None) -> str:
    return moment.astimezone(LONDON).isoformat(timespec="seconds") if moment else "an unknown time"
