"""Slots that can be booked, with what the matching of the domain looks at.

Invariant: reads the view ``bookable_slot``, as the list and the booking do.
"""

from collections.abc import Sequence
from datetime import datetime

from asyncpg import Record

from booking import domain
from booking.store import rows
from shared.postgres import Connection

CANDIDATES = """
with bookable as (
    select * from bookable_slot
     where starts_at > $1 and starts_at >= $1 + min_notice and starts_at <= $1 + horizon
       and ($2::text[] is null or ward_code = any ($2))
       and ($3::timestamptz is null or starts_at >= $3)
       and ($4::timestamptz is null or starts_at < $4)
), loaded as (
    select walk.officer_id, count(*) as load, max(walk.starts_at) as last
      from walk
     where walk.officer_id in (select officer_id from bookable)
       and walk.state not in ('cancelled', 'no_show') and walk.starts_at > $1 - interval '28 days'
     group by walk.officer_id
)
select bookable.*, coalesce(loaded.load, 0) as load, loaded.last
  from bookable left join loaded on loaded.officer_id = bookable.officer_id
 order by bookable.starts_at, bookable.id
"""


async def candidates(
    connection: Connection,
    at: datetime,
    *,
    wards: Sequence[str] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[domain.Candidate]:
    """Every slot that can be booked now in some wards and between two instants, by start."""
    found = await connection.fetch(CANDIDATES, at, wards, since, until)
    return [_candidate(row) for row in found]


def _candidate(row: Record) -> domain.Candidate:
    return domain.Candidate(
        slot=rows.slot(row),
        traits=domain.Traits(row["sex"], tuple(row["languages"]), tuple(row["skills"])),
        load=row["load"],
        last=row["last"],
        borrowed=row["borrowed"],
        notice=row["min_notice"],
        room=row["places_left"],
    )
