"""Participants, and the log of who read whose details.

Invariant: names and addresses are read only here, and every such read is written to ``audit`` by its
caller in the same transaction.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from asyncpg import Record

from booking import domain
from booking.store.sealing import Sealed, Sealing
from shared.postgres import Connection

PARTICIPANTS = """
select id, walk_id, key_name, wrapped_key, sealed, name, email, note from participant
 where walk_id = any ($1::uuid[]) order by created_at
"""

CONTACT = "select contact_hmac from participant where walk_id = $1 order by created_at limit 1"

LOCK_PLAIN = """
select id, name, email, note from participant where sealed is null limit $1 for update skip locked
"""
SEAL = """
update participant
   set key_name = $2, wrapped_key = $3, sealed = $4, name = null, email = null, note = null
 where id = $1
"""

AUDIT = "insert into audit (actor, action, subject, reason) values ($1, $2, $3, $4)"

NOTE_REFUSED_TRY = "insert into refused_try (contact_hmac, tried_at) values ($1, $2)"

COUNT_OLD_PARTICIPANTS = """
select count(*) from participant join walk on walk.id = participant.walk_id
 where walk.ends_at < $1
"""

FORGET_OLD_PARTICIPANTS = """
with forgotten as (
    delete from participant using walk
     where walk.id = participant.walk_id and walk.ends_at < $1
    returning participant.id
)
select count(*) from forgotten
"""

# Every walk of a contact, locked so that nothing is booked or changed meanwhile.
LOCK_ALL_OF_HERS = """
select participant.id, walk.state
  from participant join walk on walk.id = participant.walk_id
 where participant.contact_hmac = $1
 order by walk.id
   for update
"""

# Her walks that did not take place; whose doing it was says what is owed to her.
FALLEN = """
select coalesce(walk.missing_party, walk.initiator) as by,
       coalesce(walk.missed_at, walk.cancelled_at) as at
  from participant join walk on walk.id = participant.walk_id
 where participant.contact_hmac = $1 and walk.state in ('no_show', 'cancelled')
"""

FORGET = """
with forgotten as (delete from participant where id = any ($1::uuid[]) returning id)
select count(*) from forgotten
"""

FORGET_OLD_TRIES = "delete from refused_try where tried_at < $1"


async def participants(
    connection: Connection, sealing: Sealing, walk_ids: Sequence[UUID]
) -> Mapping[UUID, domain.Person]:
    """Who each walk is with; a walk whose participant has been erased is left out."""
    found = await connection.fetch(PARTICIPANTS, walk_ids)
    return {row["walk_id"]: _person(row, sealing) for row in found}


async def contact_of(connection: Connection, walk_id: UUID) -> bytes | None:
    """The digest of whoever a walk is with; None once she has been erased."""
    return await connection.fetchval(CONTACT, walk_id)


async def seal_plain(connection: Connection, sealing: Sealing, limit: int) -> int:
    """Seal some participants that were written in plain; answers how many there were."""
    found = await connection.fetch(LOCK_PLAIN, limit)
    for row in found:
        sealed = sealing.close(row["id"], _in_plain(row))
        await connection.execute(
            SEAL, row["id"], sealed.key_name, sealed.wrapped_key, sealed.content
        )
    return len(found)


async def audit(
    connection: Connection, *, actor: str, action: str, subjects: Sequence[str], reason: str
) -> None:
    """Write down who did what with which personal records, and why."""
    await connection.executemany(AUDIT, [(actor, action, subject, reason) for subject in subjects])


async def note_refused_try(connection: Connection, contact: bytes, at: datetime) -> None:
    """Count a try that came to nothing."""
    await connection.execute(NOTE_REFUSED_TRY, contact, at)


async def count_old_participants(connection: Connection, ended_before: datetime) -> int:
    """How many participants ``forget_old_participants`` would erase."""
    return await connection.fetchval(COUNT_OLD_PARTICIPANTS, ended_before)


async def forget_old_participants(connection: Connection, ended_before: datetime) -> int:
    """Erase the participants of walks that were to end before then; answers how many."""
    return await connection.fetchval(FORGET_OLD_PARTICIPANTS, ended_before)


async def lock_all_of_hers(
    connection: Connection, contact: bytes
) -> Sequence[tuple[UUID, domain.State]]:
    """The participants of a contact, each with the state of its own walk."""
    found = await connection.fetch(LOCK_ALL_OF_HERS, contact)
    return [(row["id"], domain.State(row["state"])) for row in found]


async def fallen(connection: Connection, contact: bytes) -> list[domain.amends.Fallen]:
    """The walks of a contact that did not take place."""
    found = await connection.fetch(FALLEN, contact)
    return [domain.amends.Fallen(row["by"], row["at"]) for row in found]


async def forget(connection: Connection, ids: Sequence[UUID]) -> int:
    """Erase these participants; answers how many were there."""
    return await connection.fetchval(FORGET, ids)


async def forget_old_tries(connection: Connection, at: datetime) -> None:
    """Drop refused tries that no limit counts any more."""
    await connection.execute(FORGET_OLD_TRIES, at - timedelta(hours=1))


def _person(row: Record, sealing: Sealing) -> domain.Person:
    if row["sealed"] is None:
        return _in_plain(row)
    return sealing.open(row["id"], Sealed(row["key_name"], row["wrapped_key"], row["sealed"]))


def _in_plain(row: Record) -> domain.Person:
    return domain.Person(row["name"], row["email"], row["note"])
