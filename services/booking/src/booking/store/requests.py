"""Wishes in the database, in the order of the line.

Invariant: whoever changes a wish or an offer of it holds the wish's row; it is locked before any walk,
slot or officer. Who she is is sealed, and gone with the wish's end or 28 days after.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from uuid import UUID

from asyncpg import Record

from booking import domain
from booking.store.sealing import Sealed, Sealing
from shared.postgres import Connection

LOCK_CONTACT = "select pg_advisory_xact_lock(hashtextextended(encode($1, 'hex'), 0))"

# What one contact has: wishes that are open, and tries of any kind within the hour.
TRIED = """
select (select count(*) from request
         where contact_hmac = $1 and state in ('asked', 'waitlisted', 'offered')) as open,
       (select count(*) from request
         where contact_hmac = $1 and asked_at > $2::timestamptz - interval '1 hour')
       + (select count(*) from refused_try
           where contact_hmac = $1 and tried_at > $2::timestamptz - interval '1 hour') as tries,
       exists (select from barred_contact
                where contact_hmac = $1 and lifted_at is null
                  and (until is null or until > $2)) as barred
"""

ADD = """
insert into request (id, reference, state, wards, ward_set, hours, light, officer_sex, language,
                     needs, priority, asked_at, contact_hmac, key_name, wrapped_key, sealed,
                     companions)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
"""

LOCK = "select * from request where id = $1 for update"
FIND = "select * from request where id = $1"
OF_IDS = "select * from request where id = any ($1::uuid[])"

# Confirmed, she is her walk's participant, and the wish need not know her any more.
SAVE = """
update request
   set state = $2, reason = $3, closed_at = $4,
       contact_hmac = case when $5 then contact_hmac end,
       key_name = case when $5 then key_name end,
       wrapped_key = case when $5 then wrapped_key end,
       sealed = case when $5 then sealed end
 where id = $1
"""

SEALED = "select contact_hmac, key_name, wrapped_key, sealed from request where id = $1"

WAITING = """
select * from request where state in ('asked', 'waitlisted')
 order by priority desc, asked_at, id
 limit 500
"""

AHEAD = """
select count(*) from request as other
 where other.state in ('asked', 'waitlisted') and other.wards && $2::text[] and other.id <> $1
   and (other.priority, $4::timestamptz) > ($3::boolean, other.asked_at)
"""

NEXT_LATE = """
select id from request
 where state in ('asked', 'waitlisted', 'offered') and asked_at <= $1
 order by asked_at
 limit 1
"""

LIST = """
select * from request
 where ($1::text[] is null or wards && $1)
   and ($2::text is null and state in ('asked', 'waitlisted', 'offered') or state = $2)
   and ($3::timestamptz is null or (asked_at, id) > ($3, $4::uuid))
 order by asked_at, id
 limit $5
"""

COUNT_OLD = "select count(*) from request where closed_at < $1 and sealed is not null"
FORGET_OLD = """
with forgotten as (
    update request set contact_hmac = null, key_name = null, wrapped_key = null, sealed = null
     where closed_at < $1 and sealed is not null
    returning id
)
select count(*) from forgotten
"""

# The match needs them in plain; they go when she does, of a wish that became a walk as well.
FORGET_NEEDS = """
update request set needs = '{}', language = null
 where closed_at < $1 and (needs <> '{}' or language is not null)
"""

CONTACT_OF = """
select contact_hmac from request where reference = $1 and contact_hmac is not null
 union all
select participant.contact_hmac
  from participant join walk on walk.id = participant.walk_id
 where walk.reference = $1
 limit 1
"""
LOCK_ALL_OF_HERS = "select id, state from request where contact_hmac = $1 order by id for update"
FORGET = """
with forgotten as (
    update request set contact_hmac = null, key_name = null, wrapped_key = null, sealed = null,
                       needs = '{}', language = null
     where id = any ($1::uuid[]) and sealed is not null
    returning id
)
select count(*) from forgotten
"""


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks: kept sealed and nowhere else. ``contact`` is the address's digest."""

    contact: bytes
    sealed: Sealed


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which wishes a list asks for: of these wards (None: all), in a state or (None) open."""

    wards: Sequence[str] | None
    state: str | None
    after: tuple[datetime, UUID] | None
    limit: int


async def tried(connection: Connection, contact: bytes, at: datetime) -> domain.Tried:
    """What a contact has before this try; nobody else counts it until the commit."""
    await connection.execute(LOCK_CONTACT, contact)
    row = await connection.fetchrow(TRIED, contact, at)
    assert row is not None  # counts, always
    return domain.Tried(row["open"], row["tries"], row["barred"])


async def add(connection: Connection, request: domain.Request, asking: Asking) -> None:
    """Write a new wish."""
    await connection.execute(
        ADD,
        request.id,
        request.reference,
        request.state.value,
        request.wards,
        request.ward_set,
        [_hours_as_json(each) for each in request.hours],
        request.light,
        request.officer_sex,
        request.language,
        request.needs,
        request.priority,
        request.asked_at,
        asking.contact,
        asking.sealed.key_name,
        asking.sealed.wrapped_key,
        asking.sealed.content,
        request.companions,
    )


async def lock(connection: Connection, request_id: UUID) -> domain.Request | None:
    """A wish, locked until the commit."""
    row = await connection.fetchrow(LOCK, request_id)
    return _request(row) if row else None


async def find(connection: Connection, request_id: UUID) -> domain.Request | None:
    """A wish as it is now."""
    row = await connection.fetchrow(FIND, request_id)
    return _request(row) if row else None


async def of_ids(connection: Connection, ids: Sequence[UUID]) -> list[domain.Request]:
    """Some wishes as they are now."""
    return [_request(row) for row in await connection.fetch(OF_IDS, ids)]


async def save(connection: Connection, request: domain.Request) -> None:
    """Write what has become of a locked wish."""
    known = request.state is not domain.RequestState.CONFIRMED
    await connection.execute(
        SAVE, request.id, request.state.value, request.reason, request.closed_at, known
    )


async def person(
    connection: Connection, sealing: Sealing, request_id: UUID
) -> tuple[bytes, domain.Person] | None:
    """The digest of whoever made a wish, and she herself; None once she has been erased."""
    row = await connection.fetchrow(SEALED, request_id)
    if row is None or row["sealed"] is None:
        return None
    sealed = Sealed(row["key_name"], row["wrapped_key"], row["sealed"])
    return row["contact_hmac"], sealing.open(request_id, sealed)


async def waiting(connection: Connection) -> list[domain.Request]:
    """The line: who was let down before, then who asked first."""
    return [_request(row) for row in await connection.fetch(WAITING)]


async def ahead_of(connection: Connection, request: domain.Request) -> int:
    """How many wait for a ward of hers before her."""
    return await connection.fetchval(
        AHEAD, request.id, request.wards, request.priority, request.asked_at
    )


async def next_late(connection: Connection, asked_before: datetime) -> UUID | None:
    """A wish that is still open and was asked before then."""
    return await connection.fetchval(NEXT_LATE, asked_before)


async def list_requests(connection: Connection, wanted: Wanted) -> list[domain.Request]:
    """Wishes by the hour of asking."""
    since, last = wanted.after or (None, None)
    found = await connection.fetch(LIST, wanted.wards, wanted.state, since, last, wanted.limit)
    return [_request(row) for row in found]


async def count_old(connection: Connection, closed_before: datetime) -> int:
    """How many ``forget_old`` would make forget who made them."""
    return await connection.fetchval(COUNT_OLD, closed_before)


async def forget_old(connection: Connection, closed_before: datetime) -> int:
    """Forget who made wishes that ended before then, and what they needed; answers how many were known."""
    await connection.execute(FORGET_NEEDS, closed_before)
    return await connection.fetchval(FORGET_OLD, closed_before)


async def contact_of(connection: Connection, reference: str) -> bytes | None:
    """The digest of whoever has a walk or a wish of that reference; None once she is erased."""
    return await connection.fetchval(CONTACT_OF, reference)


async def lock_all_of_hers(
    connection: Connection, contact: bytes
) -> Sequence[tuple[UUID, domain.RequestState]]:
    """The wishes of a contact, each with its state."""
    found = await connection.fetch(LOCK_ALL_OF_HERS, contact)
    return [(row["id"], domain.RequestState(row["state"])) for row in found]


async def forget(connection: Connection, ids: Sequence[UUID]) -> int:
    """Forget who made these; answers how many were known."""
    return await connection.fetchval(FORGET, ids)


def _hours_as_json(hours: domain.WishedHours) -> dict[str, Any]:
    return {
        "days": hours.days,
        "from": hours.since.isoformat("minutes"),
        "to": hours.until.isoformat("minutes"),
    }


def _request(row: Record) -> domain.Request:
    return domain.Request(
        id=row["id"],
        reference=row["reference"],
        wards=tuple(row["wards"]),
        ward_set=row["ward_set"],
        hours=tuple(
            domain.WishedHours(
                tuple(each["days"]),
                time.fromisoformat(each["from"]),
                time.fromisoformat(each["to"]),
            )
            for each in row["hours"]
        ),
        asked_at=row["asked_at"],
        light=row["light"],
        officer_sex=row["officer_sex"],
        language=row["language"],
        needs=tuple(row["needs"]),
        priority=row["priority"],
        state=domain.RequestState(row["state"]),
        reason=row["reason"],
        closed_at=row["closed_at"],
        companions=row["companions"],
    )
