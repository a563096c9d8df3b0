"""Concerns, kept once each.

Invariant: a report of another system has one row whatever happens at once. Whether a concern's walk is
known is asked of the windows whenever it is read, never stored: so a walk that is heard of in the
same moment as its concern is captured cannot be missed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from concerns.domain import Concern, Outside, Said, WardName
from shared.postgres import Connection

INSERT = """
insert into concern (id, shared_id, source, walk_id, captured_by, captured_at, observed_at,
                     categories, category_version, severity, lon, lat, ward_code, ward_name,
                     ward_set, light_said, light_computed, note, outside_system, outside_id)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
on conflict (outside_system, outside_id) do nothing
returning id
"""
# Newest first, from after a place in that order on; a null filter lets everything through.
NEWEST = """
select c.id, c.shared_id, c.source, c.walk_id, c.captured_by, c.captured_at, c.observed_at, c.categories,
       c.category_version, c.severity, c.lon, c.lat, c.ward_code, c.ward_name, c.ward_set,
       c.light_said, c.light_computed, c.note, c.outside_system, c.outside_id,
       w.walk_id is not null as matched
  from concern c left join capture_window w on w.walk_id = c.walk_id
 where ($1::text[] is null or c.ward_code = any($1))
   and ($2::text is null or $2 = any(c.categories))
   and ($3::timestamptz is null or c.captured_at >= $3)
   and ($4::timestamptz is null or (c.captured_at, c.id) < ($4, $5::uuid))
 order by c.captured_at desc, c.id desc
 limit $6
"""

FIND_OWN = """
select c.ward_name, case when c.walk_id is not null then w.walk_id is not null end as walk_known
  from concern c left join capture_window w on w.walk_id = c.walk_id
 where c.id = $1 and c.captured_by = $2
"""
# A walk that was never heard of is taken to have ended when its concern was captured.
COUNT_OLD_LINKS = """
select count(*) from concern c left join capture_window w on w.walk_id = c.walk_id
 where c.walk_id is not null and coalesce(w.ends_at, c.captured_at) < $1
"""
FORGET_OLD_LINKS = """
with old as (
    select c.id from concern c left join capture_window w on w.walk_id = c.walk_id
     where c.walk_id is not null and coalesce(w.ends_at, c.captured_at) < $1
), parted as (
    update concern set walk_id = null where id in (select id from old) returning id
)
select count(*) from parted
"""


@dataclass(frozen=True, slots=True)
class Told:
    """What an officer is told of a concern that she has just captured."""

    ward_name: str | None
    walk_known: bool | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reader of the list has got to: the last concern that she was shown."""

    captured_at: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which concerns; None is all. ``wards`` are codes, ``since`` is about the capture."""

    wards: Sequence[str] | None = None
    category: str | None = None
    since: datetime | None = None
    after: Place | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Kept:
    """A concern as it is kept, and whether anything has been heard of the walk it names."""

    concern: Concern
    matched: bool


async def insert(connection: Connection, concern: Concern) -> bool:
    """Keep a concern; False when its outside report is kept already."""
    said, ward = concern.said, concern.ward
    kept = await connection.fetchval(
        INSERT,
        concern.id,
        concern.shared_id,
        said.source,
        said.walk_id,
        said.by,
        concern.captured_at,
        concern.observed_at,
        said.categories,
        concern.category_version,
        said.severity,
        said.lon,
        said.lat,
        ward and ward.code,
        ward and ward.name,
        ward and ward.set,
        said.light,
        concern.light_computed,
        said.note,
        said.outside and said.outside.system,
        said.outside and said.outside.id,
    )
    return kept is not None


async def newest(connection: Connection, wanted: Wanted) -> list[Kept]:
    """The concerns wanted, newest capture first."""
    rows = await connection.fetch(
        NEWEST,
        None if wanted.wards is None else list(wanted.wards),
        wanted.category,
        wanted.since,
        wanted.after and wanted.after.captured_at,
        wanted.after and wanted.after.id,
        wanted.limit,
    )
    return [Kept(_concern(dict(row)), row["matched"]) for row in rows]


async def find_own(connection: Connection, concern_id: UUID, officer: str) -> Told | None:
    """What there is to tell an officer of a concern, if it is one that she captured."""
    row = await connection.fetchrow(FIND_OWN, concern_id, officer)
    return Told(**dict(row)) if row else None


async def count_old_links(connection: Connection, before: datetime) -> int:
    """How many concerns still tell their walk although it was to end before an instant."""
    return await connection.fetchval(COUNT_OLD_LINKS, before)


async def forget_old_links(connection: Connection, before: datetime) -> int:
    """Forget which walk those were said on; answers how many."""
    return await connection.fetchval(FORGET_OLD_LINKS, before)


def _concern(row: dict[str, Any]) -> Concern:
    outside = Outside(row["outside_system"], row["outside_id"]) if row["outside_id"] else None
    ward = (
        WardName(row["ward_code"], row["ward_name"], row["ward_set"]) if row["ward_code"] else None
    )
    said = Said(
        source=row["source"],
        categories=tuple(row["categories"]),
        severity=row["severity"],
        lon=row["lon"],
        lat=row["lat"],
        by=row["captured_by"],
        light=row["light_said"],
        note=row["note"],
        walk_id=row["walk_id"],
        observed_at=row["observed_at"],
        outside=outside,
    )
    return Concern(
        id=row["id"],
        shared_id=row["shared_id"],
        said=said,
        ward=ward,
        light_computed=row["light_computed"],
        category_version=row["category_version"],
        observed_at=row["observed_at"],
        captured_at=row["captured_at"],
    )
