"""What has become of a walk, as it was told, and who could take it.

Invariant: it only reads; what may be done is decided again under the locks of whoever does it.
"""

from datetime import datetime
from uuid import UUID

from booking import domain
from booking.store import rows
from shared.events import REGISTRY
from shared.events.walks import INTERNAL, InternalWalk
from shared.postgres import Connection

# Kept for 90 days.
TOLD = """
select type, (headers ->> 'time')::timestamptz as at, value
  from event_log
 where topic = $1 and key = $2
 order by sequence
"""

# What ``bookable_slot`` asks of an officer, asked of those who might take a slot that is booked.
TAKERS = """
select officer.id as officer_id, officer.officer_no, officer.display_name, officer.force_phone,
       officer.role, officer.team_id
  from slot
  join officer as hers on hers.id = slot.officer_id
  join officer on officer.team_id = hers.team_id and officer.id <> hers.id
  join team on team.id = officer.team_id
  join policy on policy.team_id = team.id and policy.version = team.policy_version
 where slot.id = $1
   and (policy.officer_sex <> 'women' or officer.sex = 'female')
   and not exists (
       select from absence
        where int4range(absence.officer_no, absence.officer_no, '[]')
              && int4range(officer.officer_no, officer.officer_no, '[]')
          and absence.during && tstzrange(slot.starts_at, slot.ends_at))
   and not exists (
       select from assignment as given join assignment as other on other.during && given.during
        where given.slot_id = slot.id and given.officer_no = hers.officer_no
          and int4range(other.officer_no, other.officer_no, '[]')
              && int4range(officer.officer_no, officer.officer_no, '[]'))
   and policy.daily_limit > (
       select count(*) from assignment join slot as other on other.id = assignment.slot_id
        where assignment.officer_no = officer.officer_no
          and other.local_date = slot.local_date and other.id <> slot.id)
 order by officer.display_name, officer.id
"""


async def told(connection: Connection, walk_id: UUID) -> list[tuple[datetime, InternalWalk]]:
    """What has been told of a walk to the four services, and when it happened, in that order."""
    found = await connection.fetch(TOLD, INTERNAL, str(walk_id))
    facts = [(row["at"], REGISTRY[INTERNAL, row["type"]], row["value"]) for row in found]
    read = [(at, fact.model_validate_json(value)) for at, fact, value in facts]
    return [(at, fact) for at, fact in read if isinstance(fact, InternalWalk)]


async def takers(connection: Connection, slot_id: UUID) -> list[domain.Officer]:
    """The officers of its team who could take a slot as things stand, by name."""
    return [rows.officer(row) for row in await connection.fetch(TAKERS, slot_id)]
