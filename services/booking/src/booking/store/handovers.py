"""A slot that is booked goes to another officer.

Invariant: nobody is given a slot that ``bookable_slot`` would not have offered with her; the officers' locks
are taken after the walks' and the slot's.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from booking import domain
from shared.postgres import Connection

LOCK_OFFICERS = "select id from officer where id = any ($1::uuid[]) order by id for no key update"

# An open slot of her own at the same time gives way, as long as nobody walks on it.
WITHDRAW_BESIDE = """
update slot set state = 'withdrawn'
  from slot as given
 where given.id = $1 and slot.id <> given.id and slot.officer_id = $2
   and slot.starts_at = given.starts_at and slot.state = 'open'
   and not exists (select from walk where walk.slot_id = slot.id and walk.state <> 'cancelled')
"""
GIVE_SLOT = "update slot set officer_id = $2 where id = $1"
GIVE_ASSIGNMENT = """
update assignment set officer_no = $3, during = tstzrange($4, $5) where slot_id = $1 and officer_no = $2
"""
# What ``bookable_slot`` asks of an officer, asked of one who is to take a slot that is booked.
MAY_TAKE = """
select policy.officer_sex = 'women' and officer.sex is distinct from 'female' as unfit,
       exists (
           select from absence
            where int4range(absence.officer_no, absence.officer_no, '[]')
                  && int4range(officer.officer_no, officer.officer_no, '[]')
              and absence.during && tstzrange(slot.starts_at, slot.ends_at))
       or policy.daily_limit <= (
           select count(*) from assignment join slot as other on other.id = assignment.slot_id
            where assignment.officer_no = officer.officer_no
              and other.local_date = slot.local_date and other.id <> slot.id) as busy
  from slot, officer
  join team on team.id = officer.team_id
  join policy on policy.team_id = team.id and policy.version = team.policy_version
 where slot.id = $1 and officer.id = $2
"""


async def lock_officers(connection: Connection, officers: Sequence[UUID]) -> None:
    """Lock some officers, in the order that everybody keeps."""
    await connection.execute(LOCK_OFFICERS, officers)


async def give(
    connection: Connection,
    walk: domain.Walk,
    officer: domain.Officer,
    kept_free: tuple[datetime, datetime],
) -> None:
    """Give a locked slot, and the time it takes, to another officer. Raises DoesNotFit, OfficerBusy."""
    # Hers for an absence that is just being recorded, both for two who change places.
    await lock_officers(connection, [walk.officer.id, officer.id])
    may = await connection.fetchrow(MAY_TAKE, walk.slot_id, officer.id)
    assert may is not None  # both are locked
    if may["unfit"]:
        raise domain.DoesNotFit
    if may["busy"]:
        raise domain.OfficerBusy
    await connection.execute(WITHDRAW_BESIDE, walk.slot_id, officer.id)
    try:
        await connection.execute(GIVE_SLOT, walk.slot_id, officer.id)
        numbers = (walk.officer.number, officer.number)
        await connection.execute(GIVE_ASSIGNMENT, walk.slot_id, *numbers, *kept_free)
    except (asyncpg.ExclusionViolationError, asyncpg.UniqueViolationError) as error:
        raise domain.OfficerBusy from error
