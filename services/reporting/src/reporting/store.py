"""Every SQL statement of reporting.

Invariant: a fact and the figures it changes are written by one statement, after TAKE_TURN in the same
transaction. The one row of ``figure_version`` is thus the first thing that any writer of figures locks
and holds until its commit: two writers can never wait for each other, in whatever order their cells
come, and nobody else writes between a rebuild's counting and its swap.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reporting.domain import Fact, Question, Row
from shared.postgres import Connection

TAKE_TURN = "update figure_version set number = number + 1 returning number"

# $1.. are equally long arrays, one element a fact.
ADD_FACTS = """
with told as (
    select * from unnest($1::text[], $2::text[], $3::date[], $4::text[], $5::text[], $6::text[],
                         $7::text[], $8::text[], $9::smallint[], $10::text[], $11::int[])
        as f (measure, kind, day, ward_code, ward_set, light, category, category_version, severity,
              detail, elapsed_seconds)
), kept as (
    insert into fact (measure, kind, day, ward_code, ward_set, light, category, category_version,
                      severity, detail, elapsed_seconds)
    select * from told
)
insert into figure (measure, kind, ward_code, ward_set, day, category, light, count)
select measure, kind, ward_code, ward_set, day, category, light, count(*)
  from told group by measure, kind, day, ward_set, ward_code, category, light
on conflict (measure, kind, day, ward_set, ward_code, category, light)
do update set count = figure.count + excluded.count
"""

# $1 measure, $2 kind or null; $3..$6 which of ward, day, category and light to split by; $7..$10 filters or
# null; $11 whether to split by kind.
COUNT = """
select case when $3 then ward_code end as ward_code, case when $3 then ward_set end as ward_set,
       case when $4 then day end as day, case when $5 then category end as category,
       case when $6 then light end as light, case when $11 then kind end as kind,
       sum(count)::bigint as count
  from figure
 where measure = $1 and ($2::text is null or kind = $2)
   and ($7::date is null or day >= $7) and ($8::date is null or day <= $8)
   and ($9::text is null or light = $9) and ($10::text is null or ward_code = $10)
 group by 1, 2, 3, 4, 5, 6
"""

VERSION = "select number from figure_version"

PROGRESS = """
select (select as_of from consumer_progress where consumer = $1) as as_of,
       (select count(*) from parked where consumer = $1) as parked
"""

# One statement, hence one snapshot, in which facts and figures belong together. A digest is the sum of
# the rows' hashes, so that the order of the rows does not matter.
COMPARE = """
with rebuilt as materialized (
    select measure, kind, ward_code, ward_set, day, category, light, count(*) as count
      from fact group by measure, kind, ward_code, ward_set, day, category, light
), hashed as (
    select 'live' as side, row(measure, kind, ward_code, ward_set, day, category, light, count) as cell
      from figure
    union all
    select 'rebuilt', row(measure, kind, ward_code, ward_set, day, category, light, count)
      from rebuilt
), digest as (
    select side, count(*) as rows, sum(hashtextextended(cell::text, 0)::numeric)::text as digest
      from hashed group by side
)
select live.rows as live_rows, live.digest as live_digest, rebuilt.rows as rebuilt_rows,
       rebuilt.digest as rebuilt_digest
  from (select 'live' as side) as one
  left join digest as live using (side)
  left join digest as rebuilt on rebuilt.side = 'rebuilt'
"""

CLEAR = "delete from figure"
COUNT_ANEW = """
insert into figure (measure, kind, ward_code, ward_set, day, category, light, count)
select measure, kind, ward_code, ward_set, day, category, light, count(*)
  from fact group by measure, kind, ward_code, ward_set, day, category, light
"""

# A rebuild reads every fact there is: longer than any statement of the daily work may take.
REBUILD_SECONDS = 6 * 60 * 60


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the consumer has come: everything up to ``as_of`` is applied, but for ``parked`` events."""

    as_of: datetime | None
    parked: int


@dataclass(frozen=True, slots=True)
class Digest:
    """A table of figures in two values that any order of its rows gives."""

    rows: int
    digest: str


async def take_turn(connection: Connection) -> int:
    """Wait for other writers of figures and hold them off until the transaction ends; the new version."""
    return await connection.fetchval(TAKE_TURN)


async def add_facts(connection: Connection, facts: Sequence[Fact]) -> None:
    """Keep facts and count them, in the caller's transaction; the turn must have been taken."""
    await connection.execute(
        ADD_FACTS,
        [fact.measure for fact in facts],
        [fact.kind for fact in facts],
        [fact.day for fact in facts],
        [fact.ward_code for fact in facts],
        [fact.ward_set for fact in facts],
        [fact.light for fact in facts],
        [fact.category for fact in facts],
        [fact.category_version for fact in facts],
        [fact.severity for fact in facts],
        [fact.detail for fact in facts],
        [fact.elapsed_seconds for fact in facts],
    )


async def count(connection: Connection, question: Question) -> list[Row]:
    """The rows that answer a question, in no order; none when nothing was counted."""
    by = question.by
    rows = await connection.fetch(
        COUNT,
        question.counts,
        question.kind,
        "ward" in by,
        "day" in by,
        "category" in by,
        "light" in by,
        question.since,
        question.until,
        question.light,
        question.ward,
        "kind" in by,
    )
    return [Row(**row) for row in rows]


async def version(connection: Connection) -> int:
    """The number of the figures' version: another one means that they may have changed."""
    return await connection.fetchval(VERSION)


async def progress(connection: Connection, consumer: str) -> Progress:
    """How far the named consumer has come; ``as_of`` None when it never said."""
    row = await connection.fetchrow(PROGRESS, consumer)
    assert row is not None
    return Progress(row["as_of"], row["parked"])


async def compare(connection: Connection) -> tuple[Digest, Digest]:
    """The live figures, and what the facts give when they are counted anew, at one moment."""
    row = await connection.fetchrow(COMPARE, timeout=REBUILD_SECONDS)
    assert row is not None
    return (
        Digest(row["live_rows"] or 0, row["live_digest"] or "0"),
        Digest(row["rebuilt_rows"] or 0, row["rebuilt_digest"] or "0"),
    )


async def replace_figures(connection: Connection) -> None:
    """Put figures counted anew in the place of the live ones; the turn must have been taken."""
    await connection.execute(CLEAR, timeout=REBUILD_SECONDS)
    await connection.execute(COUNT_ANEW, timeout=REBUILD_SECONDS)
